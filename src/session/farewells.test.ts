import { expect, test } from 'vitest'
import { deny } from '../protocol/denial.js'
import { createPush } from './push.js'
import { createSessions, defaultSessions } from './sessions.js'
import { createTestSession, type TestSession } from './testing/test-session.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const many = (count: number) => {
  const sessions = createSessions(defaultSessions, {})
  const all = Array.from({ length: count }, () => createTestSession({ userId: '1' }))
  for (const session of all) sessions.opened(session)
  return { sessions, all }
}
const told = (all: readonly TestSession[]): number => all.filter(({ socket }) => socket.ended.length > 0).length

test('[T21] a thousand sessions that end at once say and hear nothing more from then on, and are told why a few in each turn of the loop', async () => {
  const { sessions, all } = many(1_000)
  expect(sessions.forUser('1').close(deny('token_revoked'))).toBe(1_000)
  expect(new Set(all.map(({ state }) => state.name))).toEqual(new Set(['closing']))
  expect(sessions.forUser('1').send(createPush('critical', { text: 'late' }))).toBe(0)
  let before = 0
  for (let turns = 1; before < 1_000; turns++) {
    const now = told(all)
    expect(now - before).toBeLessThanOrEqual(25)
    // Nobody waits for a turn in which nothing is done.
    expect(now).toBeGreaterThanOrEqual(Math.min(1_000, 25 * (turns - 1)))
    before = now
    await nextTurn()
  }
  expect(all.every(({ id, socket }) => socket.ended.length === 1 && socket.ended[0]?.reason === `token_revoked ${id}`)).toBe(true)
})

test('[T21] a few that end are told at once, in every turn anew', async () => {
  const { sessions, all } = many(50)
  for (const some of [all.slice(0, 25), all.slice(25)]) {
    for (const session of some) sessions.close(session, deny('user_banned'))
    expect(told(some)).toBe(some.length)
    await nextTurn()
    await nextTurn()
  }
})

test('[T21] [S1] each is told the reason it ended for, in the order in which they ended, also when others end while some wait', async () => {
  const { sessions, all } = many(60)
  const order: string[] = []
  for (const session of all) session.socket.close = (_code, reason) => void order.push(reason)
  for (const session of all.slice(0, 40)) sessions.close(session, deny('user_banned'))
  await nextTurn()
  for (const session of all.slice(30)) sessions.close(session, deny('token_revoked'))
  for (let turns = 0; turns < 5; turns++) await nextTurn()
  expect(order).toEqual(all.map(({ id }, index) => `${index < 40 ? 'user_banned' : 'token_revoked'} ${id}`))
})
