import { afterEach, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Decision } from './admission/decision.js'
import { handshakeOf, testSecret, tokenFor } from './admission/testing/staircase.js'
import { defaultLimits } from './admission/limits.js'
import { createGate } from './create-gate.js'
import type { GateOptions } from './gate-options.js'
import type { Gate } from './gate.js'
import { createMemoryBans } from './stores/memory/memory-bans.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'
import { createMemoryRevocations } from './stores/memory/memory-revocations.js'

const gates: Gate[] = []
afterEach(() => {
  for (const gate of gates.splice(0)) gate.stop()
})

const issuers = [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] as const
const made = async (options: Partial<GateOptions> = {}): Promise<Gate> => {
  const gate = await createGate({ issuers, lookupUser: (id) => ({ id, active: true }), ...options })
  gates.push(gate)
  return gate
}
const handshake = async (subject = '1', peerAddress = '203.0.113.7') =>
  handshakeOf({ receivedAt: Date.now(), peerAddress, token: await tokenFor({ subject, at: Date.now() }) })
const reasonOf = (decision: Decision): string => (decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason)

test('a gate needs an issuer and a way to find users, and admits at once', async () => {
  const gate = await made()
  const decision = await gate.admit(await handshake())
  expect(decision).toMatchObject({ outcome: 'admitted', endpoint: { name: 'any' }, principal: { user: { id: '1' } }, dialect: 'plain' })
  expect(gate.decisions.find(decision.id)).toEqual({ ...decision, steps: decision.steps })
})

test('a handshake with the headers of a request in place of its headersDistinct is not judged by their first letters', async () => {
  const gate = await made()
  const headers = { host: 'chat.example', authorization: 'Bearer secret' }
  const flat = Object.assign(await handshake(), { headers })
  await expect(gate.admit(flat)).rejects.toThrow('Cannot admit as "handshake.headers" must be the headersDistinct of a request')
  await expect(gate.explain(flat)).rejects.toThrow('Cannot explain as "handshake.headers" must be the headersDistinct of a request')
})

test('a token that did not come is missing, and one that is no text is invalid: both are answers, and no failures of the gate', async () => {
  const { identify } = await made()
  const ask = async (token: unknown): Promise<unknown> => await Reflect.apply(identify, undefined, [token])
  expect(await ask(undefined)).toEqual({ reason: 'token_missing' })
  expect(await ask(null)).toEqual({ reason: 'token_missing' })
  for (const token of [5, {}, ['a.b.c']]) expect(await ask(token)).toEqual({ reason: 'token_invalid', detail: 'it is no text' })
})

test('[T16] the allow-list of a gate is away when it does not answer as fast as a handshake needs it', async () => {
  const waits: number[] = []
  const gate = await made({
    deadlines: { allowListMs: 40 },
    allowList: {
      holding(_keys, deadline) {
        waits.push(deadline - Date.now())
        return Promise.resolve(new Set<string>())
      },
    },
  })
  expect(waits).toHaveLength(1)
  expect(waits[0]).toBeLessThanOrEqual(40)
  expect(gate.lists).toBe(true)
})

const numbers: Readonly<Record<string, (value: number) => Partial<GateOptions>>> = {
  'sessions.heartbeatMs': (heartbeatMs) => ({ sessions: { heartbeatMs } }),
  'sessions.pongMs': (pongMs) => ({ sessions: { pongMs } }),
  'sessions.maxBacklogBytes': (maxBacklogBytes) => ({ sessions: { maxBacklogBytes } }),
  'deadlines.handshakeMs': (handshakeMs) => ({ deadlines: { handshakeMs } }),
  'jwks.cooldownMs': (cooldownMs) => ({ jwks: { cooldownMs } }),
  'userCache.maxStaleMs': (maxStaleMs) => ({ userCache: { maxStaleMs } }),
  'decisions': (decisions) => ({ decisions }),
}
const absurd = [Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 31, 2 ** 32]
test.each(Object.keys(numbers))('H19: a gate is not made with a %s that is no bound, and its range is told', async (path) => {
  for (const value of absurd) await expect(made(numbers[path]?.(value)), String(value)).rejects.toThrow(new RegExp(`"${path}" must be a whole number from [01] to \\d+: current value is`))
})

