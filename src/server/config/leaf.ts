import type { z } from 'zod'
import { parseJsonObject } from '../../admission/token/json-object.js'

/** How text from the environment or a flag becomes a value: as it is, a number, yes or no, a list by comma, or JSON. */
export type Notation = 'text' | 'number' | 'flag' | 'list' | 'json'

/** One key of the configuration; everything about it is generated from here. */
export interface Leaf<T> {
  /** Path by dots, such as `limits.userConnects.max`. */
  readonly path: string
  readonly notation: Notation
  readonly schema: z.ZodType<T>
  readonly fallback: T
  /** One sentence for `config env` and `.env.example`. */
  readonly sentence: string
  /** What may stand there, in words. */
  readonly allowed: string
  /** The words that may stand there, or in a list there, where they can be counted. */
  readonly choices?: readonly string[]
  /** Whether its value is masked wherever it is shown, and may come from a file named by `<NAME>_FILE`. */
  readonly secret: boolean
}

/** The one environment variable of a path: `limits.userConnects.max` is `SALLYPORT_LIMITS_USER_CONNECTS_MAX`. */
export const envName = (path: string): string =>
  `SALLYPORT_${path.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_').toUpperCase()}`

/**
 * Turns text into what its notation means; text that means nothing in it is handed on as text, for the schema to refuse.
 */
export const decodeText = (text: string, notation: Notation): unknown => {
  switch (notation) {
    case 'text':
      return text
    case 'number':
      return /^-?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : text
    case 'flag':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'list':
      // Nothing is no list: a variable that came out empty by mistake must not mean "none". That is written `[]`.
      if (text === '') return text
      return text.trim() === '[]' ? [] : text.split(',').map((part) => part.trim())
    case 'json':
      return decodeJson(text) ?? text
  }
}

/** A JSON text of any kind; of a name that stands twice in one object the first would be lost in silence, so that it means nothing. */
const decodeJson = (text: string): unknown => {
  const around = parseJsonObject(Buffer.from(`{"json":${text}}`))
  return around !== undefined && Object.keys(around).length === 1 ? around['json'] : undefined
}
