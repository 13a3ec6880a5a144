import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { handshakeOf, testSecret, tokenFor } from '../../dist/admission/testing/staircase.js'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import type { Decision } from '../../dist/admission/decision.js'
import { createGate } from '../../dist/create-gate.js'
import type { GateOptions } from '../../dist/gate-options.js'
import type { Gate } from '../../dist/gate.js'
import { bearer, knock } from '../server/knock.js'
import { serve, type Environment, type Serving } from '../server/run-cli.js'
import { twoServers } from '../server/two-servers.js'

const gates: Gate[] = []
afterEach(() => {
  for (const gate of gates.splice(0)) gate.stop()
})

const made = async (options: Partial<GateOptions> = {}): Promise<Gate> => {
  const issuers = [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] as const
  const gate = await createGate({ issuers, lookupUser: (id) => ({ id, active: true }), ...options })
  gates.push(gate)
  return gate
}

const about = { reason: 'abuse', actor: 'grace' }
const reasonOf = (decision: Decision): string => (decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason)
const askFrom = async (gate: Gate, peerAddress: string, subject = '1'): Promise<string> =>
  reasonOf(await gate.admit(handshakeOf({ receivedAt: Date.now(), peerAddress, token: await tokenFor({ subject, at: Date.now() }) })))

test('[A6] [B7] F1: a banned address is refused before its token is verified or a user looked for, and lifting lets it in at once', async () => {
  const lookupUser = vi.fn((id: string) => ({ id, active: true }))
  const gate = await made({ lookupUser })
  const { ban } = await gate.bans.add({ kind: 'network', network: '203.0.113.7' }, { ...about, durationMs: 3_600_000 })
  const forged = `${await tokenFor({ at: Date.now() })}x`
  const decision = await gate.admit(handshakeOf({ receivedAt: Date.now(), token: forged }))
  expect(decision).toMatchObject({ outcome: 'denied', step: 'address_ban', denial: { reason: 'address_banned', detail: `ban ${ban.id}` } })
  expect(await askFrom(gate, '203.0.113.7')).toBe('address_banned')
  expect(lookupUser).not.toHaveBeenCalled()
  await gate.bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace')
  expect(await askFrom(gate, '203.0.113.7')).toBe('admitted')
})

