import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { Reason } from '../protocol/denial.js'
import { createPulse, defaultPulse, heard, type PulseConfig } from './pulse.js'
import type { LiveSession } from './session.js'
import { createTestClock, createTestSession } from './testing/test-session.js'

const noon = Date.UTC(2026, 0, 15, 12)
const day = 24 * 3_600_000

/** A pulse that is ticked every 250 ms of a clock that the test turns. */
const made = (change: Partial<PulseConfig> = {}, monotonicAt?: number) => {
  const config = { ...defaultPulse, ...change }
  const clock = createTestClock(noon, monotonicAt)
  const ends: { readonly session: LiveSession; readonly reason: Reason; readonly at: number; readonly wallAt: number }[] = []
  const notices: { readonly session: LiveSession; readonly reason: Reason; readonly endsAt: number; readonly wallAt: number }[] = []
  const startedAt = clock.monotonic()
  const pulse = createPulse(config, clock, (session, denial) => {
    session.state = { name: 'closing', reason: denial.reason }
    ends.push({ session, reason: denial.reason, at: clock.monotonic() - startedAt, wallAt: clock.wall() })
  }, (session, { at, denial }) => {
    notices.push({ session, reason: denial.reason, endsAt: at, wallAt: clock.wall() })
  })
  return {
    pulse,
    clock,
    ends,
    notices,
    hear: (session: LiveSession) => heard(session, clock, config),
    /** Lets `ms` pass, tick by tick, and calls `each` after every tick with the time since the beginning. */
    run(ms: number, each: (sinceMs: number) => void = () => undefined) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.pass(250)
        pulse.tick()
        each(clock.monotonic() - startedAt)
      }
    },
  }
}

test('[S2] a silent peer is pinged after 25 s, not before, and within a tick', () => {
  const { pulse, run } = made()
  const session = createTestSession()
  pulse.add(session)
  let firstPing = 0
  run(26_000, (since) => {
    if (session.socket.pings > 0 && firstPing === 0) firstPing = since
  })
  expect(firstPing).toBeGreaterThanOrEqual(25_000)
  expect(firstPing).toBeLessThanOrEqual(25_250)
  expect(session.socket.pings).toBe(1)
})

test('[S3] a peer that does not answer a ping within 10 s is ended, not before, and within a tick', () => {
  const { pulse, ends, run } = made()
  pulse.add(createTestSession())
  run(34_750)
  expect(ends).toEqual([])
  run(1_000)
  expect(ends).toHaveLength(1)
  expect(ends[0]).toMatchObject({ reason: 'idle_timeout' })
  expect(ends[0]?.at).toBeGreaterThanOrEqual(35_000)
  expect(ends[0]?.at).toBeLessThanOrEqual(35_500)
})

test('[S3] a peer that answers every ping lives on, with one ping in 25 s', () => {
  const { pulse, ends, hear, run } = made()
  const session = createTestSession()
  pulse.add(session)
  let answered = 0
  run(10 * 60_000, () => {
    if (session.socket.pings === answered) return
    answered += 1
    hear(session)
  })
  expect(ends).toEqual([])
  expect(session.socket.pings).toBeGreaterThanOrEqual(23)
  expect(session.socket.pings).toBeLessThanOrEqual(24)
})

test('[S2] [S3] a peer that talks is neither pinged nor ended', () => {
  const { pulse, ends, hear, run } = made()
  const session = createTestSession()
  pulse.add(session)
  run(5 * 60_000, (since) => {
    if (since % 20_000 < 250) hear(session)
  })
  expect([session.socket.pings, ends]).toEqual([0, []])
})

test('[S3] a message in answer to a ping is as good as a pong', () => {
  const { pulse, ends, hear, run } = made()
  const session = createTestSession()
  pulse.add(session)
  run(30_000)
  expect(session.socket.pings).toBe(1)
  hear(session)
  run(20_000)
  expect(ends).toEqual([])
})

