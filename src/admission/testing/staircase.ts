import { createBudgets, type BudgetsConfig } from '../budgets.js'
import { createProxies, type ProxiesConfig } from '../address/proxies.js'
import { admit, type Mode } from '../admit.js'
import type { AllowList } from '../allow-list.js'
import { createBanSet } from '../ban-set.js'
import { createCapacity, type CapacityConfig } from '../capacity.js'
import type { Decision, DryRunRule } from '../decision.js'
import type { EndpointRule } from '../endpoint.js'
import type { Handshake, Headers } from '../handshake.js'
import { createLadder, type LadderConfig, type LadderVerdict } from '../ladder.js'
import type { Limits } from '../limits.js'
import { createRevocationSet } from '../revocation-set.js'
import { defaultDeadlines, type Rules, type StepDeadlines } from '../rules.js'
import { defaultCarriers, defaultCookieName, type Carrier } from '../steps/credential.js'
import { createEndpointTable } from '../steps/endpoints.js'
import { createTickets } from '../tickets.js'
import { createVerifier } from '../token/create-verifier.js'
import type { IssuerConfig } from '../token/issuer.js'
import { mintToken, type MintOptions } from '../token/mint-token.js'
import type { Memberships } from '../topic.js'
import { createUserCache, defaultUserCache } from '../user-cache.js'
import type { User, Users } from '../user.js'

/** The moment at which handshakes arrive that say nothing else. */
export const noon = Date.UTC(2026, 0, 15, 12)

/** Known to everybody who reads this: for tests only. */
export const testSecret = 'the grey heron waits by the river until seventy small fish come back again'

/** A token of user 1, good at noon and for an hour, unless it is made otherwise. */
export const tokenFor = async (change: Partial<MintOptions> = {}): Promise<string> =>
  mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: '1', lifetimeMs: 3_600_000, at: noon, ...change })

export interface HandshakeChange extends Partial<Omit<Handshake, 'headers'>> {
  /** Laid over the headers of a good handshake; `undefined` takes one away. */
  readonly headers?: Headers
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
}

/** A good handshake, written by hand, with changes. */
export const handshakeOf = ({ headers, token, ...rest }: HandshakeChange = {}): Handshake => ({
  receivedAt: noon,
  method: 'GET',
  httpVersion: '1.1',
  target: '/ws/conversations/',
  peerAddress: '203.0.113.7',
  headers: {
    'host': ['gate.example'],
    'connection': ['Upgrade'],
    'upgrade': ['websocket'],
    'sec-websocket-version': ['13'],
    'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='],
    ...(token === undefined ? {} : { authorization: [`Bearer ${token}`] }),
    ...headers,
  },
  ...rest,
})

export interface StaircaseOptions {
  readonly issuers?: readonly IssuerConfig[]
  readonly users?: readonly User[]
  /** Stands in for the table of `users`. */
  readonly find?: Users['find']
  readonly hosts?: readonly string[]
  readonly proxies?: ProxiesConfig
  readonly refuseForwarded?: boolean
  readonly budget?: BudgetsConfig
  readonly capacity?: CapacityConfig
  readonly ladder?: Partial<LadderConfig>
  readonly endpoints?: readonly EndpointRule[]
  readonly origins?: readonly string[]
  readonly requireOrigin?: boolean
  readonly carriers?: readonly Carrier[]
  readonly dryRun?: readonly DryRunRule[]
  readonly dialect?: Rules['plainDialect']
  readonly memberships?: Memberships
  readonly allowList?: AllowList
  readonly lobby?: Rules['lobby']
  readonly developmentUserId?: string
  readonly deadlines?: Partial<StepDeadlines>
  /** Replaces whole parts, for what no real part does. */
  readonly parts?: Partial<Rules>
}

const someUsers: readonly User[] = [
  { id: '1', active: true },
  { id: '2', active: true, role: 'admin', epoch: 3 },
  { id: '3', active: true, role: 'customer' },
  { id: '4', active: false },
]

