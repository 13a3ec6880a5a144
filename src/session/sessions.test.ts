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
  const expiring: string[] = []
  const sessions = createSessions(
    { ...defaultSessions, ...change },
    {
      opened: (session) => opened.push(session.id),
      closed: (session, code, reason) => closed.push([session.id, code, reason]),
      delivered: (_push, delivery) => delivered.push(delivery),
      expiring: (session) => expiring.push(session.id),
    },
    clock,
  )
  return { sessions, clock, opened, closed, delivered, expiring }
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
  expect(defaultSessions).toEqual({ heartbeatMs: 25_000, pongMs: 10_000, graceMs: 0, noticeMs: 60_000, maxBacklogBytes: 1_048_576 })
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

const passing = ({ sessions, clock }: ReturnType<typeof made>, ms: number): void => {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.pass(250)
    sessions.tick()
  }
}

test('[S15] a sallyport.v1 client hears of its end ahead of time; a classic and an embedder\'s get no frame they do not know', () => {
  const world = made()
  const [modern, classic, plain] = (['sallyport.v1', 'classic.v2', 'plain'] as const).map((dialect) => createTestSession({ dialect, expiresAt: noon + 30_000 }))
  for (const session of [modern, classic, plain]) if (session) world.sessions.opened(session)
  passing(world, 500)
  expect(modern?.socket.said).toEqual([{ type: 'session.expiring', code: 'token_expired', expiresAt: noon + 30_000, expiresInMs: expect.any(Number) }])
  expect([classic?.socket.said, plain?.socket.said]).toEqual([[], []])
  expect(world.expiring).toEqual([modern?.id, classic?.id, plain?.id])
})

test('[S4] between two ticks of the pulse nothing is pushed to a session whose time is over', () => {
  const { sessions, clock } = made()
  const session = createTestSession({ expiresAt: noon + 1_000 })
  sessions.opened(session)
  clock.pass(999)
  expect(sessions.send(session, push)).toBe('written')
  clock.pass(1)
  expect(sessions.forUser('1').send(push)).toBe(0)
  expect(session.state).toEqual({ name: 'closing', reason: 'token_expired' })
  expect(session.socket.frames).toHaveLength(1)
})

test('[S4] a message that comes when its time is over closes the session before anybody handles it', () => {
  const { sessions, clock } = made()
  const session = createTestSession({ expiresAt: noon + 1_000 })
  sessions.opened(session)
  clock.pass(1_000)
  sessions.heard(session)
  expect(session.state).toEqual({ name: 'closing', reason: 'token_expired' })
})

test('[S16] sessions that are to end at a moment are told so, and end then for the reason that was given', () => {
  const world = made()
  const sooner = createTestSession({ expiresAt: noon + 5_000 })
  const later = createTestSession({ expiresAt: noon + 3_600_000 })
  const endless = createTestSession()
  for (const session of [sooner, later, endless]) world.sessions.opened(session)
  expect(world.sessions.forUser('1').closeAt(noon + 10_000, deny('token_revoked'))).toBe(2)
  passing(world, 500)
  expect(later.socket.said).toMatchObject([{ type: 'session.expiring', code: 'token_revoked', expiresAt: noon + 10_000 }])
  expect(sooner.socket.said).toMatchObject([{ code: 'token_expired', expiresAt: noon + 5_000 }])
  passing(world, 9_000)
  expect([later.state.name, endless.state.name]).toEqual(['open', 'open'])
  passing(world, 1_000)
  expect([sooner, later, endless].map(({ state }) => state.name === 'closing' && state.reason)).toEqual(['token_expired', 'token_revoked', 'token_revoked'])
})

test('[S16] a new token takes such an end away, and a second moment that is later changes nothing', () => {
  const world = made()
  const session = createTestSession({ expiresAt: noon + 20_000 })
  world.sessions.opened(session)
  expect(world.sessions.forUser('1').closeAt(noon + 5_000, deny('token_expired'))).toBe(1)
  expect(world.sessions.forUser('1').closeAt(noon + 6_000, deny('token_expired'))).toBe(0)
  world.sessions.renewed(session, { ...session.principal, expiresAt: noon + 20_000 })
  passing(world, 10_000)
  expect(session.state.name).toBe('open')
})

test('[S16] a reason that is in no row, or a moment that is none, ends no session, and leaves it and its earlier end as they were', () => {
  const world = made()
  const session = createTestSession({ expiresAt: noon + 3_600_000 })
  world.sessions.opened(session)
  const nonsense = Object.assign(deny('session_ended'), { reason: 'session-ended' })
  expect(() => world.sessions.close(session, nonsense)).toThrow('"reason" must be one of the denial table, such as session_ended: current value is "session-ended"')
  expect(() => world.sessions.forUser('1').close(nonsense)).toThrow(TypeError)
  expect(session.state.name).toBe('open')
  world.sessions.closeAt(session, noon + 5_000, deny('session_ended'))
  expect(() => world.sessions.closeAt(session, Number.NaN, deny('session_ended'))).toThrow('"at" must be a number of epoch milliseconds: current value is NaN')
  expect(() => world.sessions.closeAt(session, noon + 1_000, nonsense)).toThrow(TypeError)
  passing(world, 5_000)
  expect(session.state).toEqual({ name: 'closing', reason: 'session_ended' })
})

test('a user who was changed and may stay is known anew, with the end of the session as it was', () => {
  const world = made()
  const session = createTestSession({ expiresAt: noon + 5_000 })
  world.sessions.opened(session)
  world.sessions.changed(session, { id: '1', active: true, role: 'customer' })
  expect([session.user.role, session.principal.user.role, session.principal.expiresAt]).toEqual(['customer', 'customer', noon + 5_000])
})