test('H19: a WebSocketServer whose bound of a message would wrap is not used, and the range is told', async () => {
  const gate = await made()
  const use = (maxPayload: number) => () => gate.upgrade(new WebSocketServer({ noServer: true, maxPayload }), () => undefined)
  for (const maxPayload of [0, ...absurd]) expect(use(maxPayload), String(maxPayload)).toThrow(/"maxPayload" must be a whole number of bytes from 1 to 2147483647/)
  expect(use(65_536)).not.toThrow()
})

test('[L1] the limits that nobody configured', async () => {
  expect(defaultLimits).toEqual({
    userConnects: { max: 60, windowMs: 60_000 },
    addressConnects: { max: 1_200, windowMs: 60_000 },
    userSockets: 60,
    addressSockets: 2_000,
    nodeSockets: 20_000,
  })
  const gate = await made()
  const reasons: string[] = []
  const ask = await handshake()
  for (let index = 0; index < 61; index++) reasons.push(reasonOf(await gate.admit(ask)))
  expect(reasons.filter((reason) => reason === 'admitted')).toHaveLength(60)
  expect(reasons.at(-1)).toBe('rate_limited')
})

test('[L3] a full window says after how long the same attempt succeeds, and it does', async () => {
  const gate = await made({ limits: { userConnects: { max: 1, windowMs: 60_000 } } })
  const ask = await handshake()
  await gate.admit(ask)
  const second = await gate.admit({ ...ask, receivedAt: ask.receivedAt + 1_000 })
  expect(second).toMatchObject({ denial: { reason: 'rate_limited', retryAfterMs: 59_000 } })
  expect(reasonOf(await gate.admit({ ...ask, receivedAt: ask.receivedAt + 59_999 }))).toBe('rate_limited')
  expect(reasonOf(await gate.admit({ ...ask, receivedAt: ask.receivedAt + 60_000 }))).toBe('admitted')
})

