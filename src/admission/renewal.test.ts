import { expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import { judgeRenewal, type Renewable } from './renewal.js'
import { goodKey } from './token/testing/forge.js'
import { createStaircase, noon, tokenFor, type Staircase, type StaircaseOptions } from './testing/staircase.js'

const limitsConfig = { userConnects: { max: 60, windowMs: 60_000 }, addressConnects: { max: 60, windowMs: 60_000 }, userSockets: 60, addressSockets: 60, nodeSockets: 60 }
const made = (options: StaircaseOptions = {}): Promise<Staircase> => createStaircase(createMemoryLimits(limitsConfig), options)

/** The live session of user 2, an admin, in the conversations. */
const live = (issuer = 'issuer 1'): Renewable => ({
  user: { id: '2', active: true, role: 'admin', epoch: 3 },
  endpoint: { name: 'conversations', conversation: undefined },
  client: { address: '203.0.113.7', key: '203.0.113.7', forwarded: false },
  principal: { claims: { subject: '2', issuer, key: goodKey, tokenId: undefined, issuedAt: noon, expiresAt: noon + 1_000, role: undefined, epoch: undefined, payload: {} } },
})

const judged = async ({ rules }: Staircase, session = live(), token?: string) => judgeRenewal(rules, session, token ?? (await tokenFor({ subject: '2', lifetimeMs: 60_000 })), noon)

test('[S17] a good token of the same subject moves the end', async () => {
  expect(await judged(await made())).toMatchObject({ user: { id: '2' }, expiresAt: noon + 60_000, development: false })
})

interface Change {
  readonly name: string
  readonly reason: string
  readonly options?: StaircaseOptions
  readonly change?: (world: Staircase) => void
  readonly session?: Renewable
  readonly token?: () => Promise<string>
}

const ban = { id: 'ban', reason: '', actor: 'ada', source: 'manual', createdAt: noon, expiresAt: undefined } as const
const changes: readonly Change[] = [
  { name: 'another subject', reason: 'token_invalid', token: () => tokenFor({ subject: '1' }) },
  { name: 'another issuer', reason: 'token_invalid', session: live('issuer 2') },
  { name: 'a forged token', reason: 'token_invalid', token: () => tokenFor({ subject: '2', secret: 'the white stork stands on the roof until all the chimneys of town are cold' }) },
  { name: 'an expired token', reason: 'token_expired', token: () => tokenFor({ subject: '2', at: noon - 120_000, lifetimeMs: 60_000 }) },
  { name: 'a banned address', reason: 'address_banned', change: ({ bans }) => { bans.add({ ...ban, subject: { kind: 'network', network: '203.0.113.0/24' } }) } },
  { name: 'a banned user', reason: 'user_banned', change: ({ bans }) => { bans.add({ ...ban, subject: { kind: 'user', userId: '2' } }) } },
  { name: 'a revoked user', reason: 'token_revoked', change: ({ revocations }) => { revocations.add({ kind: 'user', userId: '2', before: noon + 1_000, until: noon + 60_000 }) } },
  { name: 'a user who is gone', reason: 'user_unknown', options: { users: [] } },
  { name: 'a user who is disabled', reason: 'user_disabled', options: { users: [{ id: '2', active: false }] } },
  { name: 'a role that was lowered', reason: 'forbidden', options: { users: [{ id: '2', active: true, role: 'customer' }] } },
  { name: 'an older epoch', reason: 'token_revoked', token: () => tokenFor({ subject: '2', epoch: 2 }) },
  {
    name: 'a conversation that was closed to the user',
    reason: 'not_found',
    options: { memberships: { mayEnter: () => Promise.resolve(false) } },
    session: { ...live(), endpoint: { name: 'chat', conversation: 'abc' } },
  },
  { name: 'a user store that is away', reason: 'dependency_unavailable', options: { find: () => Promise.reject(new Error('away')) } },
]

test('[O13] trying tokens on a live socket runs the budget of its address dry; a token that was verified before is taken all the same', async () => {
  const world = await made({ budget: { capacity: 12, refillPerSecond: 0.01 } })
  const good = await tokenFor({ subject: '2', lifetimeMs: 60_000 })
  expect(await judged(world, live(), good)).toMatchObject({ user: { id: '2' } })
  const forged = (tokenId: string) => tokenFor({ subject: '2', tokenId, secret: 'the white stork stands on the roof until all the chimneys of town are cold' })
  for (const tokenId of ['a', 'b']) expect(await judged(world, live(), await forged(tokenId))).toMatchObject({ reason: 'token_invalid' })
  for (const tokenId of ['c', 'd']) expect(['token_invalid', 'rate_limited']).toContain(reasonOf(await judged(world, live(), await forged(tokenId))))
  expect(await judged(world, live(), await forged('e'))).toMatchObject({ reason: 'rate_limited', retryAfterMs: expect.any(Number) })
  expect(await judged(world, live(), good)).toMatchObject({ user: { id: '2' } })
})

test('[A26] bans and a budget in dry-run refuse no renewal', async () => {
  const world = await made({ budget: { capacity: 1, refillPerSecond: 0.01 }, dryRun: ['address_ban', 'user_ban', 'address_budget'] })
  world.budget.charge('203.0.113.7', 10, noon)
  world.bans.add({ ...ban, subject: { kind: 'network', network: '203.0.113.0/24' } })
  world.bans.add({ ...ban, id: 'another ban', subject: { kind: 'user', userId: '2' } })
  expect(await judged(world)).toMatchObject({ user: { id: '2' } })
})

const reasonOf = (verdict: object): unknown => ('reason' in verdict ? verdict.reason : undefined)

test.each(changes)('[S17] $name is refused with $reason', async ({ reason, options, change, session, token }) => {
  const world = await made(options)
  change?.(world)
  expect(await judged(world, session, await token?.())).toMatchObject({ reason })
})
