import { denials, isReason, statusOf, type Denial } from './denial.js'

/** An HTTP refusal, ready to be written: status, header fields, body. */
export interface Problem {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Whole seconds for `Retry-After` (RFC 9110 section 10.2.3), rounded up so that waiting that long is enough; at least 1. */
export const retryAfterSeconds = (retryAfterMs: number): number => Math.max(1, Math.ceil(retryAfterMs / 1000))

/** Reasons that pass by themselves say when; those without a known end say this. */
const unknownDelayMs = 1_000

/**
 * Writes a refusal as problem JSON (RFC 9457) of at most 300 bytes.
 *
 * A stranger learns the told code, never the reason behind it: refusals told alike are alike to the byte, ids aside.
 */
export const problemOf = (denial: Denial, decisionId: string): Problem => {
  const row = denials[denial.reason]
  const status = statusOf(denial)
  const waits = row.retry === 'after-delay' || status === 503
  const retryAfterMs = waits ? Math.ceil(denial.retryAfterMs ?? unknownDelayMs) : undefined
  const title = isReason(row.told) ? denials[row.told].sentence : row.sentence
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  }
  // RFC 6750 section 3.1: no error code when the request held no credential at all.
  if (status === 401) headers['WWW-Authenticate'] = denial.reason === 'token_missing' ? 'Bearer' : 'Bearer error="invalid_token"'
  if (status === 405) headers['Allow'] = 'GET'
  if (status === 426) {
    headers['Upgrade'] = 'websocket'
    headers['Sec-WebSocket-Version'] = '13'
  }
  if (retryAfterMs !== undefined) headers['Retry-After'] = String(retryAfterSeconds(retryAfterMs))
  const body = JSON.stringify({ title, status, code: row.told, decisionId, retryAfterMs })
  return { status, headers, body }
}
