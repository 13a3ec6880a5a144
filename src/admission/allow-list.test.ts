import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import type { AllowList } from './allow-list.js'
import { identify } from './identify.js'
import { StoreUnavailable } from './store-unavailable.js'
import { createStaircase, noon, testSecret, tokenFor, type Staircase, type StaircaseOptions } from './testing/staircase.js'

const limitsConfig = { userConnects: { max: 60, windowMs: 60_000 }, addressConnects: { max: 60, windowMs: 60_000 }, userSockets: 60, addressSockets: 60, nodeSockets: 60 }
const allowListPrefix = ':1:jwt_access_'
const classicSecret = 'the white stork stands on the roof until all the chimneys of town are cold'
const classic = { profile: 'classic', algorithms: ['HS512'], secret: classicSecret, allowListPrefix } as const
const standard = { profile: 'standard', algorithms: ['HS512'], secret: testSecret } as const

const keyOf = (token: string): string => `${allowListPrefix}${createHash('sha256').update(token).digest('hex')}`
const classicToken = (): Promise<string> => tokenFor({ profile: 'classic', secret: classicSecret })

const listing = (...tokens: readonly string[]): AllowList & { readonly keys: Set<string> } => {
  const keys = new Set(tokens.map(keyOf))
  return { keys, holding: (asked) => Promise.resolve(new Set(asked.filter((key) => keys.has(key)))) }
}
const made = (allowList: AllowList, options: StaircaseOptions = {}): Promise<Staircase> =>
  createStaircase(createMemoryLimits(limitsConfig), { issuers: [classic, standard], allowList, ...options })

const outcomeOf = async ({ admit }: Staircase, token: string): Promise<string> => {
  const decision = await admit({ token })
  return decision.outcome === 'admitted' ? 'admitted' : `${decision.denial.reason} at ${decision.step}`
}

test('[T14] a token of the old service counts only while its key is on the list', async () => {
  const token = await classicToken()
  const list = listing(token)
  const world = await made(list)
  expect(await outcomeOf(world, token)).toBe('admitted')
  list.keys.clear()
  expect(await outcomeOf(world, token)).toBe('token_revoked at revocation')
  list.keys.add(keyOf(token).toUpperCase()).add(keyOf(await tokenFor()))
  expect(await outcomeOf(world, token)).toBe('token_revoked at revocation')
})

test('[T14] it is asked again for a token that is remembered, once each, and never for tokens of other issuers', async () => {
  const token = await classicToken()
  const world = await made(listing(token))
  for (let time = 0; time < 3; time += 1) expect(await outcomeOf(world, token)).toBe('admitted')
  expect(await outcomeOf(world, await tokenFor())).toBe('admitted')
  expect(world.touched.filter((part) => part === 'allow-list')).toHaveLength(3)
})

test('[T15] nobody asks about a token that is refused without it', async () => {
  const token = await classicToken()
  const world = await made(listing(token))
  world.revocations.add({ kind: 'user', userId: '1', before: noon + 1_000, until: noon + 60_000 })
  expect(await outcomeOf(world, token)).toBe('token_revoked at revocation')
  expect(await outcomeOf(world, `${token}x`)).toBe('token_invalid at token')
  expect(await outcomeOf(world, await tokenFor({ profile: 'classic', secret: classicSecret, at: noon - 8 * 86_400_000 }))).toBe('token_expired at token')
  expect(world.touched).not.toContain('allow-list')
})

test.for([
  ['does not answer', () => new Promise<never>(() => undefined)],
  ['fails', () => Promise.reject(new StoreUnavailable('allow_list', 'Redis has gone'))],
  ['fails otherwise', () => Promise.reject(new Error('Socket closed unexpectedly'))],
] as const)('[T16] a list that %s is no word about the token', async ([, holding]) => {
  const world = await made({ holding }, { deadlines: { allowListMs: 5 } })
  expect(await outcomeOf(world, await classicToken())).toBe('dependency_unavailable at revocation')
  expect(await identify(world.rules, await classicToken(), noon)).toMatchObject({ reason: 'dependency_unavailable' })
})

test('[T14] whoever is identified by a token, as at a renewal, is looked for too; without the time, as in the old service, not', async () => {
  const token = await classicToken()
  const list = listing(token)
  const { rules } = await made(list)
  expect(await identify(rules, token, noon)).toMatchObject({ user: { id: '1' } })
  list.keys.clear()
  expect(await identify(rules, token, noon)).toMatchObject({ reason: 'token_revoked' })
  expect(await identify(rules, token, noon, false)).toMatchObject({ user: { id: '1' } })
})

test('[T14] a ticket is worth no more than the token that bought it', async () => {
  const token = await classicToken()
  const list = listing(token)
  const world = await made(list, { carriers: ['header', 'ticket'] })
  const identity = await identify(world.rules, token, noon)
  if ('reason' in identity) throw new Error(identity.reason)
  const target = '/ws/conversations/'
  const knock = async (): Promise<string> => {
    const ticket = world.tickets.issue(identity.claims, { target, origin: undefined }, noon) ?? ''
    const decision = await world.admit({ target: `${target}?ticket=${ticket}` })
    return decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason
  }
  expect(await knock()).toBe('admitted')
  list.keys.clear()
  expect(await knock()).toBe('token_revoked')
})
