import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KeyLife } from './admission/token/key-life.js'
import { goodKey } from './admission/token/testing/forge.js'
import type { User } from './admission/user.js'
import { createKeyWatch, retiredMs, withdrawnMs } from './key-watch.js'
import { createSessions, defaultSessions } from './session/sessions.js'
import { createTestSession, type TestSession } from './session/testing/test-session.js'

const noon = Date.UTC(2026, 0, 15, 12)
const hour = 3_600_000

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
})
afterEach(() => {
  vi.useRealTimers()
})

const made = () => {
  const expiring: (readonly [id: string, endsAt: number])[] = []
  const sessions = createSessions<User>({ ...defaultSessions, heartbeatMs: hour }, { expiring: (session, endsAt) => expiring.push([session.id, endsAt]) })
  const watch = createKeyWatch(sessions, () => Date.now())
  sessions.start()
  const open = (key: KeyLife | undefined, expiresAt = noon + hour): TestSession => {
    const session = createTestSession()
    const claims = key && { subject: '1', issuer: key.issuer, key, tokenId: undefined, issuedAt: noon, expiresAt, role: undefined, epoch: undefined, payload: {} }
    session.principal = { ...session.principal, claims, expiresAt }
    sessions.opened(session)
    watch.opened(session)
    return session
  }
  return { sessions, watch, open, expiring }
}

const states = (...some: readonly TestSession[]): readonly string[] => some.map(({ state }) => (state.name === 'closing' ? state.reason : state.name))

test('[K6] a withdrawn key asks its sockets for a new token, and closes them after 5 s; others stay', async () => {
  const { watch, open, expiring } = made()
  const key = { ...goodKey }
  const [one, two, other, without] = [open(key), open(key), open({ ...goodKey }), open(undefined)]
  Object.assign(key, { withdrawn: true })
  watch.shortened()
  await vi.advanceTimersByTimeAsync(500)
  expect(expiring).toEqual([[one.id, noon + withdrawnMs], [two.id, noon + withdrawnMs]])
  expect(states(one, two, other, without)).toEqual(['open', 'open', 'open', 'open'])
  await vi.advanceTimersByTimeAsync(withdrawnMs)
  expect(states(one, two, other, without)).toEqual(['token_expired', 'token_expired', 'open', 'open'])
})

test('[K6] a socket that brings a token of another key stays', async () => {
  const { sessions, watch, open } = made()
  const key = { ...goodKey }
  const session = open(key)
  Object.assign(key, { withdrawn: true })
  watch.shortened()
  await vi.advanceTimersByTimeAsync(1_000)
  const { claims } = session.principal
  sessions.renewed(session, { ...session.principal, claims: claims && { ...claims, key: goodKey } })
  watch.opened(session)
  await vi.advanceTimersByTimeAsync(withdrawnMs * 2)
  expect(states(session)).toEqual(['open'])
})

test('[K6] a key that was withdrawn while a handshake waited lets nobody in', () => {
  const { open } = made()
  expect(states(open({ ...goodKey, withdrawn: true }))).toEqual(['token_expired'])
})

test('[K7] at the planned end of a key its sockets are asked for a new token, and stay for a minute, or to the end of their own', async () => {
  const { open, expiring } = made()
  const key = { ...goodKey, notAfter: noon + 10_000 }
  const [long, short] = [open(key), open(key, noon + 20_000)]
  await vi.advanceTimersByTimeAsync(10_500)
  expect(expiring).toContainEqual([long.id, key.notAfter + retiredMs])
  expect(states(long, short)).toEqual(['open', 'open'])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(states(long, short)).toEqual(['open', 'token_expired'])
  await vi.advanceTimersByTimeAsync(retiredMs)
  expect(states(long)).toEqual(['token_expired'])
})

test('[K7] an end that a key is given later holds for the sockets that are open', async () => {
  const { watch, open } = made()
  const key = { ...goodKey }
  const session = open(key)
  Object.assign(key, { notAfter: noon })
  watch.shortened()
  await vi.advanceTimersByTimeAsync(retiredMs + 500)
  expect(states(session)).toEqual(['token_expired'])
})
