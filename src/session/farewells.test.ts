import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deny } from '../protocol/denial.js'
import { createPush } from './push.js'
import { createSessions, defaultSessions } from './sessions.js'
import { createTestSession, type TestSession } from './testing/test-session.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const many = (count: number) => {
  const sessions = createSessions(defaultSessions, {})
  const all = Array.from({ length: count }, () => createTestSession({ userId: '1' }))
  for (const session of all) sessions.opened(session)
  return { sessions, all }
}
const told = (all: readonly TestSession[]): number => all.filter(({ socket }) => socket.ended.length > 0).length

test('[T21] a thousand sessions that end together say and hear nothing more from then on, and are told why in slices, all within 400 ms', async () => {
  const { sessions, all } = many(1_000)
  expect(sessions.forUser('1').close(deny('token_revoked'))).toBe(1_000)
  expect(new Set(all.map(({ state }) => state.name))).toEqual(new Set(['closing']))
  expect(sessions.forUser('1').send(createPush('critical', { text: 'late' }))).toBe(0)
  let before = 0
  for (let ms = 0; ms <= 400; ms += 5) {
    const now = told(all)
    expect(now - before).toBeLessThanOrEqual(25)
    before = now
    await vi.advanceTimersByTimeAsync(5)
  }
  expect(all.every(({ id, socket }) => socket.ended.length === 1 && socket.ended[0]?.reason === `token_revoked ${id}`)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('[T21] a loop that is late tells more in each slice and is done in time', async () => {
  const { sessions, all } = many(1_000)
  sessions.forUser('1').close(deny('token_revoked'))
  vi.setSystemTime(Date.now() + 300)
  const late = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 300)
  await vi.advanceTimersByTimeAsync(5)
  expect(told(all)).toBeGreaterThan(700)
  late.mockRestore()
})

test('[T21] a few that end are told at once, anew after every slice, and what is more than a few waits no longer than it must', async () => {
  const { sessions, all } = many(80)
  for (const some of [all.slice(0, 25), all.slice(25, 50)]) {
    for (const session of some) sessions.close(session, deny('user_banned'))
    expect(told(some)).toBe(25)
    await vi.advanceTimersByTimeAsync(5)
  }
  for (const session of all.slice(50)) sessions.close(session, deny('user_banned'))
  expect(told(all)).toBe(75)
  await vi.advanceTimersByTimeAsync(5)
  expect(told(all)).toBe(80)
})

test('[T21] [S1] each is told the reason it ended for, in the order in which they ended, also when others end while some wait', async () => {
  const { sessions, all } = many(60)
  const order: string[] = []
  for (const session of all) session.socket.close = (_code, reason) => void order.push(reason)
  for (const session of all.slice(0, 40)) sessions.close(session, deny('user_banned'))
  await vi.advanceTimersByTimeAsync(5)
  for (const session of all.slice(30)) sessions.close(session, deny('token_revoked'))
  await vi.advanceTimersByTimeAsync(400)
  expect(order).toEqual(all.map(({ id }, index) => `${index < 40 ? 'user_banned' : 'token_revoked'} ${id}`))
})
