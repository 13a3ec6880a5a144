import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { denials } from '../protocol/denial.js'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import type { Ban, BanSubject } from './ban.js'
import { stepNames, type Decision, type StepName } from './decision.js'
import type { Allowance, LimitsConfig } from './limits.js'
import { StoreUnavailable } from './store-unavailable.js'
import { deferred } from './testing/deferred.js'
import { createStaircase, noon, tokenFor, type HandshakeChange, type Staircase, type StaircaseOptions } from './testing/staircase.js'

const roomy: LimitsConfig = {
  userConnects: { max: 1_000, windowMs: 60_000 },
  addressConnects: { max: 1_000, windowMs: 60_000 },
  userSockets: 1_000,
  addressSockets: 1_000,
  nodeSockets: 1_000,
}
const client = '203.0.113.7'

/** A staircase of real parts, and the limits at its top. */
const build = async (options: StaircaseOptions = {}, config: Partial<LimitsConfig> = {}) => {
  const limits = createMemoryLimits({ ...roomy, ...config })
  return { ...(await createStaircase(limits, options)), limits }
}
type Built = Awaited<ReturnType<typeof build>>

const ban = (subject: BanSubject, change: Partial<Ban> = {}): Ban => ({
  id: `ban of ${JSON.stringify(subject)}`,
  subject,
  reason: 'abuse',
  actor: 'grace',
  source: 'manual',
  createdAt: noon,
  expiresAt: undefined,
  ...change,
})
const banClient = ({ bans }: Pick<Staircase, 'bans'>): void => bans.add(ban({ kind: 'network', network: client }))

const reasonOf = (decision: Decision): string => (decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason)
const deniedOf = (decision: Decision) => {
  if (decision.outcome === 'denied') return decision
  throw new Error('it was admitted')
}

const good = await tokenFor()
const forged = `${good.slice(0, -6)}AAAAAA`
const unknownKey = await tokenFor({ kid: 'nobody' })
const expired = await tokenFor({ at: noon - 7_200_000 })

/** What is asked on the way up by a handshake with a good token. */
const fullWay = ['address bans', 'budget', 'capacity', 'endpoints', 'verifier', 'revocations', 'user bans', 'users', 'memberships', 'limits', 'ladder, admitted']
const upTo = (part: string): readonly string[] => fullWay.slice(0, fullWay.indexOf(part) + 1)

const members = { mayEnter: () => Promise.resolve(true) }
const chat = '/ws/chat/abc/'

interface Row {
  readonly name: string
  readonly stair: StepName
  readonly reason: keyof typeof denials
  readonly touched: readonly string[]
  readonly change?: HandshakeChange
  readonly options?: StaircaseOptions
  readonly limits?: Partial<LimitsConfig>
  readonly prepare?: (built: Built) => unknown
}

