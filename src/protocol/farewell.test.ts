import { describe, expect, test } from 'vitest'
import { denials, deny, isReason, type Reason } from './denial.js'
import { farewell } from './farewell.js'
import { limits } from './size.js'
import type { Dialect } from './subprotocol.js'

const id = '0196e3a4-7c00-7000-8000-00000000abcd'
const noon = Date.UTC(2026, 0, 15, 12)
const timestamp = '2026-01-15T12:00:00+00:00'
const reasons = Object.keys(denials).filter(isReason)
const dialects: readonly Dialect[] = ['plain', 'sallyport.v1', 'classic.v2', 'classic.v1']

/** The one frame a classic client gets, written by hand; `undefined` closes without a word. */
const classicFrames: Readonly<Record<Reason, readonly [type: string, text: string] | undefined>> = {
  bad_request: ['error', 'Bad request'],
  bad_forwarding: ['error', 'Bad request'],
  token_missing: ['authentication_error', 'No authentication token provided'],
  token_invalid: ['authentication_error', 'Invalid or expired authentication token'],
  token_revoked: ['authentication_error', 'Invalid or expired authentication token'],
  user_unknown: ['authentication_error', 'Invalid or expired authentication token'],
  user_disabled: ['authentication_error', 'Invalid or expired authentication token'],
  session_ended: ['authentication_error', 'Session ended'],
  token_expired: ['authentication_error', 'Invalid or expired authentication token'],
  auth_timeout: ['authentication_error', 'Authentication error'],
  address_banned: ['access_denied', 'Access denied'],
  user_banned: ['access_denied', 'Access denied'],
  origin_refused: ['access_denied', 'Access denied'],
  forbidden: ['access_denied', 'Access denied'],
  not_found: ['access_denied', 'You do not have access to this conversation'],
  idle_timeout: undefined,
  rate_limited: ['error', 'Rate limit exceeded'],
  too_many_connections: ['error', 'Too many connections'],
  too_many_messages: ['error', 'Message rate limit exceeded'],
  internal_error: ['error', 'Internal error'],
  dependency_unavailable: ['error', 'Service unavailable - please retry'],
  overloaded: ['error', 'Service unavailable - please retry'],
  draining: undefined,
  slow_consumer: undefined,
  frame_protocol: undefined,
  frame_wrong_type: undefined,
  frame_not_utf8: undefined,
  frame_too_big: undefined,
}

const frameOf = (reason: Reason): object | undefined => {
  const written = classicFrames[reason]
  if (written === undefined) return undefined
  const [type, text] = written
  switch (type) {
    case 'authentication_error':
      return { type, message: text, error_code: 'AUTH_REQUIRED', timestamp }
    case 'access_denied':
      return { type, message: text, timestamp }
    default:
      return { type, error: text, message: text, timestamp }
  }
}

test('every reason has its classic words here', () => {
  expect(Object.keys(classicFrames).toSorted()).toEqual(reasons.toSorted())
})

describe.each(reasons)('%s', (reason) => {
  const row = denials[reason]

  test('[R6] gives the told code and the id as close reason, in at most 123 bytes', () => {
    for (const dialect of dialects) {
      const told = farewell(deny(reason), id, dialect, noon).reason
      expect(told).toBe(`${row.told} ${id}`)
      expect(Buffer.byteLength(told)).toBeLessThanOrEqual(limits.closeReasonBytes)
    }
    expect(limits.closeReasonBytes).toBe(123)
  })

  test('[R7] closes a plain socket with the code of the table and without a word', () => {
    expect(farewell(deny(reason, { retryAfterMs: 5 }), id, 'plain', noon)).toMatchObject({ frame: undefined, code: row.close })
  })

  test('[R7] closes a sallyport.v1 socket with the code of the table, and only a draining server says something before', () => {
    const { frame, code } = farewell(deny(reason, { retryAfterMs: 1234.5 }), id, 'sallyport.v1', noon)
    expect(code).toBe(row.close)
    expect(frame).toEqual(reason === 'draining' ? { type: 'session.closing', code: 'draining', reconnectAfterMs: 1235 } : undefined)
  })

  test('[R8] closes a classic socket of the second generation after its one frame', () => {
    expect(farewell(deny(reason), id, 'classic.v2', noon)).toMatchObject({ frame: frameOf(reason), code: row.classic.v2 })
  })

  test('[R9] closes a classic socket of the first generation after the same frame, with the old code', () => {
    const first = farewell(deny(reason), id, 'classic.v1', noon)
    expect(first.frame).toEqual(farewell(deny(reason), id, 'classic.v2', noon).frame)
    expect(first.code).toBe(row.classic.v1)
    expect(first.code).not.toBe(4001)
  })

  test('never says its detail', () => {
    for (const dialect of dialects)
      expect(farewell(deny(reason, { detail: 'the secret of the house' }), id, dialect, noon)).toEqual(farewell(deny(reason), id, dialect, noon))
  })
})

test('[R8] a frame of what passes says when, in whole milliseconds', () => {
  expect(farewell(deny('rate_limited', { retryAfterMs: 41.2 }), id, 'classic.v2', noon).frame).toEqual({
    type: 'error',
    error: 'Rate limit exceeded',
    message: 'Rate limit exceeded',
    retry_after_ms: 42,
    timestamp,
  })
})

test.each(dialects)('[D2] reasons that are told alike are alike to the byte in %s', (dialect) => {
  const told = (reason: Reason): string => JSON.stringify(farewell(deny(reason, { detail: reason }), id, dialect, noon))
  expect(told('user_unknown')).toBe(told('token_invalid'))
  expect(told('user_disabled')).toBe(told('token_invalid'))
})
