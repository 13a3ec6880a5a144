import { dryRunRules, type Decision } from '../../../admission/decision.js'
import type { Handshake } from '../../../admission/handshake.js'
import type { Lease } from '../../../admission/limits.js'
import { StoreUnavailable } from '../../../admission/store-unavailable.js'
import { mintToken } from '../../../admission/token/mint-token.js'
import { testSecret } from '../../../admission/testing/staircase.js'
import type { User } from '../../../admission/user.js'
import { createGate } from '../../../create-gate.js'
import type { Gate } from '../../../gate.js'
import type { Config } from '../../config/config.js'
import { gateLimits } from '../../gate-limits.js'
import { loadConfig } from '../../config/load-config.js'
import { serverEndpoints } from '../../endpoints.js'
import { decisionReport } from '../../reports.js'
import { createDice, type Dice } from '../../seed/dice.js'

/** A configuration of these keys and nothing else. */
export const configOf = async (flags: Readonly<Record<string, unknown>>): Promise<Config> =>
  (await loadConfig({ mode: 'tool', env: {}, cwd: '/nowhere', flags })).config

const classicSecret = 'the white stork stands on the roof until all the chimneys of town are cold'

const users = new Map<string, User>([
  ['1', { id: '1', active: true }],
  ['2', { id: '2', active: true, role: 'admin', epoch: 3 }],
  ['3', { id: '3', active: true, role: 'customer' }],
  ['4', { id: '4', active: false }],
  ['6', { id: '6', active: true }],
])

/** A gate as a server of this configuration has it. */
export const gateOf = async (config: Config, decided: (decision: Decision) => void): Promise<Gate> =>
  await createGate({
    issuers: [
      { profile: 'standard', algorithms: ['HS512'], secret: testSecret },
      { profile: 'classic', algorithms: ['HS512'], secret: classicSecret, allowListPrefix: 'old:' },
    ],
    allowList: {
      holding(keys) {
        const [key = ''] = keys
        if (key.endsWith('0')) return Promise.reject(new StoreUnavailable('allow_list', 'it did not answer'))
        return Promise.resolve(new Set(/[1-9]$/.test(key) ? keys : []))
      },
    },
    lookupUser(id) {
      if (id === 'away') throw new StoreUnavailable('users', 'it did not answer')
      return users.get(id)
    },
    carriers: config.carriers,
    cookieName: config.cookieName,
    origins: config.origins ?? [],
    requireOrigin: config.requireOrigin,
    ...(config.hosts === undefined ? {} : { hosts: config.hosts }),
    proxies: { trustedProxies: config.trustedProxies, forwarding: config.forwarding },
    endpoints: serverEndpoints,
    memberships: { mayEnter: (userId, conversation) => Promise.resolve(conversation.startsWith(userId)) },
    limits: gateLimits(config),
    dryRun: dryRunRules.filter((rule) => config.dryRun.includes(rule)),
    addressBudget: config.limits.addressBudget,
    ladder: { mode: 'dry-run', failures: 3 },
    dialect: 'classic.v2',
    events: { decided },
  })

const hops = ['203.0.113.9', '198.51.100.4', '10.0.0.2', '2001:db8::1', 'unknown', '203.0.113.8:1234', '"[2001:db8::2]:80"']