test('[S4] a session ends within 250 ms after its token, never before, wherever the ticks lie', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0, max: 5_000, noNaN: true }), (lifeMs, monotonicAt) => {
      const { pulse, ends, run } = made({}, monotonicAt)
      pulse.add(createTestSession({ expiresAt: noon + lifeMs }))
      run(21_000)
      expect(ends).toMatchObject([{ reason: 'token_expired' }])
      const late = (ends[0]?.wallAt ?? 0) - noon - lifeMs
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late).toBeLessThanOrEqual(250)
    }),
  )
})

test('[S4] a session may outlive its token by the grace that is configured', () => {
  const { pulse, ends, run } = made({ graceMs: 5_000 })
  pulse.add(createTestSession({ expiresAt: noon + 1_000 }))
  run(5_750)
  expect(ends).toEqual([])
  run(750)
  expect(ends).toHaveLength(1)
})

test('[S4] a session of 60 days ends neither at once nor never', () => {
  const { pulse, clock, ends, hear, run } = made()
  const session = createTestSession({ expiresAt: noon + 60 * day })
  pulse.add(session)
  run(20_000)
  expect(ends).toEqual([])
  // The process sleeps for most of it; the peer is heard on waking, so that only the token can end the session.
  clock.pass(60 * day - 30_000)
  hear(session)
  pulse.tick()
  expect(ends).toEqual([])
  run(10_500)
  expect(ends).toMatchObject([{ reason: 'token_expired' }])
})

test('[S4] a life of 60 days costs a look per heartbeat and no more', () => {
  const { pulse, ends, hear, run, clock } = made()
  const session = createTestSession({ expiresAt: noon + 60 * day })
  pulse.add(session)
  for (let hour = 0; hour < 48; hour++) {
    clock.pass(3_600_000)
    hear(session)
    run(250)
  }
  expect(ends).toEqual([])
})

test('[S4] a wall clock that is set forward past the end ends the session with the next tick', () => {
  const { pulse, clock, ends, run } = made()
  pulse.add(createTestSession({ expiresAt: noon + 3_600_000 }))
  run(1_000)
  clock.set(3_600_000)
  run(250)
  expect(ends).toMatchObject([{ reason: 'token_expired' }])
})

test('[S4] a wall clock that is set back lets the session live until its end on the clock as it is now', () => {
  const { pulse, clock, ends, hear, run } = made()
  const session = createTestSession({ expiresAt: noon + 10_000 })
  pulse.add(session)
  run(5_000)
  clock.set(-60_000)
  run(64_500, () => {
    hear(session)
  })
  expect(ends).toEqual([])
  run(1_000)
  expect(ends).toMatchObject([{ reason: 'token_expired' }])
})

test('a wall clock that is set does not disturb the heartbeat', () => {
  const { pulse, clock, ends, run } = made()
  const session = createTestSession()
  pulse.add(session)
  run(10_000)
  clock.set(7 * day)
  run(10_000)
  clock.set(-14 * day)
  run(4_500)
  expect(session.socket.pings).toBe(0)
  run(1_000)
  expect([session.socket.pings, ends]).toEqual([1, []])
})

test('after the process slept every session is pinged once and none is ended, and what is added then is looked at in time', () => {
  const { pulse, clock, ends, hear, run } = made()
  const sessions = Array.from({ length: 200 }, () => createTestSession())
  for (const session of sessions) {
    pulse.add(session)
    run(250)
  }
  for (const session of sessions) hear(session)
  const pings = sessions.map(({ socket }) => socket.pings)
  const endsBefore = ends.length
  clock.pass(day)
  pulse.tick()
  const open = sessions.filter(({ state }) => state.name === 'open')
  expect(open.length).toBeGreaterThan(100)
  expect(open.every(({ socket }) => socket.pings === (pings[sessions.findIndex((session) => session.socket === socket)] ?? 0) + 1)).toBe(true)
  expect(ends).toHaveLength(endsBefore)
  const fresh = createTestSession({ expiresAt: clock.wall() + 5_000 })
  pulse.add(fresh)
  run(5_250)
  expect(ends.some(({ session }) => session === fresh)).toBe(true)
})

