import type { Context } from 'hono'
import type { z } from 'zod'
import type { Actor } from '../actor.js'
import { escapeValue } from '../log/escape.js'
import { looksLikeToken } from '../../protocol/looks-like-token.js'
import { actingOperator } from './acting-operator.js'
import { refusal } from './api-problem.js'
import { peerOf } from './peer-of.js'

const nameForm = /^\w{1,40}$/

/** Names the members nobody knows, but only where they look like names: what was sent as one may be a token. */
const messageOf = (issue: z.ZodError['issues'][number]): string =>
  issue.code !== 'unrecognized_keys' || issue.keys.every((name) => nameForm.test(name)) ? issue.message : 'Unrecognized key'

/** Members that hold no secret and no words of a person: what was sent as one is named, so that whoever sent it sees what to mend. */
const shown: ReadonlySet<PropertyKey> = new Set(['network', 'address', 'ownAddress', 'durationMs', 'expiresAt', 'beforeAt', 'untilAt', 'limit', 'role', 'active', 'force', 'workspace'])

const maxShown = 64

/** What was sent, on one line and not long; `undefined` where it must not be repeated or is no simple value. Somebody may have sent a token in its place. */
const valueOf = ({ path, input }: z.ZodError['issues'][number]): string | undefined => {
  if (!shown.has(path.at(-1) ?? '')) return undefined
  if (typeof input === 'number' || typeof input === 'boolean') return String(input)
  if (typeof input !== 'string' || looksLikeToken(input)) return undefined
  return `"${escapeValue(input.length > maxShown ? `${input.slice(0, maxShown)}…` : input)}"`
}

const lineOf = (issue: z.ZodError['issues'][number], whole: 'body' | 'query'): string => {
  const value = valueOf(issue)
  return `${issue.path.length === 0 ? whole : issue.path.map(String).join('.')}: ${messageOf(issue)}${value === undefined ? '' : `: current value is ${value}`}`
}

const linesOf = (error: z.ZodError, whole: 'body' | 'query'): readonly string[] => error.issues.slice(0, 20).map((issue) => lineOf(issue, whole))

/**
 * Parses the JSON body of a request.
 *
 * @throws HTTPException 400 with one line per fault: the path, what it must be, and the value where that can be no secret.
 */
export const readBody = async <T>(context: Context, shape: z.ZodType<T>): Promise<T> => parseBody(await context.req.text(), shape)

/** The same for a body that was read already. */
export const parseBody = <T>(text: string, shape: z.ZodType<T>): T => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refusal({ status: 400, code: 'bad_body', title: 'The body is not JSON.' })
  }
  const parsed = shape.safeParse(value, { reportInput: true })
  if (parsed.success) return parsed.data
  throw refusal({ status: 400, code: 'bad_body', title: 'The body is not as it must be.', errors: linesOf(parsed.error, 'body') })
}

/**
 * Parses the query of a request; of a name given twice the first counts.
 *
 * @throws HTTPException 400 with one line per fault.
 */
export const readQuery = <T>(context: Context, shape: z.ZodType<T>): T => {
  const parsed = shape.safeParse(context.req.query(), { reportInput: true })
  if (parsed.success) return parsed.data
  throw refusal({ status: 400, code: 'bad_query', title: 'The query is not as it must be.', errors: linesOf(parsed.error, 'query') })
}

const actorForm = /^[\w.@:-]{1,64}$/

/**
 * Who acts, for the audit log: the name of the key; for the owner's the header `Sallyport-Actor`, `operator` when it is absent or oddly written.
 *
 * His address is the peer of the connection: no header is believed here.
 */
export const actorOf = (context: Context): Actor => {
  const address = peerOf(context)
  const named = actingOperator(context)
  if (named !== undefined) return { name: named.name, address }
  const given = context.req.header('sallyport-actor') ?? ''
  return { name: actorForm.test(given) ? given : 'operator', address }
}
