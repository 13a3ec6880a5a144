import { escapeValue } from '../log/escape.js'

/** One thing that is wrong, with all a person needs to mend it. */
export interface Problem {
  /** The key by the name it was given under: a path, or a variable of the environment. */
  readonly key: string
  /** Where the value came from, such as `environment` or `.env`. */
  readonly source: string
  /** Line of `.env` on which it stands, where that is known. */
  readonly line?: number
  /** As written, masked when it is a secret; `undefined` when nothing was written. */
  readonly value: string | undefined
  /** What is wrong, as what must be: `must be a port`. */
  readonly allowed: string
  /** The name that was probably meant, for one that nobody knows. */
  readonly didYouMean: string | undefined
}

/** The configuration is wrong; the message lists every problem at once. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG'
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`}:\n${problems.map(lineOf).join('\n')}`)
    this.problems = problems
  }
}

const lineOf = ({ key, source, line, value, allowed, didYouMean }: Problem): string => {
  const place = line === undefined ? source : `${source} line ${String(line)}`
  const shown = value === undefined ? '' : ` is ${escapeValue(value)}`
  return `  ${escapeValue(key)} (${place})${shown}: ${allowed}${didYouMean === undefined ? '' : `; did you mean ${didYouMean}?`}`
}
