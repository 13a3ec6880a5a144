import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { retryAfterSeconds } from '../../protocol/problem.js'
import { Conflict } from '../conflict.js'
import { hungUp } from './hung-up.js'

/** Codes of the HTTP surface that are no decisions of the gate. */
export type ApiCode =
  | 'address_banned'
  | 'bad_body'
  | 'ban_dangerous'
  | 'bad_forwarding'
  | 'bad_query'
  | 'body_too_large'
  | 'conflict'
  | 'cross_origin'
  | 'dependency_unavailable'
  | 'forbidden'
  | 'internal_error'
  | 'key_missing'
  | 'key_wrong'
  | 'login_refused'
  | 'message_id_reused'
  | 'method_not_allowed'
  | 'not_found'
  | 'not_json'
  | 'origin_refused'
  | 'overloaded'
  | 'rate_limited'
  | 'refresh_refused'
  | 'role_too_low'
  | 'signature_malformed'
  | 'signature_missing'
  | 'signature_stale'
  | 'signature_wrong'
  | 'token_missing'
  | 'too_many_probes'
  | 'too_many_readers'
  | 'too_many_wrong_keys'
  | 'undo_impossible'
  | 'upgrade_required'
  | 'wrong_host'

export interface ApiProblem {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 426 | 429 | 500 | 503
  readonly code: ApiCode
  /** One sentence for a person; never a value that was sent. */
  readonly title: string
  /** One line per fault, each with its path; with the value only where that can be no secret. */
  readonly errors?: readonly string[]
  /** Told in the body, and in whole seconds as Retry-After. */
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Id by which the log knows the refusal. */
  readonly decisionId?: string
}

/** Writes a problem as RFC 9457 has it, with `code` beside `title` and `status`. */
export const problemResponse = ({ status, code, title, errors, retryAfterMs, headers, decisionId }: ApiProblem): Response =>
  new Response(JSON.stringify({ title, status, code, decisionId, errors, retryAfterMs: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs) }), {
    status,
    headers: {
      ...headers,
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(retryAfterSeconds(retryAfterMs)) }),
      'Content-Type': 'application/problem+json',
    },
  })

/** The same as something to throw from deep inside a handler; `answerFailure` turns it into its response. */
export const refusal = (problem: ApiProblem): HTTPException => new HTTPException(problem.status, { res: problemResponse(problem) })

export const notFound = (): Response => problemResponse({ status: 404, code: 'not_found', title: 'There is nothing here.' })

export const methodNotAllowed = (allow: string): Response =>
  problemResponse({ status: 405, code: 'method_not_allowed', title: `Only ${allow} is answered here.`, headers: { Allow: allow } })

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/**
 * The answer to whatever a handler threw.
 *
 * Failures that name themselves by `code` are told apart; the text of an unknown one stays with the operator's log.
 *
 * @param onFailure - Told of every failure that is ours; what it throws is dropped.
 */
export const answerFailure = (error: unknown, context: Context, onFailure: ((error: unknown) => void) | undefined): Response => {
  if (error instanceof HTTPException) return error.getResponse()
  const code = codeOf(error)
  if (error instanceof Conflict) return problemResponse({ status: 409, code: 'conflict', title: error.message })
  if (hungUp(context)) return problemResponse({ status: 400, code: 'bad_body', title: 'The body broke off.' })
  onFailure?.(error)
  if (code === 'ERR_STORE_UNAVAILABLE') {
    const headers = { 'Retry-After': '1' }
    return problemResponse({ status: 503, code: 'dependency_unavailable', title: 'A store did not answer in time.', headers })
  }
  return problemResponse({ status: 500, code: 'internal_error', title: 'The server failed; the fault is ours.' })
}