const rows: readonly Row[] = [
  { name: 'a malformed request', stair: 'well_formed', reason: 'bad_request', touched: [], change: { method: 'POST' } },
  { name: 'a bad offer of sub-protocols', stair: 'well_formed', reason: 'bad_request', touched: [], change: { headers: { 'sec-websocket-protocol': ['a', 'b'] } } },
  { name: 'a peer without an address', stair: 'client_address', reason: 'bad_request', touched: [], change: { peerAddress: '' } },
  {
    name: 'a trusted proxy that names no client',
    stair: 'client_address',
    reason: 'bad_forwarding',
    touched: [],
    options: { proxies: { trustedProxies: [client], forwarding: 'x-forwarded-for' } },
  },
  {
    name: 'a forwarded request in development mode',
    stair: 'client_address',
    reason: 'bad_forwarding',
    touched: [],
    options: { refuseForwarded: true },
    change: { headers: { 'x-forwarded-for': ['127.0.0.1'] } },
  },
  { name: 'a banned address', stair: 'address_ban', reason: 'address_banned', touched: ['address bans'], prepare: banClient },
  {
    name: 'a dry budget',
    stair: 'address_budget',
    reason: 'rate_limited',
    touched: ['address bans', 'budget', 'verified tokens'],
    prepare: ({ budget }) => budget.charge(client, 2_400, noon),
  },
  { name: 'a draining node', stair: 'capacity', reason: 'draining', touched: upTo('capacity'), prepare: ({ capacity }) => capacity.drain() },
  {
    name: 'a late event loop',
    stair: 'capacity',
    reason: 'overloaded',
    touched: upTo('capacity'),
    prepare: ({ loop }) => {
      loop.delayMs = 500
    },
  },
  {
    name: 'too many handshakes in flight',
    stair: 'capacity',
    reason: 'overloaded',
    touched: upTo('capacity'),
    options: { capacity: { maxInFlight: 1 } },
    prepare: ({ capacity }) => capacity.enter(),
  },
  {
    name: 'too many open sockets on the node',
    stair: 'capacity',
    reason: 'overloaded',
    touched: upTo('capacity'),
    options: { capacity: { maxSockets: 1 } },
    prepare: ({ capacity }) => capacity.socketOpened(),
  },
  { name: 'a path that is not served', stair: 'endpoint', reason: 'not_found', touched: upTo('endpoints'), change: { target: '/nope' } },
  { name: 'a foreign Origin', stair: 'origin', reason: 'origin_refused', touched: upTo('endpoints'), options: { origins: ['https://app.example'] }, change: { headers: { origin: ['https://evil.example'] } } },
  { name: 'a missing Origin where one is required', stair: 'origin', reason: 'origin_refused', touched: upTo('endpoints'), options: { requireOrigin: true } },
  { name: 'two credentials', stair: 'credential', reason: 'bad_request', touched: upTo('endpoints'), change: { target: '/ws/conversations/?token=x' } },
  { name: 'no credential', stair: 'credential', reason: 'token_missing', touched: upTo('endpoints') },
  { name: 'a forged token', stair: 'token', reason: 'token_invalid', touched: [...upTo('verifier'), 'charge', 'ladder'], change: { token: forged } },
  { name: 'text that is no token', stair: 'token', reason: 'token_invalid', touched: [...upTo('verifier'), 'charge', 'ladder'], change: { token: 'hello' } },
  { name: 'an expired token', stair: 'token', reason: 'token_expired', touched: [...upTo('verifier'), 'charge', 'ladder'], change: { token: expired } },
  {
    name: 'a revoked token',
    stair: 'revocation',
    reason: 'token_revoked',
    touched: upTo('revocations'),
    prepare: ({ revocations }) => revocations.add({ kind: 'user', userId: '1', before: noon + 1, until: noon + 3_600_000 }),
  },
  { name: 'a banned user', stair: 'revocation', reason: 'user_banned', touched: upTo('user bans'), prepare: ({ bans }) => bans.add(ban({ kind: 'user', userId: '1' })) },
  { name: 'a user nobody knows', stair: 'user', reason: 'user_unknown', touched: upTo('users'), options: { users: [] } },
  { name: 'a disabled user', stair: 'user', reason: 'user_disabled', touched: upTo('users'), options: { users: [{ id: '1', active: false }] } },
  { name: 'a token of an older epoch', stair: 'user', reason: 'token_revoked', touched: upTo('users'), options: { users: [{ id: '1', active: true, epoch: 1 }] }, change: { token: await tokenFor({ epoch: 0 }) } },
  {
    name: 'a role the endpoint refuses',
    stair: 'user',
    reason: 'forbidden',
    touched: upTo('users'),
    options: { users: [{ id: '1', active: true, role: 'customer' }] },
    change: { target: '/ws/conversations/' },
  },
  { name: 'a foreign conversation', stair: 'topic', reason: 'not_found', touched: upTo('memberships'), options: { memberships: { mayEnter: () => Promise.resolve(false) } } },
  { name: 'too many connects of the user', stair: 'limits', reason: 'rate_limited', touched: upTo('limits'), limits: { userConnects: { max: 1, windowMs: 60_000 } }, prepare: ({ limits }) => limits.release(leaseOf(limits.take({ userId: '1', addressKey: undefined, endpoint: 'conversations', at: noon }, noon))) },
  { name: 'too many connects of the address', stair: 'limits', reason: 'rate_limited', touched: upTo('limits'), limits: { addressConnects: { max: 1, windowMs: 60_000 } }, prepare: ({ limits }) => limits.take({ userId: '2', addressKey: client, endpoint: 'conversations', at: noon }, noon) },
  { name: 'too many sockets of the user', stair: 'limits', reason: 'too_many_connections', touched: upTo('limits'), limits: { userSockets: 1 }, prepare: ({ limits }) => limits.take({ userId: '1', addressKey: undefined, endpoint: 'conversations', at: noon }, noon) },
  { name: 'too many sockets of the address', stair: 'limits', reason: 'too_many_connections', touched: upTo('limits'), limits: { addressSockets: 1 }, prepare: ({ limits }) => limits.take({ userId: '2', addressKey: client, endpoint: 'conversations', at: noon }, noon) },
  { name: 'too many sockets of all', stair: 'limits', reason: 'overloaded', touched: upTo('limits'), limits: { nodeSockets: 1 }, prepare: ({ limits }) => limits.take({ userId: '2', addressKey: undefined, endpoint: 'conversations', at: noon }, noon) },
]

