import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allowListLookMs, createAllowListWatch } from './allow-list-watch.js'
import { goodKey } from './admission/token/testing/forge.js'
import type { User } from './admission/user.js'
import { createSessions, defaultSessions } from './session/sessions.js'
import { createTestSession, type TestSession } from './session/testing/test-session.js'

const noon = Date.UTC(2026, 0, 15, 12)

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
})
afterEach(() => {
  vi.useRealTimers()
})

const claimsOf = (allowListKey: string | undefined) => ({
  subject: '1', issuer: 'old', key: goodKey, tokenId: undefined, issuedAt: noon, expiresAt: noon + 3_600_000, role: undefined, epoch: undefined, payload: {},
  ...(allowListKey === undefined ? {} : { allowListKey }),
})

const made = (...keys: readonly string[]) => {
  const held = new Set(keys)
  const asked: (readonly string[])[] = []
  const told: boolean[] = []
  const state = { away: false, answersAfterMs: 0, meanwhile: (): void => undefined }
  const sessions = createSessions<User>(defaultSessions, {})
  const watch = createAllowListWatch({
    allowList: {
      holding(some, deadline) {
        asked.push(some)
        state.meanwhile()
        if (state.away || Date.now() + state.answersAfterMs > deadline) return Promise.reject(new Error('away'))
        return Promise.resolve(new Set(some.filter((key) => held.has(key))))
      },
    },
    sessions,
    told: (reached) => told.push(reached),
    now: () => Date.now(),
    allowListMs: 250,
  })
  const open = (allowListKey: string | undefined): TestSession => {
    const session = createTestSession()
    session.principal = { ...session.principal, claims: claimsOf(allowListKey) }
    sessions.opened(session)
    return session
  }
  return { held, asked, told, state, sessions, watch, open }
}

const states = (...some: readonly TestSession[]): readonly string[] => some.map(({ state }) => (state.name === 'closing' ? state.reason : state.name))

test('[T17] what is struck off the list closes its live sockets at the next look, and no others', async () => {
  const { held, asked, watch, open } = made('a', 'b')
  await watch.start()
  const [one, two, other, without] = [open('a'), open('a'), open('b'), open(undefined)]
  held.delete('a')
  await vi.advanceTimersByTimeAsync(allowListLookMs - 1)
  expect(states(one, two, other, without)).toEqual(['open', 'open', 'open', 'open'])
  await vi.advanceTimersByTimeAsync(1)
  expect(states(one, two, other, without)).toEqual(['token_revoked', 'token_revoked', 'open', 'open'])
  expect(asked).toEqual([[], ['a', 'b'], []])
  watch.stop()
})

test('[T17] many are asked about in parts of 500', async () => {
  const keys = Array.from({ length: 1_201 }, (_, index) => `key ${String(index)}`)
  const { asked, watch, open } = made(...keys.slice(0, 1_200))
  const sessions = keys.map(open)
  await watch.look()
  expect(asked.map(({ length }) => length)).toEqual([500, 500, 201, 0])
  expect(sessions.filter(({ state }) => state.name !== 'open').map(({ principal }) => principal.claims?.allowListKey)).toEqual(['key 1200'])
})

test('[T16] [T17] while the list is away the sockets stay, which is said once, and are asked about when it is back', async () => {
  const { held, told, state, watch, open } = made('a')
  await watch.start()
  const session = open('a')
  held.clear()
  state.away = true
  await vi.advanceTimersByTimeAsync(3 * allowListLookMs)
  expect(states(session)).toEqual(['open'])
  expect(watch.reached).toBe(false)
  state.away = false
  await vi.advanceTimersByTimeAsync(allowListLookMs)
  expect(states(session)).toEqual(['token_revoked'])
  expect(told).toEqual([false, true])
  watch.stop()
})

test('[T16] a list that answers too late for handshakes is told as away, and what it says of live sockets counts all the same', async () => {
  const { held, told, state, watch, open } = made('a')
  await watch.start()
  const session = open('a')
  held.clear()
  state.answersAfterMs = 300
  await vi.advanceTimersByTimeAsync(allowListLookMs)
  expect(states(session)).toEqual(['token_revoked'])
  expect([watch.reached, told]).toEqual([false, [false]])
  state.answersAfterMs = 250
  await vi.advanceTimersByTimeAsync(allowListLookMs)
  expect([watch.reached, told]).toEqual([true, [false, true]])
  watch.stop()
})

test('[T17] a socket that brought a new token while the list was asked stays', async () => {
  const { state, sessions, watch, open } = made()
  const session = open('old')
  state.meanwhile = () => {
    sessions.renewed(session, { ...session.principal, claims: claimsOf('new') })
  }
  await watch.look()
  expect(states(session)).toEqual(['open'])
})

test('[T16] a list that does not answer at the start is known to be away from the start', async () => {
  const { told, state, watch } = made()
  state.away = true
  await watch.start()
  expect([watch.reached, told]).toEqual([false, [false]])
  watch.stop()
})

test('[T16] with no socket to ask about it is still known whether the list answers', async () => {
  const { asked, told, state, watch } = made()
  state.away = true
  await watch.look()
  expect([asked, told]).toEqual([[[]], [false]])
})
