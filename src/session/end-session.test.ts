import { expect, test } from 'vitest'
import { denials, deny, type Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import { endSession, sayFarewell } from './end-session.js'
import { deliver } from './outbox.js'
import { createPush } from './push.js'
import type { LiveSession } from './session.js'
import { createTestSession } from './testing/test-session.js'
import { createTestSocket } from './testing/test-socket.js'

const noon = Date.UTC(2026, 0, 15, 12)
const timestamp = '2026-01-15T12:00:00+00:00'

const expected: readonly (readonly [dialect: Dialect, code: number, frame: object | undefined])[] = [
  ['plain', 4401, undefined],
  ['sallyport.v1', 4401, undefined],
  ['classic.v2', 4001, { type: 'authentication_error', message: 'Invalid or expired authentication token', error_code: 'AUTH_REQUIRED', timestamp }],
  ['classic.v1', 1008, { type: 'authentication_error', message: 'Invalid or expired authentication token', error_code: 'AUTH_REQUIRED', timestamp }],
]

const end = (session: LiveSession, denial: Denial): boolean => {
  if (!endSession(session, denial)) return false
  sayFarewell(session, denial, noon)
  return true
}

test.each(expected)('[R7] [R8] [R9] a session in %s is told in its own words: %i', (dialect, code, frame) => {
  const session = createTestSession({ dialect })
  expect(end(session, deny('token_expired'))).toBe(true)
  expect(session.socket.said).toEqual(frame === undefined ? [] : [frame])
  expect(session.socket.ended).toEqual([{ code, reason: `token_expired ${session.id}` }])
  expect(session.state).toEqual({ name: 'closing', reason: 'token_expired' })
})

test('[S1] the first reason wins, and a session that is closing or closed is not ended again', () => {
  const session = createTestSession()
  expect(end(session, deny('user_banned'))).toBe(true)
  expect(end(session, deny('token_expired'))).toBe(false)
  expect(session.state).toEqual({ name: 'closing', reason: 'user_banned' })
  session.state = { name: 'closed', code: 4403, reason: 'user_banned' }
  expect(end(session, deny('token_expired'))).toBe(false)
  expect(session.socket.ended).toHaveLength(1)
})

/** A session whose reader is slow and for whom a message and a row wait. */
const slowSession = () => {
  const session = createTestSession({ socket: createTestSocket(false) })
  const filler = createPush('critical', { text: 'x'.repeat(70_000) })
  for (const push of [filler, createPush('state', { row: 1 }, 'a'), createPush('critical', { message: 1 })])
    session.outbox = deliver(session.socket, session.outbox, push, 1_000_000).outbox
  session.socket.frames.length = 0
  return session
}

test('[S9] a draining server writes out what waits, then says when to come back, then closes with 1012', () => {
  const session = slowSession()
  end(session, deny('draining', { retryAfterMs: 1_500 }))
  expect(session.socket.said).toEqual([{ message: 1 }, { row: 1 }, { type: 'session.closing', code: 'draining', reconnectAfterMs: 1_500 }])
  expect(session.socket.ended).toEqual([{ code: 1012, reason: `draining ${session.id}` }])
  expect(session.outbox).toBeUndefined()
})

test.each(['user_banned', 'slow_consumer', 'token_expired', 'internal_error'] as const)('[S9] %s drops what waits', (reason) => {
  const session = slowSession()
  end(session, deny(reason))
  expect(session.socket.said).toEqual([])
  expect(session.socket.ended).toEqual([{ code: denials[reason].close, reason: `${reason} ${session.id}` }])
  expect(session.outbox).toBeUndefined()
})