const someEndpoints: readonly EndpointRule[] = [
  { name: 'conversations', path: '/ws/conversations/', roles: ['owner', 'admin', 'agent'] },
  { name: 'chat', path: '/ws/chat/:conversation/' },
]

/**
 * Builds the staircase of real parts, each of which writes its name into `touched` when it is asked.
 *
 * @param limits - The memory limits: a test hands them in, because this room does not know any store.
 */
export const createStaircase = async (limits: Limits, options: StaircaseOptions = {}) => {
  const touched: string[] = []
  const touching =
    <Arguments extends unknown[], Result>(part: string, act: (...rest: Arguments) => Result) =>
    (...rest: Arguments): Result => {
      touched.push(part)
      return act(...rest)
    }
  const clock = { at: noon }
  const loop = { delayMs: 0, stop: () => undefined }
  const bans = createBanSet()
  const revocations = createRevocationSet()
  const budget = createBudgets(options.budget)
  const capacity = createCapacity(options.capacity, loop)
  const ladder = createLadder({ mode: 'dry-run', ...options.ladder })
  const verdicts: LadderVerdict[] = []
  const endpoints = createEndpointTable(options.endpoints ?? someEndpoints)
  const verifier = await createVerifier({
    issuers: options.issuers ?? [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    now: () => noon,
  })
  const tickets = createTickets()
  const table = new Map((options.users ?? someUsers).map((user) => [user.id, user]))
  const find: Users['find'] = options.find ?? ((id) => Promise.resolve(table.get(id)))
  const users = createUserCache({ find: touching('users', find) }, defaultUserCache, () => clock.at)
  const { memberships } = options

  const rules: Rules = {
    policyVersion: 'test',
    dryRun: new Set(options.dryRun),
    hosts: options.hosts && new Set(options.hosts),
    proxies: createProxies(options.proxies ?? { trustedProxies: [], forwarding: 'x-forwarded-for' }),
    refuseForwarded: options.refuseForwarded ?? false,
    bans: { findAddress: touching('address bans', bans.findAddress), findUser: touching('user bans', bans.findUser) },
    budget: {
      reserve: touching('budget', budget.reserve),
      peek: touching('budget, looking', budget.peek),
      charge: touching('charge', budget.charge),
    },
    capacity: {
      check: touching('capacity', capacity.check),
      enter: capacity.enter,
      leave: capacity.leave,
      get load() {
        return capacity.load
      },
    },
    endpoints: { match: touching('endpoints', endpoints.match), rolesOf: endpoints.rolesOf },
    origins: { allowed: options.origins && new Set(options.origins), required: options.requireOrigin ?? false },
    carriers: new Set(options.carriers ?? defaultCarriers),
    cookieName: defaultCookieName,
    foreignSubprotocols: (options.dialect ?? 'plain') === 'plain',
    plainDialect: options.dialect ?? 'plain',
    tickets,
    lobby: options.lobby,
    verifier: { verify: touching('verifier', verifier.verify), cached: touching('verified tokens', verifier.cached) },
    ladder: { failed: touching('ladder', ladder.failed), admitted: touching('ladder, admitted', ladder.admitted) },
    laddered: (verdict) => {
      verdicts.push(verdict)
    },
    revocations: { find: touching('revocations', revocations.find) },
    allowList: options.allowList && { holding: touching('allow-list', options.allowList.holding) },
    users,
    memberships: memberships && { mayEnter: touching('memberships', memberships.mayEnter.bind(memberships)) },
    limits: { take: touching('limits', limits.take), peek: touching('limits, looking', limits.peek), release: limits.release },
    developmentUserId: options.developmentUserId,
    deadlines: { ...defaultDeadlines, ...options.deadlines },
    ...options.parts,
  }

  return {
    touched,
    clock,
    loop,
    rules,
    bans,
    revocations,
    budget,
    capacity,
    tickets,
    verdicts,
    users,
    admit: async (change: HandshakeChange = {}, mode: Mode = 'live'): Promise<Decision> => await admit(handshakeOf(change), rules, mode),
  }
}

export type Staircase = Awaited<ReturnType<typeof createStaircase>>
