import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadControlReplica } from './admission/control-replica.js'
import type { ControlLog } from './admission/control.js'
import type { DryRunRule } from './admission/decision.js'
import { createLadder } from './admission/ladder.js'
import { createEndpointTable } from './admission/steps/endpoints.js'
import { deferred } from './admission/testing/deferred.js'
import { createUserCache, defaultUserCache } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import { goodKey } from './admission/token/testing/forge.js'
import { createSessionEnds } from './create-session-ends.js'
import { createFollower } from './follower.js'
import { createSessions, defaultSessions } from './session/sessions.js'
import { createTestSession, type TestSession } from './session/testing/test-session.js'
import { createMemoryBans } from './stores/memory/memory-bans.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'
import { createMemoryRevocations } from './stores/memory/memory-revocations.js'

const noon = Date.UTC(2026, 0, 15, 12)

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A follower over memory stores, of which each look at the log can be made to fail. */
const made = async (dryRun: readonly DryRunRule[] = []) => {
  const log = createMemoryControlLog()
  const state = { logIsAway: false, usersAreAway: false, forgottenUpTo: 0 }
  const control: ControlLog = {
    ...log,
    since: (seq, limit) => (state.logIsAway ? Promise.reject(new Error('away')) : log.since(Math.max(seq, state.forgottenUpTo), limit)),
  }
  const stores = { control, bans: createMemoryBans(log), revocations: createMemoryRevocations(log) }
  const table = new Map<string, User>(['1', '2'].map((id) => [id, { id, active: true }]))
  const asked: string[] = []
  const users = createUserCache<User>(
    {
      find(id) {
        asked.push(id)
        return state.usersAreAway ? Promise.reject(new Error('away')) : Promise.resolve(table.get(id))
      },
    },
    defaultUserCache,
    () => Date.now(),
  )
  const sessions = createSessions<User>(defaultSessions, {})
  const followed: boolean[] = []
  const failed: string[] = []
  const ends = createSessionEnds({ sessions, control, readers: undefined, now: () => Date.now(), failed: () => undefined })
  const replica = await loadControlReplica(stores, noon)
  const follower = createFollower<User>({
    replica,
    sessions,
    ends,
    users,
    ladder: createLadder({ mode: 'off' }),
    endpoints: createEndpointTable([{ name: 'root', path: '/', roles: ['admin', 'agent'] }]),
    events: { followed: (reached) => followed.push(reached), failed: (task) => failed.push(task) },
    dryRun: new Set(dryRun),
    now: () => Date.now(),
    pollMs: 400,
  })
  const open = (change: Parameters<typeof createTestSession>[0] = {}): TestSession => {
    const session = createTestSession(change)
    sessions.opened(session)
    return session
  }
  return { ...stores, log, state, table, asked, users, sessions, ends, followed, failed, replica, follower, open }
}

const reasonOf = ({ state }: TestSession): string => (state.name === 'closing' ? state.reason : state.name)

const banOf = (network: string) => ({
  subject: { kind: 'network' as const, network },
  reason: 'abuse',
  actor: 'grace',
  source: 'manual' as const,
  createdAt: noon,
  expiresAt: undefined,
})

test('[B6] what another process changed closes live sockets with the next look, 400 ms later at most', async () => {
  const { follower, bans, open } = await made()
  const session = open()
  follower.start()
  await bans.add(banOf('203.0.113.0/24'))
  await vi.advanceTimersByTimeAsync(399)
  expect(reasonOf(session)).toBe('open')
  await vi.advanceTimersByTimeAsync(1)
  expect(reasonOf(session)).toBe('address_banned')
})

test('[B6] a log that cannot be read is said once, and once more when it can; reading goes on in between', async () => {
  const { follower, state, bans, open, followed, failed } = await made()
  const session = open()
  follower.start()
  state.logIsAway = true
  await vi.advanceTimersByTimeAsync(2_000)
  expect([followed, failed, follower.reached]).toEqual([[false], ['control log'], false])
  await bans.add(banOf('203.0.113.7'))
  state.logIsAway = false
  await vi.advanceTimersByTimeAsync(400)
  expect([followed, follower.reached, reasonOf(session)]).toEqual([[false, true], true, 'address_banned'])
})