const leaseOf = (allowance: Allowance) => {
  if (allowance.granted) return allowance.lease
  throw new Error('no lease')
}

describe.each(rows)('$name', ({ stair, reason, touched, change, options, limits, prepare }) => {
  const arrange = async () => {
    const built = await build({ memberships: members, ...options }, limits)
    prepare?.(built)
    const handshake: HandshakeChange = { target: chat, ...(reason === 'token_missing' ? {} : { token: good }), ...change }
    const openSockets = built.limits.openSockets
    built.touched.length = 0
    return { built, handshake, openSockets }
  }

  test(`[A1] is refused on the stair ${stair}, before anything behind it is asked`, async () => {
    const { built, handshake, openSockets } = await arrange()
    const decision = deniedOf(await built.admit(handshake))
    expect(decision).toMatchObject({ step: stair, denial: { reason } })
    expect(built.touched).toEqual(touched)
    expect(decision.steps.map((step) => step.name)).toEqual(stepNames.slice(0, stepNames.indexOf(stair) + 1))
    expect(decision.steps.map((step) => step.outcome)).toEqual([...decision.steps.slice(1).map(() => 'passed'), 'refused'])
    expect(built.limits.openSockets).toBe(openSockets)
  })

  test('[A20] is explained alike, and the explanation counts nothing', async () => {
    const { built, handshake } = await arrange()
    const before = built.capacity.load.inFlight
    const explained = deniedOf(await built.admit(handshake, 'explain'))
    expect(explained).toMatchObject({ step: stair, denial: { reason } })
    expect(built.touched.filter((part) => ['budget', 'charge', 'ladder', 'ladder, admitted', 'limits'].includes(part))).toEqual([])
    expect(built.capacity.load.inFlight).toBe(before)
    const live = deniedOf(await built.admit(handshake))
    expect(live).toMatchObject({ step: stair, denial: explained.denial })
  })

  test('leaves nothing in flight', async () => {
    const { built, handshake } = await arrange()
    const before = built.capacity.load.inFlight
    await built.admit(handshake)
    expect(built.capacity.load.inFlight).toBe(before)
  })
})

test('[A1] a handshake with every fault at once is refused for the first, and each fault that is mended shows the next', async () => {
  const built = await build(
    { origins: ['https://app.example'], memberships: { mayEnter: () => Promise.resolve(false) }, users: [{ id: '1', active: false }], budget: { capacity: 1, refillPerSecond: 1 } },
    { userConnects: { max: 1, windowMs: 60_000 } },
  )
  banClient(built)
  built.budget.charge(client, 1, noon)
  built.capacity.drain()
  built.bans.add(ban({ kind: 'user', userId: '1' }))
  const handshakes: readonly HandshakeChange[] = [{ method: 'POST', peerAddress: '', target: '/nope' }, { peerAddress: '', target: '/nope' }, { target: '/nope' }]
  const reasons: string[] = []
  for (const change of handshakes) reasons.push(deniedOf(await built.admit(change)).step)
  built.bans.remove(ban({ kind: 'network', network: client }))
  reasons.push(deniedOf(await built.admit({ target: '/nope' })).step)
  reasons.push(deniedOf(await built.admit({ target: '/nope', receivedAt: noon + 10_000 })).step)
  expect(reasons).toEqual(['well_formed', 'client_address', 'address_ban', 'address_budget', 'capacity'])
})

