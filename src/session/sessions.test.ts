import { expect, test } from 'vitest'
import { deny, type Reason } from '../protocol/denial.js'
import type { Delivery } from './outbox.js'
import { createPush } from './push.js'
import { createSessions, defaultSessions, type SessionsConfig } from './sessions.js'
import { createTestClock, createTestSession } from './testing/test-session.js'
import { createTestSocket } from './testing/test-socket.js'

const noon = Date.UTC(2026, 0, 15, 12)
const push = createPush('critical', { type: 'hello' })

const made = (change: Partial<SessionsConfig> = {}) => {
  const clock = createTestClock(noon)
  const opened: string[] = []
  const closed: (readonly [id: string, code: number, reason: string])[] = []
  const delivered: Delivery[] = []
  const sessions = createSessions(
    { ...defaultSessions, ...change },
    {
      opened: (session) => opened.push(session.id),
      closed: (session, code, reason) => closed.push([session.id, code, reason]),
      delivered: (_push, delivery) => delivered.push(delivery),
    },
    clock,
  )
  return { sessions, clock, opened, closed, delivered }
}

test('a session is found by its id and its user for as long as its socket is there', () => {
  const { sessions, opened, closed } = made()
  const [one, two, other] = [createTestSession(), createTestSession(), createTestSession({ userId: '2' })]
  for (const session of [one, two, other]) sessions.opened(session)
  expect(opened).toEqual([one.id, two.id, other.id])
  expect(sessions.count).toBe(3)
  expect(sessions.find(two.id)).toBe(two)
  expect([...sessions.forUser('1')]).toEqual([one, two])
  expect([...sessions.forUser('2')]).toEqual([other])
  expect([...sessions.forUser('3')]).toEqual([])
  expect([...sessions]).toEqual([one, two, other])
  sessions.closed(one, 1001)
  expect([...sessions.forUser('1')]).toEqual([two])
  sessions.closed(two, 1001)
  sessions.closed(other, 1001)
  expect([sessions.count, [...sessions.forUser('1')], sessions.find(one.id)]).toEqual([0, [], undefined])
  expect(closed).toHaveLength(3)
})

test('[S14] a socket that is reported gone twice is closed once', () => {
  const { sessions, closed } = made()
  const session = createTestSession()
  sessions.opened(session)
  sessions.closed(session, 1006)
  sessions.closed(session, 1000)
  expect(closed).toEqual([[session.id, 1006, 'peer']])
  expect(session.state).toEqual({ name: 'closed', code: 1006, reason: 'peer' })
})

test('[S1] a session moves from open over closing to closed, and keeps the first reason', () => {
  const { sessions, closed } = made()
  const session = createTestSession()
  sessions.opened(session)
  expect(session.state).toEqual({ name: 'open' })
  expect(sessions.close(session, deny('user_banned'))).toBe(true)
  expect(sessions.close(session, deny('token_expired'))).toBe(false)
  sessions.faulted(session, 'frame_protocol')
  sessions.closed(session, 4403)
  expect(closed).toEqual([[session.id, 4403, 'user_banned']])
  expect(sessions.close(session, deny('user_banned'))).toBe(false)
})

test('a fault of the framing is the reason, also when the peer is gone before the close', () => {
  const { sessions, closed } = made()
  const session = createTestSession()
  sessions.opened(session)
  sessions.faulted(session, 'frame_too_big')
  sessions.closed(session, 1006)
  expect(closed).toEqual([[session.id, 1006, 'frame_too_big']])
})

test('[S13] a push to many is encoded once: every socket gets the same bytes', () => {
  const { sessions, delivered } = made()
  const all = Array.from({ length: 5 }, () => createTestSession())
  for (const session of all) sessions.opened(session)
  expect(sessions.forUser('1').send(push)).toBe(5)
  for (const session of all) expect(session.socket.frames[0]).toBe(push.frame)
  expect(delivered).toEqual(Array.from({ length: 5 }, () => 'written'))
})

test('a group that is closed says how many were open', () => {
  const { sessions } = made()
  const all = Array.from({ length: 4 }, () => createTestSession())
  for (const session of all) sessions.opened(session)
  const [first] = all
  if (first !== undefined) sessions.close(first, deny('token_expired'))
  expect(sessions.where(({ client }) => client?.address === '203.0.113.7').close(deny('address_banned'))).toBe(3)
  expect(all.map(({ state }) => state.name === 'closing' && state.reason)).toEqual(['token_expired', 'address_banned', 'address_banned', 'address_banned'])
  expect(sessions.where(() => false).close(deny('address_banned'))).toBe(0)
})

test('[S12] nothing is sent to a session that is closing or that nobody knows', () => {
  const { sessions, delivered } = made()
  const session = createTestSession()
  expect(sessions.send(session, push)).toBe('dropped')
  sessions.opened(session)
  sessions.close(session, deny('user_banned'))
  expect([sessions.send(session, push), sessions.forUser('1').send(push)]).toEqual(['dropped', 0])
  expect([session.socket.frames, delivered]).toEqual([[], []])
})

test('[S6] a slow reader for whom something critical does not fit is closed, and told where it can resume', () => {
  const { sessions, closed } = made({ maxBacklogBytes: 100_000 })
  const session = createTestSession({ socket: createTestSocket(false) })
  sessions.opened(session)
  const big = createPush('critical', { text: 'x'.repeat(70_000) })
  expect(sessions.send(session, big)).toBe('written')
  expect(sessions.send(session, push)).toBe('waiting')
  expect(sessions.send(session, big)).toBe('overflow')
  expect(session.socket.ended).toEqual([{ code: 4420, reason: `slow_consumer ${session.id}` }])
  sessions.closed(session, 4420)
  expect(closed).toEqual([[session.id, 4420, 'slow_consumer']])
})

test('[S5] what waits is written when the operating system takes bytes again', () => {
  const { sessions } = made()
  const session = createTestSession({ socket: createTestSocket(false) })
  sessions.opened(session)
  sessions.send(session, createPush('critical', { text: 'x'.repeat(70_000) }))
  sessions.send(session, push)
  expect(session.socket.frames).toHaveLength(1)
  session.socket.take()
  sessions.drained(session)
  expect(session.socket.frames[1]).toBe(push.frame)
  expect(session.outbox).toBeUndefined()
  sessions.drained(session)
})

test('[S5] the default bound is one mebibyte', () => {
  expect(defaultSessions).toEqual({ heartbeatMs: 25_000, pongMs: 10_000, graceMs: 0, maxBacklogBytes: 1_048_576 })
})

test.each([
  ['idle_timeout', {}, 36_000],
  ['token_expired', { expiresAt: noon + 5_000 }, 5_500],
] as const)('[S3] [S4] the pulse ends a session with %s', (reason: Reason, change, ms) => {
  const { sessions, clock } = made()
  const session = createTestSession(change)
  sessions.opened(session)
  for (let passed = 0; passed < ms; passed += 250) {
    clock.pass(250)
    sessions.tick()
  }
  expect(session.state).toEqual({ name: 'closing', reason })
})

test('[S3] a session that is heard is not ended', () => {
  const { sessions, clock } = made()
  const session = createTestSession()
  sessions.opened(session)
  for (let passed = 0; passed < 120_000; passed += 250) {
    clock.pass(250)
    sessions.tick()
    if (session.awaitingPong) sessions.heard(session)
  }
  expect(session.state).toEqual({ name: 'open' })
})