test('[B6] one look at a time: a slow log is asked again only when it has answered', async () => {
  const { control, bans, revocations, sessions, ends, users } = await made()
  const answer = deferred<readonly never[]>()
  let asked = 0
  const slow: ControlLog = {
    ...control,
    since() {
      asked += 1
      return answer.promise
    },
  }
  const follower = createFollower<User>({
    replica: await loadControlReplica({ control: slow, bans, revocations }, noon),
    sessions,
    ends,
    users,
    ladder: createLadder({ mode: 'off' }),
    endpoints: createEndpointTable([]),
    events: {},
    dryRun: new Set(),
    now: () => Date.now(),
    pollMs: 400,
  })
  follower.start()
  await vi.advanceTimersByTimeAsync(4_000)
  expect(asked).toBe(1)
  answer.resolve([])
  await vi.advanceTimersByTimeAsync(400)
  expect(asked).toBe(2)
  follower.stop()
  await vi.advanceTimersByTimeAsync(4_000)
  expect([asked, vi.getTimerCount()]).toEqual([2, 0])
})

test('a follower that is started twice looks once, and one that is stopped leaves no timer', async () => {
  const { follower } = await made()
  follower.start()
  follower.start()
  expect(vi.getTimerCount()).toBe(1)
  follower.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('[A26] bans in dry-run close no live socket, however they are heard of', async () => {
  const { bans, follower, sessions, open } = await made(['address_ban', 'user_ban'])
  open({ userId: '1' })
  follower.start()
  await bans.add({ subject: { kind: 'network', network: '203.0.113.7' }, reason: '', actor: 'grace', source: 'manual', createdAt: noon, expiresAt: undefined })
  await bans.add({ subject: { kind: 'user', userId: '1' }, reason: '', actor: 'grace', source: 'manual', createdAt: noon, expiresAt: undefined })
  await vi.advanceTimersByTimeAsync(1_000)
  follower.opened(open({ userId: '1' }))
  expect([...sessions].map(({ state }) => state.name)).toEqual(['open', 'open'])
  follower.stop()
})

test('[B3] a ban of an address closes the sockets of that address, a ban of a user those of the user, and no others', async () => {
  const { follower, bans, open, sessions } = await made()
  const [one, two] = [open({ userId: '1' }), open({ userId: '2' })]
  const userBan = await bans.add({ ...banOf(''), subject: { kind: 'user', userId: '2' } })
  expect(await follower.enforce({ kind: 'ban_added', ban: userBan })).toBe(0)
  expect([reasonOf(one), reasonOf(two)]).toEqual(['open', 'open'])
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect([reasonOf(one), reasonOf(two), sessions.count]).toEqual(['open', 'user_banned', 2])
})

test('[B7] a ban that was lifted by the time it is read closes nobody', async () => {
  const { follower, bans, open } = await made()
  const session = open()
  await bans.add(banOf('203.0.113.7'))
  await bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(session)).toBe('open')
})

test('[B4] a revocation closes the sockets whose claims it ends, and leaves those that came without a token', async () => {
  const { follower, revocations, open } = await made()
  const [withToken, other, without] = [open(), open(), open()]
  const claims = { subject: '1', issuer: 'i', key: goodKey, tokenId: 'a', issuedAt: noon, expiresAt: noon + 1, role: undefined, epoch: undefined, payload: {} }
  withToken.principal = { ...withToken.principal, claims }
  other.principal = { ...other.principal, claims: { ...claims, tokenId: 'b' } }
  await revocations.add({ kind: 'token', tokenId: 'a', until: noon + 3_600_000 }, 'grace', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect([withToken, other, without].map(reasonOf)).toEqual(['token_revoked', 'open', 'open'])
})

const changes: readonly (readonly [name: string, change: User | undefined, reason: string])[] = [
  ['is gone', undefined, 'user_unknown'],
  ['is disabled', { id: '1', active: false }, 'user_disabled'],
  ['has a role the endpoint refuses', { id: '1', active: true, role: 'customer' }, 'forbidden'],
  ['has a newer epoch than the token', { id: '1', active: true, epoch: 2 }, 'token_revoked'],
  ['has only another name', { id: '1', active: true, epoch: 1, role: 'admin' }, 'open'],
]

test.each(changes)('[B5] after a change, a socket whose user %s', async (_name, change, reason) => {
  const { follower, log, table, users, open } = await made()
  await users.find('1', noon + 1_000)
  const session = open()
  session.principal = {
    ...session.principal,
    claims: { subject: '1', issuer: 'i', key: goodKey, tokenId: 'a', issuedAt: noon, expiresAt: noon + 1, role: undefined, epoch: 1, payload: {} },
  }
  if (change === undefined) table.delete('1')
  else table.set('1', change)
  await log.userChanged('1', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(session)).toBe(reason)
})

test('[B5] while the user cannot be looked up the sockets stay, and are looked at again when it can', async () => {
  const { follower, log, table, state, open } = await made()
  const session = open()
  table.set('1', { id: '1', active: false })
  state.usersAreAway = true
  await log.userChanged('1', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(1_200)
  expect(reasonOf(session)).toBe('open')
  state.usersAreAway = false
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(session)).toBe('user_disabled')
})

test('[B5] [B6] H7: look-ups that never end keep no ban from being heard, behind them or later', async () => {
  const { follower, log, users, bans, open } = await made()
  users.find = () => new Promise(() => undefined)
  const [behind, later] = [open({ userId: 'behind' }), open({ userId: 'later' })]
  for (let index = 0; index < 100; index += 1) {
    open({ userId: `u${String(index)}` })
    await log.userChanged(`u${String(index)}`, noon)
  }
  await bans.add({ ...banOf('unused'), subject: { kind: 'user', userId: 'behind' } })
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(behind)).toBe('user_banned')
  await bans.add({ ...banOf('unused'), subject: { kind: 'user', userId: 'later' } })
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(later)).toBe('user_banned')
  follower.stop()
})