test('[B1] a ban refuses every spelling of its address and nothing beside it', async () => {
  const gate = await made()
  const { ban, sockets } = await gate.bans.add({ kind: 'network', network: '::ffff:203.0.113.7' }, { reason: 'abuse', actor: 'grace' })
  expect([ban.subject, ban.source, ban.expiresAt, sockets]).toEqual([{ kind: 'network', network: '203.0.113.7' }, 'manual', undefined, 0])
  for (const peer of ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107']) expect(reasonOf(await gate.admit(await handshake('1', peer)))).toBe('address_banned')
  expect(reasonOf(await gate.admit(await handshake('1', '203.0.113.8')))).toBe('admitted')
  expect(gate.bans.findAddress('203.0.113.7')).toEqual(ban)
})

test('[B13] F4: networks that are never banned stay in while a wider one is out, and only a narrower ban puts an address of theirs out', async () => {
  const gate = await made({ neverBanned: ['203.0.113.0/28', '198.51.100.9'] })
  const ban = async (network: string) => gate.bans.add({ kind: 'network', network }, { reason: 'abuse', actor: 'grace', force: true })
  for (const network of ['203.0.113.0/24', '203.0.113.0/28', '198.51.100.9', '203.0.113.4']) await ban(network)
  const answers = ['203.0.113.3', '203.0.113.4', '203.0.113.15', '203.0.113.16', '198.51.100.9'].map(async (peer) => reasonOf(await gate.admit(await handshake('1', peer))))
  expect(await Promise.all(answers)).toEqual(['admitted', 'address_banned', 'admitted', 'address_banned', 'admitted'])
  await gate.bans.add({ kind: 'user', userId: '1' }, { reason: 'abuse', actor: 'grace' })
  expect(reasonOf(await gate.admit(await handshake('1', '203.0.113.3')))).toBe('user_banned')
})

test('[B13] a network that is never banned is an address or a CIDR range', async () => {
  await expect(made({ neverBanned: ['203.0.113'] })).rejects.toThrow(TypeError)
})

test('[B1] a ban ends at its own time', async () => {
  const gate = await made()
  const { ban } = await gate.bans.add({ kind: 'user', userId: '1' }, { reason: 'abuse', actor: 'grace', durationMs: 60_000 })
  const ask = await handshake()
  const ends = ban.expiresAt ?? 0
  expect(ends - ban.createdAt).toBe(60_000)
  expect(reasonOf(await gate.admit({ ...ask, receivedAt: ends - 1 }))).toBe('user_banned')
  expect(reasonOf(await gate.admit({ ...ask, receivedAt: ends }))).toBe('admitted')
})

test.each([Number.NaN, -1, 0, Number.POSITIVE_INFINITY])('[B1] a ban for %d ms would never be in force: it is refused, and the remedy told', async (durationMs) => {
  const gate = await made()
  const banned = gate.bans.add({ kind: 'network', network: '203.0.113.7' }, { reason: 'test', actor: 'test', durationMs })
  await expect(banned).rejects.toThrow(`"durationMs" must be a number of milliseconds above 0, or undefined for a ban without end: current value is ${String(durationMs)}`)
  expect(await gate.bans.list()).toEqual([])
})

/** What a program without types may give: an id as a number, or a time left out. */
const mistaken = <Given>(whole: Given, wrong: object): Given => Object.assign({}, whole, wrong)
const changedByNumber = async (gate: Gate): Promise<void> => {
  await Reflect.apply(gate.users.changed, gate.users, [1])
}
/** Calls a method with whatever it is given. */
const given = async (of: object, method: string, ...values: readonly unknown[]): Promise<void> => {
  const called: unknown = Reflect.get(of, method)
  if (typeof called === 'function') await Reflect.apply(called, of, values)
}
const ofUser = { kind: 'user', userId: '1' } as const
const moments = { before: 2_000_000_000_000, until: 3_000_000_000_000 }

test.each<readonly [string, (gate: Gate) => Promise<unknown>, string]>([
  ['bans.add', (gate) => gate.bans.add(mistaken(ofUser, { userId: 1 }), { reason: 'test', actor: 'test' }), 'Cannot ban as "userId" must be a text that is not empty: current value is 1'],
  ['bans.add', (gate) => gate.bans.add(mistaken(ofUser, { kind: 'ip' }), { reason: 'test', actor: 'test' }), '"subject.kind" must be network or user: current value is "ip"'],
  ['bans.add', (gate) => gate.bans.add(mistaken(ofUser, { kind: 'network' }), { reason: 'test', actor: 'test' }), '"network" must be an address or a CIDR range: current value is undefined'],
  ['bans.addAll', (gate) => gate.bans.addAll([{ subject: mistaken(ofUser, { userId: 1 }), reason: 'test', expiresAt: undefined }], { actor: 'test', source: 'import' }), '"userId" must be a text'],
  ['bans.addAll', (gate) => gate.bans.addAll([{ subject: ofUser, reason: 'test', expiresAt: Number.NaN }], { actor: 'test', source: 'import' }), '"expiresAt" must be a number of epoch milliseconds: current value is NaN'],
  ['bans.lift', (gate) => gate.bans.lift(mistaken(ofUser, { userId: 1 }), 'test'), 'Cannot lift a ban as "userId" must be a text'],
  ['revocations.add', (gate) => gate.revocations.add(mistaken({ ...ofUser, ...moments }, { userId: 1 }), 'test'), 'Cannot revoke as "userId" must be a text'],
  ['revocations.add', (gate) => gate.revocations.add(mistaken({ ...ofUser, ...moments }, { before: undefined }), 'test'), '"before" must be a number of epoch milliseconds: current value is undefined'],
  ['revocations.add', (gate) => gate.revocations.add({ kind: 'token', tokenId: 'a', until: Number.NaN }, 'test'), '"until" must be a number of epoch milliseconds: current value is NaN'],
  ['endSessions', (gate) => gate.endSessions(mistaken(ofUser, { userId: 1 })), 'Cannot end sessions as "userId" must be a text'],
  ['endSessions', (gate) => gate.endSessions(mistaken(ofUser, { kind: 'all' })), '"subject.kind" must be session or user: current value is "all"'],
  ['users.changed', (gate) => changedByNumber(gate), 'Cannot look at a user as "id" must be a text'],
  ['bans.add', (gate) => given(gate.bans, 'add', ofUser), 'Cannot ban as "about" must be an object with who acts, { actor }, and why: current value is undefined'],
  ['bans.add', (gate) => given(gate.bans, 'add', ofUser, { actor: 'test' }), 'Cannot ban as "reason" must be a text: current value is undefined'],
  ['bans.add', (gate) => given(gate.bans, 'add', ofUser, { reason: 'test' }), 'Cannot ban as "actor" must be a text that is not empty: current value is undefined'],
  ['bans.addAll', (gate) => given(gate.bans, 'addAll', 'x', { actor: 'test', source: 'import' }), 'Cannot ban as "bans" must be a list: current value is "x"'],
  ['bans.addAll', (gate) => given(gate.bans, 'addAll', [null], { actor: 'test', source: 'import' }), 'Cannot ban as "bans[0]" must be an object: current value is null'],
  ['bans.addAll', (gate) => given(gate.bans, 'addAll', [], undefined), '"about" must be an object'],
  ['bans.lift', (gate) => given(gate.bans, 'lift', ofUser), 'Cannot lift a ban as "actor" must be a text'],
  ['revocations.add', (gate) => given(gate.revocations, 'add', { ...ofUser, ...moments }), 'Cannot revoke as "actor" must be a text'],
  ['revocations.enforce', (gate) => given(gate.revocations, 'enforce', 5), '"revocation.kind" must be token or user: current value is 5'],
  // `exp` of a token is in seconds (RFC 7519 section 2): it would be over since 1970.
  ['revocations.add', (gate) => gate.revocations.add({ kind: 'token', tokenId: 'a', until: 1_800_000_000 }, 'test'), '"until" must be a number of epoch milliseconds, not of seconds: current value is 1800000000'],
  ['revocations.add', (gate) => gate.revocations.add({ ...ofUser, ...moments, before: 1_800_000_000 }, 'test'), '"before" must be a number of epoch milliseconds, not of seconds: current value is 1800000000'],
  ['bans.addAll', (gate) => gate.bans.addAll([{ subject: ofUser, reason: 'test', expiresAt: 1_800_000_000 }], { actor: 'test', source: 'import' }), '"expiresAt" must be a number of epoch milliseconds, not of seconds'],
])('%s of what would be kept and never found is refused, and nothing is kept', async (_name, change, said) => {
  const log = createMemoryControlLog()
  const gate = await made({ stores: { control: log, bans: createMemoryBans(log), revocations: createMemoryRevocations(log) } })
  await expect(change(gate)).rejects.toThrow(said)
  await expect(change(gate)).rejects.toThrow(TypeError)
  expect(await log.head()).toBe(0)
})

test.each([undefined, null, 'a secret', [null], ['a secret'], [[]]])('issuers that are replaced by %j are named, and those of before stay', async (next) => {
  const gate = await made()
  const said = 'Cannot replace the issuers as "issuers" must be a list of issuers, such as [{ profile, algorithms, secret }]'
  await expect(given(gate.issuers, 'replace', next)).rejects.toThrow(said)
  await expect(given(gate.issuers, 'replace', next)).rejects.not.toThrow('a secret')
  expect(reasonOf(await gate.admit(await handshake()))).toBe('admitted')
})

test.each<readonly [unknown, string]>([
  [undefined, '"request.headers" must be the headersDistinct of a request: current value is undefined'],
  [{ peerAddress: '203.0.113.7', path: '/' }, '"request.headers" must be the headersDistinct of a request: current value is undefined'],
  [{ headers: { authorization: 'Bearer secret' }, peerAddress: '203.0.113.7', path: '/' }, 'not its headers: "authorization" is no list'],
])('a ticket for what is no request with headers in lists is an error, not a missing token: %j', async (request, said) => {
  const gate = await made({ carriers: ['header', 'ticket'] })
  await expect(given(gate.tickets, 'issue', request)).rejects.toThrow(said)
  await expect(given(gate.tickets, 'issue', request)).rejects.not.toThrow('secret')
})

test('handshakes are not taken without somebody who takes the socket', async () => {
  const gate = await made()
  await expect(given(gate, 'upgrade', new WebSocketServer({ noServer: true }))).rejects.toThrow('Cannot take handshakes as "onSession" must be a function of the socket and its session: current value is undefined')
})

test('[B7] a lifted ban refuses nobody any more', async () => {
  const gate = await made()
  await gate.bans.add({ kind: 'network', network: '203.0.113.0/24' }, { reason: 'abuse', actor: 'grace' })
  expect(reasonOf(await gate.admit(await handshake()))).toBe('address_banned')
  expect(await gate.bans.lift({ kind: 'network', network: '203.0.113.0/24' }, 'grace')).toHaveLength(1)
  expect(await gate.bans.list()).toEqual([])
  expect(reasonOf(await gate.admit(await handshake()))).toBe('admitted')
})

test.each([
  ['0.0.0.0/0', ['everybody', 'loopback', 'trusted_proxy', 'allowed_network'], 'it holds every address of its family and it holds addresses of this machine itself'],
  ['127.0.0.0/8', ['wide_range', 'loopback'], 'it is wider than a /16 of IPv4 or a /32 of IPv6 and it holds addresses of this machine itself'],
  ['2000::/3', ['wide_range'], 'it is wider than a /16 of IPv4 or a /32 of IPv6'],
  ['::1', ['loopback'], 'it holds addresses of this machine itself'],
  ['10.1.0.0/16', ['trusted_proxy'], 'it holds a trusted proxy'],
  ['::ffff:192.0.2.7', ['allowed_network'], 'it holds addresses of bans.allow'],
])('[B15] a ban of %s takes force: without it nothing is kept and the error says why', async (network, dangers, why) => {
  const gate = await made({ proxies: { trustedProxies: ['10.1.2.3'], forwarding: 'x-forwarded-for' }, neverBanned: ['192.0.2.0/24'] })
  const subject = { kind: 'network', network } as const
  const refused = { name: 'DangerousBan', code: 'ERR_DANGEROUS_BAN', dangers, message: expect.stringContaining(`Cannot ban ${network} as ${why}`) }
  await expect(gate.bans.add(subject, { reason: 'abuse', actor: 'grace' })).rejects.toMatchObject(refused)
  const many = ['203.0.113.7', network].map((each) => ({ subject: { kind: 'network', network: each }, reason: 'list', expiresAt: undefined }) as const)
  await expect(gate.bans.addAll(many, { actor: 'grace', source: 'import' })).rejects.toMatchObject(refused)
  expect(await gate.bans.list()).toEqual([])

  await gate.bans.add(subject, { reason: 'abuse', actor: 'grace', force: true })
  expect((await gate.bans.addAll(many, { actor: 'grace', source: 'import', force: true })).bans).toHaveLength(2)
  expect(await gate.bans.list()).toHaveLength(3)
})

test('a ban of what is no network is refused, and one that cannot be kept changes nothing', async () => {
  const gate = await made()
  await expect(gate.bans.add({ kind: 'network', network: 'example.org' }, { reason: 'abuse', actor: 'grace' })).rejects.toThrow(TypeError)
  const control = createMemoryControlLog()
  const stores = { control, bans: { ...createMemoryBans(control), add: () => Promise.reject(new Error('away')) }, revocations: createMemoryRevocations(control) }
  const other = await made({ stores })
  await expect(other.bans.add({ kind: 'user', userId: '1' }, { reason: 'abuse', actor: 'grace' })).rejects.toThrow('away')
  expect(reasonOf(await other.admit(await handshake()))).toBe('admitted')
})

test('[B4] a revocation of everything of a user refuses the tokens of before, in time for the next handshake', async () => {
  const gate = await made()
  const ask = await handshake()
  await gate.revocations.add({ kind: 'user', userId: '1', before: Date.now() + 1_000, until: Date.now() + 3_600_000 }, 'grace')
  expect(reasonOf(await gate.admit(ask))).toBe('token_revoked')
})

test('[B5] a changed user is looked up again by the next handshake', async () => {
  let active = true
  const gate = await made({ lookupUser: (id) => ({ id, active }) })
  const ask = await handshake()
  expect(reasonOf(await gate.admit(ask))).toBe('admitted')
  active = false
  expect(reasonOf(await gate.admit(ask))).toBe('admitted')
  expect(await gate.users.changed('1')).toEqual({ sockets: 0 })
  expect(reasonOf(await gate.admit(ask))).toBe('user_disabled')
})

test('[B8] a ladder that is on bans by itself, and keeps the ban where all bans are kept', async () => {
  const laddered: string[] = []
  const gate = await made({ ladder: { mode: 'on', failures: 2 }, events: { laddered: ({ outcome }) => laddered.push(outcome) } })
  for (const token of ['forged.a.a', 'forged.b.b']) await gate.admit(handshakeOf({ receivedAt: Date.now(), token }))
  expect(laddered).toEqual(['ban'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(await gate.bans.list()).toMatchObject([{ source: 'ladder', actor: 'ladder', subject: { kind: 'network', network: '203.0.113.7' } }])
  expect(reasonOf(await gate.admit(await handshake('1')))).toBe('address_banned')
})

test('[B15] [E8] the ladder bans no /64 that holds a trusted proxy, whoever forges tokens beside it', async () => {
  const laddered: string[] = []
  const gate = await made({
    proxies: { trustedProxies: ['2001:db8::1'], forwarding: 'x-forwarded-for' },
    ladder: { mode: 'on', failures: 2 },
    events: { laddered: ({ outcome }) => laddered.push(outcome) },
  })
  const forge = async (peerAddress: string) => {
    for (const token of ['forged.a.a', 'forged.b.b']) await gate.admit(handshakeOf({ receivedAt: Date.now(), peerAddress, token }))
  }
  await forge('2001:db8::bad')
  expect(laddered).toEqual([])
  await forge('2001:db8:0:1::bad')
  expect(laddered).toEqual(['ban'])
})

test('[B8] a ladder whose earlier bans are handed to it goes on at the next rung', async () => {
  const log = createMemoryControlLog()
  const asked: number[] = []
  const gate = await made({
    ladder: { mode: 'on', failures: 2 },
    stores: {
      control: log,
      bans: createMemoryBans(log),
      revocations: createMemoryRevocations(log),
      ladderBans(since) {
        asked.push(since)
        return Promise.resolve([{ key: '203.0.113.7', createdAt: Date.now() - 30 * 3_600_000, endsAt: Date.now() - 6 * 3_600_000 }])
      },
    },
  })
  for (const token of ['forged.a.a', 'forged.b.b']) await gate.admit(handshakeOf({ receivedAt: Date.now(), token }))
  await new Promise((resolve) => setImmediate(resolve))
  const hours = (await gate.bans.list()).map(({ createdAt, expiresAt = 0 }) => (expiresAt - createdAt) / 3_600_000)
  expect(hours).toEqual([48])
  expect(asked.map((since) => Math.round((Date.now() - since) / 86_400_000))).toEqual([30])
})

test('[B7] [B8] an address whose ban is lifted in another process begins again at the first rung here too', async () => {
  const log = createMemoryControlLog()
  const stores = { control: log, bans: createMemoryBans(log), revocations: createMemoryRevocations(log), pollMs: 5 }
  const [gate, other] = [await made({ ladder: { mode: 'on', failures: 2 }, stores }), await made({ stores })]
  const forge = async () => {
    for (const token of ['forged.a.a', 'forged.b.b']) await gate.admit(handshakeOf({ receivedAt: Date.now(), token }))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await forge()
  expect(await other.bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace')).toHaveLength(1)
  await expect.poll(() => gate.bans.findAddress('203.0.113.7')).toBeUndefined()
  await forge()
  const hours = (await gate.bans.list()).map(({ createdAt, expiresAt = 0 }) => (expiresAt - createdAt) / 3_600_000)
  expect(hours).toEqual([24])
})

test('[A8] a draining gate admits nobody', async () => {
  const gate = await made()
  expect(await gate.drain(1)).toBe(0)
  expect(gate.load.draining).toBe(true)
  expect(reasonOf(await gate.admit(await handshake()))).toBe('draining')
})

test.each<readonly [string, () => unknown, string]>([
  ['true at once', () => true, 'admitted'],
  ['true later', async () => true, 'admitted'],
  ['false at once', () => false, 'not_found'],
  ['nothing', async () => undefined, 'not_found'],
  ['an empty result of a query', async () => ({ rows: [] }), 'dependency_unavailable'],
  ['a text', async () => 'false', 'dependency_unavailable'],
])('[A15] memberships that answer %s let in whom they mean, and who answers neither yes nor no is a failure', async (_name, mayEnter, said) => {
  const memberships = mistaken({ mayEnter: async () => false }, { mayEnter })
  const gate = await made({ endpoints: [{ name: 'chat', path: '/chat/:conversation/' }], memberships })
  expect(reasonOf(await gate.admit({ ...(await handshake()), target: '/chat/7/' }))).toBe(said)
})

test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, -1])('[A8] a drain over %j ms has no end: it is refused and drains nobody', async (overMs) => {
  const gate = await made()
  const drained = async (): Promise<void> => {
    await Reflect.apply(gate.drain, gate, [overMs])
  }
  await expect(drained()).rejects.toThrow(`Cannot drain as "overMs" must be a number of milliseconds from 0: current value is ${String(overMs)}`)
  expect(gate.load.draining).toBe(false)
})

test('[A20] an explanation is not kept, not told and not counted', async () => {
  let decided = 0
  const gate = await made({ limits: { userConnects: { max: 1, windowMs: 60_000 } }, events: { decided: () => (decided += 1) } })
  const ask = await handshake()
  for (let index = 0; index < 10; index++) expect(reasonOf(await gate.explain(ask))).toBe('admitted')
  expect([gate.decisions.size, decided]).toEqual([0, 0])
  await gate.admit(ask)
  expect([gate.decisions.size, decided, reasonOf(await gate.explain(ask))]).toEqual([1, 1, 'rate_limited'])
})

test('[A17] a lookupUser that throws or rejects is a store that is away', async () => {
  const failing = [
    () => {
      throw new Error('no database')
    },
    () => Promise.reject(new Error('no database')),
  ]
  for (const lookupUser of failing) {
    const gate = await made({ lookupUser })
    expect(await gate.admit(await handshake())).toMatchObject({ denial: { reason: 'dependency_unavailable', detail: 'users: no database' } })
  }
})

test('the policy version changes with the rules and shows no secret', async () => {
  const versionOf = async (options: Partial<GateOptions> = {}) => {
    const gate = await made(options)
    return (await gate.admit(await handshake())).policyVersion
  }
  const version = await versionOf()
  expect(version).toMatch(/^[0-9a-f]{12}$/)
  expect(await versionOf()).toBe(version)
  expect(await versionOf({ origins: ['https://app.example'] })).not.toBe(version)
  expect(await versionOf({ issuers: [{ ...issuers[0], secret: `${testSecret} but another one` }] })).toBe(version)
})

test.each([
  ['an endpoint without slashes', { endpoints: [{ name: 'x', path: 'ws' }] }, RangeError],
  ['a limit of nothing', { limits: { userSockets: 0 } }, RangeError],
  ['a proxy that is a name', { proxies: { trustedProxies: ['proxy.example'], forwarding: 'x-forwarded-for' } }, TypeError],
  ['no issuer', { issuers: [] }, TypeError],
  ['a weak secret', { issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: 'secret' }] }, RangeError],
] as const)('%s is refused at creation', async (_name, options, kind) => {
  await expect(made(options)).rejects.toThrow(kind)
})

test.each([
  ['capacity', { capacity: { hysteresis: 2 } }],
  ['issuers', { issuers: [] }],
  ['proxies', { proxies: { trustedProxies: ['proxy.example'], forwarding: 'x-forwarded-for' } }],
  ['addressBudget', { addressBudget: { capacity: 0 } }],
] as const)('a gate that is not created because of its %s leaves no timer behind', async (_name, options) => {
  vi.useFakeTimers()
  try {
    await expect(made(options)).rejects.toThrow('Cannot')
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('[B6] a gate that never knew the bans is not created', async () => {
  const control = createMemoryControlLog()
  const bans = { ...createMemoryBans(control), page: () => Promise.reject(new Error('away')) }
  await expect(made({ stores: { control, bans, revocations: createMemoryRevocations(control) } })).rejects.toThrow('away')
})

test('[A27] a gate that takes cookies must name its pages', async () => {
  for (const origins of [undefined, []]) {
    await expect(made({ carriers: ['cookie'], ...(origins === undefined ? {} : { origins }) })).rejects.toThrow('Cannot create a gate as "origins" must name your pages when "carriers" has cookie')
  }
})