/** Handshakes of every kind: good ones, and whatever each stair refuses. */
const createTraffic = async (seed: number, startAt: number): Promise<{ readonly dice: Dice; next(): Handshake }> => {
  const dice = createDice(seed)
  const tokens: string[] = []
  for (const subject of ['1', '2', '3', '4', '5', '6', 'away', 'banned'])
    tokens.push(await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject, lifetimeMs: 3_600_000, at: startAt, ...(subject === '2' && dice.chance(50) ? { epoch: 1 } : {}) }))
  tokens.push(await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: '1', lifetimeMs: 3_600_000, at: startAt, tokenId: 'revoked' }))
  tokens.push(await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: '1', lifetimeMs: 1_000, at: startAt }))
  for (let index = 0; index < 24; index += 1)
    tokens.push(await mintToken({ profile: 'classic', algorithm: 'HS512', secret: classicSecret, subject: dice.pick(['1', '6', 'banned']), lifetimeMs: 3_600_000, at: startAt, extra: { number: index } }))
  let at = startAt
  const token = (): string => (dice.chance(12) ? `forged-${dice.below(50)}` : dice.chance(6) ? `${dice.pick(tokens)}x` : dice.chance(50) ? (tokens[0] ?? '') : dice.pick(tokens))
  return {
    dice,
    next() {
      at += dice.below(40)
      const query: string[] = []
      const headers: Record<string, readonly string[]> = {
        host: [dice.chance(95) ? 'gate.example' : 'other.example'],
        connection: ['Upgrade'],
        upgrade: [dice.chance(98) ? 'websocket' : 'h2c'],
        'sec-websocket-version': ['13'],
        'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='],
      }
      if (dice.chance(60)) headers['origin'] = [dice.chance(90) ? 'https://app.example' : dice.pick(['null', 'https://other.example'])]
      if (dice.chance(70)) headers['authorization'] = [dice.chance(97) ? `Bearer ${token()}` : 'Basic dXNlcjpwYXNz']
      if (dice.chance(12)) query.push(`token=${token()}`)
      if (dice.chance(3)) query.push(`ticket=${dice.id()}`)
      if (dice.chance(5)) query.push('v=1')
      if (dice.chance(10)) headers['sec-websocket-protocol'] = [dice.chance(50) ? 'sallyport.v1' : `sallyport.v1, sallyport.bearer.${token()}`]
      if (dice.chance(15)) headers['cookie'] = [dice.chance(80) ? `a=b; __Host-sallyport=${token()}` : '__Host-sallyport=a; __Host-sallyport=b']
      const peerAddress = dice.pick(['203.0.113.7', '203.0.113.8', '10.0.0.1', '10.0.0.2', '2001:db8::7', '198.51.100.66'])
      if (dice.chance(80)) headers['x-forwarded-for'] = [Array.from({ length: 1 + dice.below(3) }, () => dice.pick(hops)).join(', ')]
      if (dice.chance(20)) headers['forwarded'] = [Array.from({ length: 1 + dice.below(2) }, () => `for=${dice.pick(hops)}`).join(', ')]
      if (dice.chance(20)) headers['x-real-ip'] = [dice.pick(hops)]
      const path = dice.pick(['/ws/', '/ws', '/ws/conversations/', '/ws/customers', '/ws/chat/1abc/', '/ws/chat/9zz/', '/nowhere/', `/${'x'.repeat(300)}`, '/ws/', '/ws/'])
      return { receivedAt: at, method: dice.chance(99) ? 'GET' : 'POST', httpVersion: '1.1', target: query.length === 0 ? path : `${path}?${query.join('&')}`, headers, peerAddress }
    },
  }
}

/** What `sallyport tail --json` would have printed of so many handshakes to a gate of this configuration. */
export const recordTraffic = async (config: Config, seed: number, count: number): Promise<readonly string[]> => {
  const lines: string[] = []
  const gate = await gateOf(config, (decision) => lines.push(JSON.stringify(decisionReport(decision))))
  const traffic = await createTraffic(seed, Date.now())
  const about = { reason: 'test', actor: 'test' }
  try {
    await gate.bans.add({ kind: 'network', network: '198.51.100.0/24' }, about)
    await gate.bans.add({ kind: 'user', userId: 'banned' }, about)
    await gate.revocations.add({ kind: 'token', tokenId: 'revoked', until: Date.now() + 3_600_000 }, 'test')
    const held: Lease[] = []
    for (let index = 0; index < count; index += 1) {
      const decision = await gate.admit(traffic.next())
      if (decision.outcome === 'admitted') held.push(decision.lease)
      const leaves = traffic.dice.chance(6) ? held.shift() : undefined
      if (leaves !== undefined) gate.limits.release(leaves)
    }
  } finally {
    gate.stop()
  }
  return lines
}