test.each([
  ['203.0.113.7', ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:203.0.113.7', '::ffff:cb00:7107', '0:0:0:0:0:ffff:cb00:7107']],
  ['2001:db8::1', ['2001:db8::1', '2001:DB8::1', '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0:0::1', '2001:db8::0.0.0.1']],
])('[B1] F2: %s is banned in every spelling, and its neighbours are not', async (banned, spellings) => {
  const gate = await made()
  await gate.bans.add({ kind: 'network', network: banned }, about)
  for (const peer of spellings) expect(await askFrom(gate, peer)).toBe('address_banned')
  for (const peer of ['203.0.113.6', '203.0.113.8', '2001:db8::2', '2001:db8:1::1']) expect(await askFrom(gate, peer)).toBe('admitted')
})

test.each([
  ['203.0.113.0/24', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
  ['203.0.113.7/32', ['203.0.113.7'], ['203.0.113.6', '203.0.113.8']],
  ['198.51.100.128/25', ['198.51.100.128', '198.51.100.255'], ['198.51.100.127', '198.51.101.0']],
  ['2001:db8:1::/48', ['2001:db8:1::', '2001:db8:1:ffff:ffff:ffff:ffff:ffff'], ['2001:db8:0:ffff:ffff:ffff:ffff:ffff', '2001:db8:2::']],
])('[B1] F4: a ban of %s holds its first and its last address and neither neighbour', async (network, inside, outside) => {
  const gate = await made()
  await gate.bans.add({ kind: 'network', network }, about)
  for (const peer of inside) expect(await askFrom(gate, peer)).toBe('address_banned')
  for (const peer of outside) expect(await askFrom(gate, peer)).toBe('admitted')
})

test('[B2] F8: a new user, agent, port, sub-protocol or header does not get past the ban of an address, nor a new address past that of a user', async () => {
  const gate = await made()
  await gate.bans.add({ kind: 'network', network: '203.0.113.7' }, about)
  await gate.bans.add({ kind: 'user', userId: '1' }, about)
  const token = await tokenFor({ subject: '2', at: Date.now() })
  const evasions = [
    { token },
    { token, headers: { 'user-agent': ['another'] } },
    { token, headers: { 'x-forwarded-for': ['198.51.100.1'], 'x-real-ip': ['198.51.100.1'], 'forwarded': ['for=198.51.100.1'] } },
    { headers: { 'sec-websocket-protocol': [`sallyport.v1, sallyport.bearer.${token}`] } },
    { target: `/ws/other/?token=${token}` },
  ]
  for (const evasion of evasions) expect(reasonOf(await gate.admit(handshakeOf({ receivedAt: Date.now(), ...evasion })))).toBe('address_banned')
  for (const peer of ['203.0.113.8', '2001:db8::1']) expect(await askFrom(gate, peer, '1')).toBe('user_banned')
})

describe('two servers on one database', () => {
  const secret = randomBytes(64).toString('base64url')
  // What is asked here, as fast as the machine can, is when a ban begins and ends: no limit may answer instead.
  const env: Environment = {
    SALLYPORT_TOKENS_SECRET: secret,
    SALLYPORT_REFUSALS: 'http',
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
    SALLYPORT_LIMITS_USER_CONNECTS_MAX: '1000000',
    SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: '1000000',
    SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '1000000',
  }
  const nodes = twoServers(env)
  let token: string
  beforeAll(async () => {
    token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() })
  })

  const statusFrom = async (server: Serving, address: string): Promise<number> => {
    const answer = await knock(`${server.socketUrl}/ws/`, { headers: { ...bearer(token).headers, 'x-forwarded-for': address } })
    if ('next' in answer) await answer.close()
    return answer.status
  }
  /** Asks until the server answers so: milliseconds after `from` at which it was last asked in vain, and at which it first answered so. */
  const until = async (server: Serving, address: string, status: number, from: number): Promise<{ readonly inVain: number; readonly answered: number }> => {
    for (let inVain = -Infinity; ; ) {
      const asked = Date.now() - from
      const last = await statusFrom(server, address)
      if (last === status) return { inVain, answered: Date.now() - from }
      if (asked > 30_000) throw new Error(`still ${last}, not ${status}`)
      inVain = asked
    }
  }
  const key = async (): Promise<string> => (await readFile(`${nodes.cwd}/.sallyport/operator.key`, 'utf8')).trim()
  const banFor = async (network: string, durationMs: number): Promise<number> => {
    const response = await fetch(`${nodes.here.internalUrl}/api/v1/bans`, {
      method: 'POST',
      headers: { 'Authorization': `Bearer ${await key()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ network, reason: 'short', durationMs }),
    })
    return z.object({ ban: z.object({ expiresAt: z.number() }) }).parse(await response.json()).ban.expiresAt
  }

  test('[B1] [B6] F9: a ban of two seconds is in force on both within one, and over on both within a second of its end, not before', async () => {
    const expiresAt = await banFor('203.0.113.7', 2_000)
    const madeAt = expiresAt - 2_000
    for (const server of [nodes.here, nodes.there]) expect((await until(server, '203.0.113.7', 403, madeAt)).inVain).toBeLessThan(1_000)
    for (const { inVain, answered } of await Promise.all([nodes.here, nodes.there].map((server) => until(server, '203.0.113.7', 101, expiresAt)))) {
      expect(answered).toBeGreaterThanOrEqual(0)
      expect(inVain).toBeLessThan(1_000)
    }
  })

  test('[B16] F9: on a node whose clock is ahead a ban begins and is lifted as elsewhere, and ends earlier by as much as the clocks differ', async () => {
    const aheadMs = 2_000
    // The clock of one process, its workers included.
    const clock = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${String(aheadMs)}`
    const ahead = await serve(['serve'], nodes.cwd, { ...env, NODE_OPTIONS: `--import=${clock.replaceAll(' ', '%20')}` })
    try {
      const expiresAt = await banFor('203.0.113.20', 5_000)
      const madeAt = expiresAt - 5_000
      for (const server of [nodes.here, nodes.there, ahead]) expect((await until(server, '203.0.113.20', 403, madeAt)).inVain).toBeLessThan(1_000)
      const early = await until(ahead, '203.0.113.20', 101, expiresAt)
      expect(early.answered).toBeGreaterThanOrEqual(-aheadMs)
      expect(early.inVain).toBeLessThan(-aheadMs + 1_000)
      // By its own clock everybody is right.
      if (Date.now() < expiresAt - 1_000) expect(await statusFrom(nodes.here, '203.0.113.20')).toBe(403)
      for (const server of [nodes.here, nodes.there]) expect((await until(server, '203.0.113.20', 101, expiresAt)).answered).toBeGreaterThanOrEqual(0)

      // What begins or is lifted needs no clock, whoever does it.
      expect((await nodes.here.run(['ban', 'add', '203.0.113.21', '--forever'])).code).toBe(0)
      const bannedAt = Date.now()
      expect((await until(ahead, '203.0.113.21', 403, bannedAt)).inVain).toBeLessThan(1_000)
      expect((await ahead.run(['ban', 'lift', '203.0.113.21'])).code).toBe(0)
      const liftedAt = Date.now()
      for (const server of [nodes.here, nodes.there]) expect((await until(server, '203.0.113.21', 101, liftedAt)).inVain).toBeLessThan(1_000)
    } finally {
      await ahead.stop()
    }
  })

  test('[B9] F4 L11: a ban of everybody or of this machine needs force', async () => {
    for (const network of ['0.0.0.0/0', '::/0', '127.0.0.0/8']) {
      expect(await nodes.here.run(['ban', 'add', network, '--reason', 'x', '--yes'])).toMatchObject({ code: expect.toSatisfy((code: unknown) => code !== 0) })
      expect(await statusFrom(nodes.here, '203.0.113.9')).toBe(101)
    }
  })
})