test('[B5] a change that is heard while its user is being looked up is not lost', async () => {
  const { follower, log, users, open } = await made()
  const before = deferred<User | undefined>()
  const answers = [before.promise, Promise.resolve({ id: '1', active: false })]
  users.find = () => answers.shift() ?? Promise.resolve(undefined)
  const session = open()
  await log.userChanged('1', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  await log.userChanged('1', noon)
  await vi.advanceTimersByTimeAsync(400)
  before.resolve({ id: '1', active: true, role: 'agent' })
  await vi.advanceTimersByTimeAsync(400)
  expect(reasonOf(session)).toBe('user_disabled')
  follower.stop()
})

test('[B5] H7: fifty users who can never be looked up keep nobody else from being looked up', async () => {
  const { follower, log, users, table, open } = await made()
  const find = users.find
  const never = new Set(Array.from({ length: 50 }, (_, index) => `u${String(index)}`))
  users.find = (id, deadline) => (never.has(id) ? new Promise(() => undefined) : find(id, deadline))
  const sessions = Array.from({ length: 60 }, (_, index) => open({ userId: `u${String(index)}` }))
  for (const { user } of sessions) {
    table.set(user.id, { id: user.id, active: false })
    await log.userChanged(user.id, noon)
  }
  follower.start()
  // A look at the log, the second for which answers are waited, and the next look.
  await vi.advanceTimersByTimeAsync(400 + 1_000 + 400)
  expect(sessions.map(reasonOf)).toEqual(sessions.map(({ user }) => (never.has(user.id) ? 'open' : 'user_disabled')))
  follower.stop()
})

test('[B5] who left while he could not be looked up keeps nobody else from being looked up when it can be', async () => {
  const { follower, log, table, state, sessions, open } = await made()
  const opened = Array.from({ length: 60 }, (_, index) => open({ userId: `u${String(index)}` }))
  for (const { user } of opened) {
    table.set(user.id, { id: user.id, active: false })
    await log.userChanged(user.id, noon)
  }
  state.usersAreAway = true
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  const [first, ...others] = opened
  if (first === undefined) throw new Error('nobody came')
  sessions.closed(first, 1006)
  state.usersAreAway = false
  await vi.advanceTimersByTimeAsync(400)
  expect(new Set(others.map(reasonOf))).toEqual(new Set(['user_disabled']))
  follower.stop()
})

test('[B5] an answer that is overtaken by the answer to a later change is not acted on', async () => {
  const { follower, users, open } = await made()
  const answers = [deferred<User | undefined>(), deferred<User | undefined>()]
  let asked = 0
  users.find = () => answers[asked++]?.promise ?? Promise.resolve(undefined)
  const session = open()
  const before = follower.enforce({ kind: 'user_changed', userId: '1' })
  const after = follower.enforce({ kind: 'user_changed', userId: '1' })
  answers[1]?.resolve({ id: '1', active: true, role: 'agent' })
  await after
  answers[0]?.resolve({ id: '1', active: true, role: 'admin' })
  await before
  expect(session.user.role).toBe('agent')
  // Nor does it close anybody: the user was enabled again.
  expect(reasonOf(session)).toBe('open')
})

test('a user without live sockets is not looked up', async () => {
  const { follower, log, asked } = await made()
  await log.userChanged('1', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect(asked).toEqual([])
})

test('a task in the background that fails is told and harms nobody', async () => {
  const { follower, failed } = await made()
  follower.inBackground('ladder', () => Promise.reject(new Error('away')))
  await vi.advanceTimersByTimeAsync(0)
  expect(failed).toEqual(['ladder'])
})

test('[B12] changes that the log forgot before they were read have the same effect on live sockets', async () => {
  const { follower, log, bans, revocations, table, state, users, open } = await made()
  table.set('9', { id: '9', active: true })
  for (const id of ['1', '2', '9']) await users.find(id, noon + 1_000)
  const [banned, revoked, disabled, unharmed] = [open({ userId: '3' }), open({ userId: '1' }), open({ userId: '2' }), open({ userId: '1' })]
  const claims = { subject: '1', issuer: 'i', key: goodKey, tokenId: 'a', issuedAt: noon, expiresAt: noon + 1, role: undefined, epoch: undefined, payload: {} }
  revoked.principal = { ...revoked.principal, claims }
  await bans.add({ ...banOf(''), subject: { kind: 'user', userId: '3' } })
  await revocations.add({ kind: 'token', tokenId: 'a', until: noon + 3_600_000 }, 'grace', noon)
  table.set('2', { id: '2', active: false })
  await log.userChanged('2', noon)
  await log.userChanged('9', noon)
  state.forgottenUpTo = 3
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect([banned, revoked, disabled, unharmed].map(reasonOf)).toEqual(['user_banned', 'token_revoked', 'user_disabled', 'open'])
  // Who has no socket here is looked up again by the next handshake.
  expect(users.held('9', Date.now())).toBeUndefined()
  follower.stop()
})

test('[B12] a user who was looked up before changes were missed is looked up again when his session opens', async () => {
  const { follower, log, table, state, asked, open } = await made()
  await log.userChanged('8', noon)
  await log.userChanged('9', noon)
  state.forgottenUpTo = 1
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  table.set('1', { id: '1', active: false })
  const session = open({ userId: '1' })
  follower.opened(session)
  await vi.advanceTimersByTimeAsync(0)
  expect([asked, reasonOf(session)]).toEqual([['1'], 'user_disabled'])
  await vi.advanceTimersByTimeAsync(10_000)
  follower.opened(open({ userId: '2' }))
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toEqual(['1'])
  follower.stop()
})

test('[B12] while users cannot be looked up a look asks for fifty and leaves the others to the next ones', async () => {
  const { follower, log, table, state, asked, open } = await made()
  const sessions = Array.from({ length: 120 }, (_, index) => open({ userId: `u${String(index)}` }))
  for (const { user } of sessions) table.set(user.id, { id: user.id, active: false })
  await log.userChanged('8', noon)
  await log.userChanged('9', noon)
  state.forgottenUpTo = 1
  state.usersAreAway = true
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  expect(asked).toHaveLength(50)
  await vi.advanceTimersByTimeAsync(400)
  expect(asked).toHaveLength(100)
  expect(new Set(sessions.map(reasonOf))).toEqual(new Set(['open']))
  state.usersAreAway = false
  await vi.advanceTimersByTimeAsync(400)
  expect(new Set(sessions.map(reasonOf))).toEqual(new Set(['user_disabled']))
  follower.stop()
})

test('[B16] a clock that was set ahead for a moment ends no ban and no revocation for good', async () => {
  const { follower, replica, bans, revocations } = await made()
  await bans.add({ ...banOf('203.0.113.7'), expiresAt: noon + 3_600_000 })
  await revocations.add({ kind: 'token', tokenId: 'one', until: noon + 3_600_000 }, 'grace', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  vi.setSystemTime(noon + 7_200_000)
  await vi.advanceTimersByTimeAsync(400)
  vi.setSystemTime(noon + 60_000)
  await vi.advanceTimersByTimeAsync(400)
  expect(replica.bans.findAddress('203.0.113.7', Date.now())).toBeDefined()
  expect(replica.revocations.find({ subject: '1', tokenId: 'one', issuedAt: noon }, Date.now())).toBeDefined()
})

test('what has been over for a day is forgotten', async () => {
  const { follower, replica, bans, revocations } = await made()
  await bans.add({ ...banOf('203.0.113.7'), expiresAt: noon + 1_000 })
  await revocations.add({ kind: 'token', tokenId: 'one', until: noon + 1_000 }, 'grace', noon)
  follower.start()
  await vi.advanceTimersByTimeAsync(400)
  vi.setSystemTime(noon + 24 * 3_600_000 + 1_000)
  await vi.advanceTimersByTimeAsync(400)
  expect([replica.bans.size, replica.revocations.size]).toEqual([0, 0])
})