test('[A1] a good handshake walks every stair and gets a session in the name of its user', async () => {
  const built = await build({ memberships: members })
  const decision = await built.admit({ target: chat, token: good })
  expect(decision).toMatchObject({
    outcome: 'admitted',
    receivedAt: noon,
    policyVersion: 'test',
    path: chat,
    dialect: 'plain',
    marks: [],
    client: { address: client, key: client, forwarded: false },
    endpoint: { name: 'chat', conversation: 'abc' },
    principal: { user: { id: '1', active: true }, expiresAt: noon + 3_600_000, development: false, claims: { subject: '1' } },
    lease: { userId: '1', addressKey: client },
  })
  expect(decision.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(decision.steps.map(({ name, outcome }) => [name, outcome])).toEqual(stepNames.map((name) => [name, 'passed']))
  expect(decision.steps.every(({ durationMs }) => durationMs >= 0)).toBe(true)
  expect(built.touched).toEqual(fullWay)
  expect(built.limits.openSockets).toBe(1)
})

test('[A4] behind a trusted proxy the client is the hop that it names, and bans and budgets are about that one', async () => {
  const built = await build({ proxies: { trustedProxies: ['198.51.100.1'], forwarding: 'x-forwarded-for' } })
  banClient(built)
  const from = (forwarded: string) => built.admit({ token: good, peerAddress: '198.51.100.1', headers: { 'x-forwarded-for': [forwarded] } })
  expect(reasonOf(await from(`203.0.113.99, ${client}`))).toBe('address_banned')
  expect(reasonOf(await from(`${client}, 203.0.113.99`))).toBe('admitted')
  expect(reasonOf(await built.admit({ token: good, peerAddress: '203.0.113.8', headers: { 'x-forwarded-for': [client] } }))).toBe('admitted')
})

test('[A6] a banned address is refused before its token is read, and again at the moment the ban has ended it is not', async () => {
  const built = await build()
  built.bans.add(ban({ kind: 'network', network: '203.0.113.0/24' }, { expiresAt: noon + 1_000 }))
  expect(reasonOf(await built.admit({ token: good }))).toBe('address_banned')
  expect(built.touched).toEqual(['address bans'])
  expect(reasonOf(await built.admit({ token: good, receivedAt: noon + 1_000 }))).toBe('admitted')
})

const costs: readonly (readonly [name: string, cost: number, token: string | undefined])[] = [
  ['a good token', 1, good],
  ['a forged token', 5, forged],
  ['text that is no token', 5, 'hello'],
  ['a token of an unknown key', 10, unknownKey],
  ['an expired token', 1, expired],
  ['no token', 1, undefined],
]

test.each(costs)('[A7] %s costs %i of the budget of its address', async (_name, cost, token) => {
  const built = await build({ budget: { capacity: 20, refillPerSecond: 1 } })
  await built.admit(token === undefined ? {} : { token })
  let left = 0
  while (built.budget.reserve(client, noon).granted) left += 1
  expect(left).toBe(20 - cost)
})

test('[A7] a dry budget still lets in whoever holds a token that was verified before', async () => {
  const built = await build({ budget: { capacity: 5, refillPerSecond: 1 } })
  expect(reasonOf(await built.admit({ token: good }))).toBe('admitted')
  await built.admit({ token: forged })
  const other = await tokenFor({ subject: '2', epoch: 3 })
  expect(deniedOf(await built.admit({ token: other })).denial).toMatchObject({ reason: 'rate_limited', detail: 'address budget is dry' })
  expect(reasonOf(await built.admit({ token: good }))).toBe('admitted')
  expect(reasonOf(await built.admit({ token: other, peerAddress: '203.0.113.8' }))).toBe('admitted')
})

test('[A7] a dry budget says how long it is dry, and that is true', async () => {
  const built = await build({ budget: { capacity: 5, refillPerSecond: 1 } })
  await built.admit({ token: forged })
  const { retryAfterMs = 0 } = deniedOf(await built.admit({ token: good })).denial
  expect(retryAfterMs).toBeGreaterThan(0)
  expect(reasonOf(await built.admit({ token: good, receivedAt: noon + retryAfterMs - 1 }))).toBe('rate_limited')
  expect(reasonOf(await built.admit({ token: good, receivedAt: noon + retryAfterMs }))).toBe('admitted')
})

test('[A8] a handshake is in flight from its first wait to its decision, and only then', async () => {
  const answer = deferred<{ id: string; active: boolean }>()
  const built = await build({ find: () => answer.promise, memberships: members })
  const waiting = built.admit({ token: good, target: chat })
  await expect.poll(() => built.touched).toContain('users')
  expect(built.capacity.load.inFlight).toBe(1)
  answer.resolve({ id: '1', active: true })
  await waiting
  expect(built.capacity.load.inFlight).toBe(0)
  // The second finds its user and token remembered and, without a conversation, waits for nobody.
  const second = built.admit({ token: good })
  expect(built.capacity.load.inFlight).toBe(0)
  await second
})

test('[A13] a ban of the user is seen after the token, and a revocation by token id ends that token alone', async () => {
  const built = await build()
  built.revocations.add({ kind: 'token', tokenId: 'one', until: noon + 3_600_000 })
  expect(deniedOf(await built.admit({ token: await tokenFor({ tokenId: 'one' }) })).denial).toEqual({ reason: 'token_revoked', detail: 'revoked by token id' })
  expect(reasonOf(await built.admit({ token: await tokenFor({ tokenId: 'two' }) }))).toBe('admitted')
  expect(built.touched.filter((part) => part === 'users')).toHaveLength(1)
})

test('[A14] a user is looked up once while the answer is held, and again when it has grown old', async () => {
  const built = await build()
  const admitAt = async (at: number) => {
    built.clock.at = at
    return reasonOf(await built.admit({ token: good, receivedAt: at }))
  }
  for (const at of [noon, noon + 1, noon + 30_000]) expect(await admitAt(at)).toBe('admitted')
  expect(built.touched.filter((part) => part === 'users')).toHaveLength(1)
  expect(await admitAt(noon + 30_001)).toBe('admitted')
  expect(built.touched.filter((part) => part === 'users')).toHaveLength(2)
})

test('[A15] a conversation is asked about with the id of the known user and the path, and only where the path has one', async () => {
  const mayEnter = vi.fn(() => Promise.resolve(true))
  const built = await build({ memberships: { mayEnter } })
  await built.admit({ token: good, target: '/ws/chat/xyz' })
  await built.admit({ token: good })
  expect(mayEnter.mock.calls).toEqual([['1', 'xyz', noon + 2_000]])
})

test('[A16] a full window says when it opens, and the rule is named for operators only', async () => {
  const built = await build({}, { userConnects: { max: 2, windowMs: 60_000 } })
  for (const at of [noon, noon + 10_000]) await built.admit({ token: good, receivedAt: at })
  expect(deniedOf(await built.admit({ token: good, receivedAt: noon + 20_000 })).denial).toEqual({
    reason: 'rate_limited',
    retryAfterMs: 40_000,
    detail: 'limits.userConnects',
  })
})

describe('when a store is away', () => {
  const gone = (store: string) => Promise.reject(new StoreUnavailable(store, 'connection refused'))
  const away: readonly (readonly [store: string, options: StaircaseOptions])[] = [
    ['users', { find: () => gone('users') }],
    ['memberships', { memberships: { mayEnter: () => gone('memberships') } }],
    ['limits', { parts: { limits: { ...createMemoryLimits(roomy), take: () => gone('limits') } } }],
    ['token', { parts: { verifier: { verify: () => gone('token'), cached: () => undefined } } }],
  ]

  test.each(away)('[A17] %s: the handshake gets 503 with the name of the store, never an answer about the client', async (store, options) => {
    const built = await build({ memberships: members, ...options })
    const { denial, step } = deniedOf(await built.admit({ token: good, target: chat }))
    expect(denial).toEqual({ reason: 'dependency_unavailable', detail: `${store}: connection refused` })
    expect(denials[denial.reason].http).toBe(503)
    expect(step).toBe({ users: 'user', memberships: 'topic', limits: 'limits', token: 'token' }[store])
    expect(built.capacity.load.inFlight).toBe(0)
  })

  test.each(away.map(([store]) => store))('[A17] %s: a failure of any other kind is the store being away, too', async (store) => {
    const failing = (): Promise<never> => Promise.reject(new TypeError('undefined is not a function'))
    const broken: Readonly<Record<string, StaircaseOptions>> = {
      users: { find: failing },
      memberships: { memberships: { mayEnter: failing } },
      limits: { parts: { limits: { ...createMemoryLimits(roomy), take: failing } } },
      token: { parts: { verifier: { verify: failing, cached: () => undefined } } },
    }
    const built = await build({ memberships: members, ...broken[store] })
    expect(deniedOf(await built.admit({ token: good, target: chat })).denial).toEqual({
      reason: 'dependency_unavailable',
      detail: `${store}: undefined is not a function`,
    })
  })

  test('[A17] a user that is remembered is let in all the same', async () => {
    let isAway = false
    const built = await build({ find: (id) => (isAway ? gone('users') : Promise.resolve({ id, active: true })) })
    expect(reasonOf(await built.admit({ token: good }))).toBe('admitted')
    isAway = true
    expect(reasonOf(await built.admit({ token: good }))).toBe('admitted')
    expect(reasonOf(await built.admit({ token: await tokenFor({ subject: '9' }) }))).toBe('dependency_unavailable')
  })
})

const throwing = (): never => {
  throw new TypeError('a fault of the port')
}

test.each([
  ['verifier', 'token', { verifier: { verify: throwing, cached: () => undefined } }],
  ['revocations', 'revocation', { revocations: { find: throwing } }],
  ['memberships', 'topic', { memberships: { mayEnter: throwing } }],
  ['limits', 'limits', { limits: { take: throwing, peek: throwing, release: throwing } }],
] as const)('[A17] a port that throws at once is our fault: %s', async (_port, stair, parts) => {
  const built = await build({ parts })
  const { denial, step } = deniedOf(await built.admit({ token: good, target: chat }))
  expect([denial.reason, step]).toEqual(['internal_error', stair])
  expect(built.capacity.load.inFlight).toBe(0)
})

describe('with a development user', () => {
  const options: StaircaseOptions = { developmentUserId: '2' }

  test.each([
    ['no token', {}],
    ['a forged token', { token: forged }],
    ['an expired token', { token: expired }],
    ['text that is no token', { token: 'hello' }],
  ])('[A18] %s is let in as that user, for as long as the socket lives', async (_name, change: HandshakeChange) => {
    const built = await build(options)
    expect(await built.admit(change)).toMatchObject({
      outcome: 'admitted',
      principal: { user: { id: '2' }, claims: undefined, expiresAt: undefined, development: true },
    })
  })

  test('[A18] a good token speaks for its own user', async () => {
    const built = await build({ ...options, parts: {} })
    const decision = await built.admit({ token: good })
    expect(decision).toMatchObject({ outcome: 'admitted', principal: { user: { id: '1' }, claims: { subject: '1' } } })
  })

  test('[A18] two credentials conflict all the same', async () => {
    const built = await build(options)
    expect(deniedOf(await built.admit({ token: good, target: '/ws/conversations/?token=x' })).denial.reason).toBe('bad_request')
  })

  test('[A18] a banned, disabled or unknown development user is refused like anybody', async () => {
    expect(reasonOf(await (await build({ developmentUserId: '4' })).admit())).toBe('user_disabled')
    expect(reasonOf(await (await build({ developmentUserId: '9' })).admit())).toBe('user_unknown')
    const built = await build(options)
    built.bans.add(ban({ kind: 'user', userId: '2' }))
    expect(reasonOf(await built.admit())).toBe('user_banned')
  })

  test('[A18] a session with a good token is no development one', async () => {
    expect(await (await build(options)).admit({ token: good })).toMatchObject({ principal: { development: false, expiresAt: noon + 3_600_000 } })
  })
})

test('[A19] a token with a lower role loses what only the own role may do, and a higher one wins nothing', async () => {
  const built = await build({ users: [{ id: '1', active: true, role: 'admin' }, { id: '2', active: true, role: 'customer' }] })
  expect(deniedOf(await built.admit({ token: await tokenFor({ extra: { role: 'customer' } }) })).denial).toEqual({
    reason: 'forbidden',
    detail: 'role customer may not use conversations',
  })
  expect(reasonOf(await built.admit({ token: await tokenFor({ subject: '2', extra: { role: 'owner' } }) }))).toBe('forbidden')
})

test('[A20] explaining a good handshake a thousand times takes no place and no budget', async () => {
  const built = await build({ memberships: members, budget: { capacity: 3, refillPerSecond: 1 } }, { userConnects: { max: 3, windowMs: 60_000 } })
  for (let index = 0; index < 1_000; index++) expect((await built.admit({ token: good, target: chat }, 'explain')).outcome).toBe('admitted')
  expect([built.limits.openSockets, built.limits.size, built.budget.size]).toEqual([0, 0, 0])
  expect((await built.admit({ token: good, target: chat })).outcome).toBe('admitted')
})

test('[A20] explaining a forged token charges nothing and teaches the ladder nothing', async () => {
  const built = await build({ ladder: { mode: 'on', failures: 1 } })
  await built.admit({ token: forged }, 'explain')
  expect([built.verdicts, built.budget.size]).toEqual([[], 0])
  await built.admit({ token: forged })
  expect(built.verdicts).toHaveLength(1)
})

test('[B8] the ladder in dry-run marks the decision with which it would have banned, and bans nobody', async () => {
  const built = await build({ ladder: { mode: 'dry-run', failures: 3 } })
  const marks: number[] = []
  for (const letter of ['A', 'B', 'C']) {
    const decision = await built.admit({ token: `${good.slice(0, -6)}${letter.repeat(6)}` })
    marks.push(decision.marks.length)
  }
  expect(marks).toEqual([0, 0, 1])
  expect(built.verdicts).toMatchObject([{ outcome: 'would_ban', ban: { subject: { kind: 'network', network: client } } }])
  expect(reasonOf(await built.admit({ token: good }))).toBe('admitted')
})

test('[B8] the ladder that is on asks for the ban, and one broken token that is repeated never brings one', async () => {
  const built = await build({ ladder: { mode: 'on', failures: 2 } })
  for (let index = 0; index < 20; index++) await built.admit({ token: forged })
  expect(built.verdicts).toEqual([])
  await built.admit({ token: 'hello' })
  expect(built.verdicts).toMatchObject([{ outcome: 'ban' }])
})

test('[T12] no text of a token is in a decision', async () => {
  const built = await build()
  const signature = good.slice(good.lastIndexOf('.') + 1)
  for (const change of [{ token: good }, { token: forged }, { target: `/ws/conversations/?token=${good}` }, { target: `/ws/conversations/?token=${good}`, token: good }] as const) {
    const decision = await built.admit(change)
    const text = JSON.stringify({ ...decision, steps: decision.steps, principal: undefined })
    for (const piece of [good.slice(0, 40), signature.slice(0, 30)]) expect(text).not.toContain(piece)
  }
})

describe('[A21] a stair that waits too long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
  const hanging: readonly (readonly [store: string, ms: number, options: StaircaseOptions])[] = [
    ['token', 2_000, { parts: { verifier: { verify: () => never(), cached: () => undefined } } }],
    ['users', 2_000, { find: () => never() }],
    ['memberships', 2_000, { memberships: { mayEnter: () => never() } }],
    ['limits', 1_000, { parts: { limits: { ...createMemoryLimits(roomy), take: () => never() } } }],
  ]

  test.each(hanging)('[A21] %s: is given up after %i ms, not before', async (store, ms, options) => {
    const built = await build({ memberships: members, ...options })
    let decision: Decision | undefined
    const waiting = built.admit({ token: good, target: chat }).then((answer) => {
      decision = answer
    })
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(decision).toBeUndefined()
    expect(built.capacity.load.inFlight).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await waiting
    expect(decision).toMatchObject({ denial: { reason: 'dependency_unavailable', detail: `${store}: no answer within ${ms} ms` } })
    expect(built.capacity.load.inFlight).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('[A21] all stairs together have 5 s, and the decision says at which one they were over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const after = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => { resolve(value) }, ms))
    const real = await build()
    const verified = await real.rules.verifier.verify(good, noon)
    const built = await build({
      memberships: { mayEnter: () => never() },
      find: () => after(1_900, { id: '1', active: true }),
      parts: { verifier: { verify: () => after(1_900, verified), cached: () => undefined } },
    })
    const waiting = built.admit({ token: good, target: chat })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await waiting).toMatchObject({ step: 'topic', denial: { reason: 'dependency_unavailable', detail: 'memberships: no answer within 1200 ms' } })
    expect(built.capacity.load.inFlight).toBe(0)
  })

  test('[A21] a lease that comes after its time is given back', async () => {
    const limits = createMemoryLimits(roomy)
    const late = deferred<Allowance>()
    const built = await build({ parts: { limits: { ...limits, take: () => late.promise, release: (lease) => limits.release(lease) } } })
    const waiting = built.admit({ token: good })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(reasonOf(await waiting)).toBe('dependency_unavailable')
    late.resolve(limits.take({ userId: '1', addressKey: client, endpoint: 'conversations', at: noon }, noon))
    expect(limits.openSockets).toBe(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(limits.openSockets).toBe(0)
  })

  test('[A21] an answer that fails after its time harms nobody', async () => {
    const late = deferred<Allowance>()
    const built = await build({ parts: { limits: { ...createMemoryLimits(roomy), take: () => late.promise } } })
    const waiting = built.admit({ token: good })
    await vi.advanceTimersByTimeAsync(1_000)
    await waiting
    late.reject(new Error('too late'))
    await vi.advanceTimersByTimeAsync(0)
    expect(built.capacity.load.inFlight).toBe(0)
  })
})

const soup = fc.dictionary(
  fc.oneof(
    fc.constantFrom('host', 'upgrade', 'connection', 'origin', 'authorization', 'sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'x-forwarded-for', 'forwarded', 'content-length', 'cookie', '__proto__', 'constructor'),
    fc.string(),
  ),
  fc.array(fc.oneof(fc.constantFrom('websocket', 'Upgrade', '13', 'Bearer x', `Bearer ${good}`, 'sallyport.v1, sallyport.bearer.x', 'null', '127.0.0.1:80', 'for="[::1]:8"'), fc.string({ unit: 'binary' })), { maxLength: 3 }),
  { noNullPrototype: false, maxKeys: 12 },
)
const anyHandshake: fc.Arbitrary<HandshakeChange> = fc.record(
  {
    method: fc.oneof(fc.constant('GET'), fc.string()),
    httpVersion: fc.oneof(fc.constant('1.1'), fc.string()),
    target: fc.oneof(fc.constantFrom('/ws/conversations/', chat, `/ws/conversations?token=${good}`, '/ws/?token=%', `/ws/?token=${good}&token=${good}`), fc.webPath(), fc.string({ unit: 'binary' })),
    peerAddress: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('::ffff:203.0.113.7', 'fe80::1%eth0', '010.0.0.1'), fc.string()),
    receivedAt: fc.oneof(fc.constant(noon), fc.integer({ min: 0, max: 8.64e15 })),
    headers: soup,
    token: fc.oneof(fc.constantFrom(good, forged, expired, unknownKey), fc.string(), fc.base64String()),
  },
  { requiredKeys: [] },
)

test('[A1] whatever a stranger sends, there is a decision with an id, and nothing stays in flight', async () => {
  const built = await build({ memberships: members, proxies: { trustedProxies: ['10.0.0.0/8'], forwarding: 'forwarded' } })
  let admitted = 0
  await fc.assert(
    fc.asyncProperty(anyHandshake, async (change) => {
      const decision = await built.admit(change)
      if (decision.outcome === 'admitted') admitted += 1
      else {
        expect(Object.keys(denials)).toContain(decision.denial.reason)
        expect(decision.denial.reason).not.toBe('internal_error')
        expect(decision.steps.at(-1)).toMatchObject({ name: decision.step, outcome: 'refused' })
      }
      expect(decision.id).toMatch(/^[0-9a-f-]{36}$/)
      expect(decision.path.length).toBeLessThanOrEqual(200)
      expect(built.capacity.load.inFlight).toBe(0)
      expect(built.limits.openSockets).toBe(admitted)
    }),
    { numRuns: 1_000 },
  )
})

test('the same handshakes of strangers are admitted often enough that the test above says something', async () => {
  const built = await build()
  const outcomes = new Set<string>()
  for (const change of fc.sample(anyHandshake, { numRuns: 1_000, seed: 7 })) outcomes.add((await built.admit(change)).outcome)
  expect([...outcomes].toSorted()).toEqual(['admitted', 'denied'])
})