test('a session whose end is moved ends at its new time, earlier or later', () => {
  const { pulse, ends, run } = made()
  const later = createTestSession({ expiresAt: noon + 1_000 })
  const earlier = createTestSession({ expiresAt: noon + 9_000 })
  pulse.add(later)
  pulse.add(earlier)
  later.principal = { ...later.principal, expiresAt: noon + 9_000 }
  earlier.principal = { ...earlier.principal, expiresAt: noon + 1_000 }
  pulse.reschedule(later)
  pulse.reschedule(earlier)
  run(1_500)
  expect(ends.map(({ session }) => session)).toEqual([earlier])
  run(8_000)
  expect(ends.map(({ session }) => session)).toEqual([earlier, later])
})

test('a session that is removed or closing is left alone', () => {
  const { pulse, ends, run } = made()
  const removed = createTestSession({ expiresAt: noon + 1_000 })
  const closing = createTestSession({ expiresAt: noon + 1_000 })
  pulse.add(removed)
  pulse.add(closing)
  pulse.remove(removed)
  closing.state = { name: 'closing', reason: 'requested' }
  run(60_000)
  expect([ends, removed.socket.pings, closing.socket.pings]).toEqual([[], 0, 0])
})

test('a thousand sessions each get their own ping', () => {
  const { pulse, run } = made()
  const sessions = Array.from({ length: 1_000 }, () => createTestSession())
  for (const [index, session] of sessions.entries()) {
    pulse.add(session)
    if (index % 10 === 0) run(250)
  }
  run(25_500)
  expect(sessions.filter(({ socket }) => socket.pings === 0)).toEqual([])
})

afterEach(() => {
  vi.useRealTimers()
})

test('the timer runs while it is started and keeps no second one', () => {
  vi.useFakeTimers()
  const { pulse, clock, ends } = made()
  pulse.add(createTestSession({ expiresAt: noon + 100 }))
  pulse.start()
  pulse.start()
  expect(vi.getTimerCount()).toBe(1)
  clock.pass(250)
  vi.advanceTimersByTime(250)
  clock.pass(250)
  vi.advanceTimersByTime(250)
  expect(ends).toHaveLength(1)
  pulse.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('[S15] a session is told of its end 60 s before, once, within a tick', () => {
  const { pulse, notices, hear, run } = made()
  const session = createTestSession({ expiresAt: noon + 90_000 })
  pulse.add(session)
  run(29_750, () => {
    hear(session)
  })
  expect(notices).toEqual([])
  run(60_000, () => {
    hear(session)
  })
  expect(notices).toEqual([{ session, reason: 'token_expired', endsAt: noon + 90_000, wallAt: expect.any(Number) }])
  const early = noon + 90_000 - (notices[0]?.wallAt ?? 0)
  expect(early).toBeLessThanOrEqual(60_000)
  expect(early).toBeGreaterThanOrEqual(59_750)
})

test('[S15] a token of five seconds is told with the first tick, with its grace counted in', () => {
  const { pulse, notices, ends, run } = made({ graceMs: 2_000 })
  pulse.add(createTestSession({ expiresAt: noon + 5_000 }))
  run(500)
  expect(notices).toMatchObject([{ endsAt: noon + 7_000 }])
  run(7_000)
  expect([notices.length, ends.length]).toEqual([1, 1])
})

test('[S15] in its first second a session hears only its welcome', () => {
  const { pulse, notices, run } = made()
  const session = Object.assign(createTestSession({ expiresAt: noon + 5_000 }), { openedAt: noon })
  pulse.add(session)
  run(750)
  expect(notices).toEqual([])
  run(500)
  expect(notices).toHaveLength(1)
})

test('[S15] a new end is told anew', () => {
  const { pulse, notices, run } = made()
  const session = createTestSession({ expiresAt: noon + 5_000 })
  pulse.add(session)
  run(500)
  session.principal = { ...session.principal, expiresAt: noon + 8_000 }
  pulse.reschedule(session)
  run(1_000)
  expect(notices.map(({ endsAt }) => endsAt)).toEqual([noon + 5_000, noon + 8_000])
})
