import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { mintToken } from './admission/token/mint-token.js'
import { StoreUnavailable } from './admission/store-unavailable.js'
import { handshakeOf, testSecret } from './admission/testing/staircase.js'
import { createClassic } from './create-classic.js'
import { createGate } from './create-gate.js'
import type { GateOptions } from './gate-options.js'
import type { Gate } from './gate.js'
import { createMemoryBans } from './stores/memory/memory-bans.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'
import { createMemoryRevocations } from './stores/memory/memory-revocations.js'

const hour = 3_600_000
const noon = Date.UTC(2026, 0, 15, 12)
const gates: Gate[] = []
beforeEach(() => {
  vi.useFakeTimers({ now: noon, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  for (const gate of gates.splice(0)) gate.stop()
})

const issuers = [{ profile: 'classic', algorithms: ['HS512'], secret: testSecret }] as const
const table = new Map([
  ['1', { id: '1', active: true, name: 'Sara' }],
  ['2', { id: '2', active: false, name: 'Omid' }],
])
const made = async (options: Partial<GateOptions<{ id: string; active: boolean; name: string }>> = {}) => {
  const gate = await createGate({ issuers, lookupUser: (id) => table.get(id), ...options })
  gates.push(gate)
  return { gate, classic: createClassic(gate) }
}
const token = (subject = '1', at = noon): Promise<string> =>
  mintToken({ profile: 'classic', algorithm: 'HS512', secret: testSecret, subject, lifetimeMs: 7 * 24 * hour, at })
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** What the mint never makes. */
const signed = (claims: object): string => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part(claims)}`
  return `${body}.${createHmac('sha512', testSecret).update(body).digest('base64url')}`
}
const forged = (good: string): string => `${good.slice(0, -4)}${good.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`

describe('tokens by their old names', () => {
  test('a good token is good, says what it says and names its user', async () => {
    const { classic } = await made()
    const good = await token()
    expect(await classic.validateToken(good)).toBe(true)
    expect(await classic.claimToken(good)).toMatchObject({ user_id: '1', type: 'access', created_at: '2026-01-15 12:00:00 +0000' })
    expect(await classic.getUserFromToken(good)).toEqual({ id: '1', active: true, name: 'Sara' })
  })

  test.each(['', 'x', 'a.b.c'])('what is no token is not good, and nothing is thrown: %j', async (text) => {
    const { classic } = await made()
    expect(await classic.validateToken(text)).toBe(false)
    expect(await classic.validateToken(text, false)).toBe(false)
    expect(await classic.claimToken(text)).toBeUndefined()
    expect(await classic.getUserFromToken(text)).toBeUndefined()
  })

  test('a forged token is not good at any time', async () => {
    const { classic } = await made()
    const bad = forged(await token())
    expect(await classic.validateToken(bad, false)).toBe(false)
    expect(await classic.claimToken(bad)).toBeUndefined()
  })

  test('an old token is good only when its time is not looked at', async () => {
    const { classic } = await made()
    const old = await token('1', noon - 8 * 24 * hour)
    expect(await classic.validateToken(old)).toBe(false)
    expect(await classic.validateToken(old, false)).toBe(true)
    expect(await classic.claimToken(old)).toMatchObject({ user_id: '1' })
    expect(await classic.getUserFromToken(old)).toBeUndefined()
  })

  test('a revoked token and a banned user are good only when the time is not looked at', async () => {
    const { gate, classic } = await made()
    const good = await token()
    await gate.revocations.add({ kind: 'user', userId: '1', before: noon + 1_000, until: noon + 8 * 24 * hour }, 'test')
    expect(await classic.validateToken(good)).toBe(false)
    expect(await classic.validateToken(good, false)).toBe(true)
    expect(await classic.claimToken(good)).toMatchObject({ user_id: '1' })
    const later = await token('1', noon + 2_000)
    expect(await classic.validateToken(later)).toBe(true)
    await gate.bans.add({ kind: 'user', userId: '1' }, { reason: 'abuse', actor: 'grace' })
    expect(await classic.validateToken(later)).toBe(false)
    expect(await classic.validateToken(later, false)).toBe(true)
  })

  test('a refresh token, a disabled user and an unknown one are never good', async () => {
    const { classic } = await made()
    const refresh = signed({ user_id: '1', type: 'refresh', created_at: '2026-01-15 12:00:00 +0000', access: await token() })
    for (const bad of [refresh, await token('2'), await token('3')]) {
      expect(await classic.validateToken(bad, false)).toBe(false)
      expect(await classic.getUserFromToken(bad)).toBeUndefined()
    }
  })

  test('when users cannot be looked up no token is called good, and nobody is called unknown', async () => {
    const { classic } = await made({ lookupUser: () => Promise.reject(new Error('down')) })
    const good = await token()
    expect(await classic.validateToken(good)).toBe(false)
    await expect(classic.getUserFromToken(good)).rejects.toThrow(StoreUnavailable)
  })
})

describe('the rate limit by its old name', () => {
  test('of 40 at once exactly as many pass as the window has places, and admissions count with them', async () => {
    const { gate, classic } = await made({ limits: { userConnects: { max: 10, windowMs: 60_000 }, userSockets: 3 } })
    const good = await token()
    const admission = await gate.admit(handshakeOf({ receivedAt: noon, token: good }))
    expect(admission.outcome).toBe('admitted')
    const answers = await Promise.all(Array.from({ length: 40 }, () => classic.checkRateLimit('1')))
    expect(answers.filter((granted) => granted)).toHaveLength(9)
    expect(await classic.checkRateLimit('2')).toBe(true)
    vi.setSystemTime(noon + 60_000)
    expect(await classic.checkRateLimit('1')).toBe(true)
  })
})

describe('the ban list by its old names', () => {
  test('a ban holds for every spelling of its address, and lasts a day when nothing else is said', async () => {
    const { gate, classic } = await made()
    expect(await classic.blacklistIp('::ffff:203.0.113.7')).toBe(true)
    for (const spelling of ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107']) expect(await classic.isIpBlacklisted(spelling)).toBe(true)
    expect(await classic.isIpBlacklisted('203.0.113.8')).toBe(false)
    expect(await gate.bans.list()).toMatchObject([{ subject: { network: '203.0.113.7' }, actor: 'classic', expiresAt: noon + 24 * hour }])
    expect(await gate.admit(handshakeOf({ receivedAt: noon, token: await token() }))).toMatchObject({ denial: { reason: 'address_banned' } })
  })

  test('each ban ends at its own time, and lifting one leaves the others as they are', async () => {
    const { classic } = await made()
    await classic.blacklistIp('203.0.113.1', 24)
    await classic.blacklistIp('203.0.113.2', 1)
    await classic.blacklistIp('203.0.113.3', 2)
    expect(await classic.whitelistIp('203.0.113.3')).toBe(true)
    expect(await classic.isIpBlacklisted('203.0.113.3')).toBe(false)
    vi.setSystemTime(noon + hour - 1)
    expect(await classic.isIpBlacklisted('203.0.113.2')).toBe(true)
    vi.setSystemTime(noon + hour)
    expect(await classic.isIpBlacklisted('203.0.113.2')).toBe(false)
    vi.setSystemTime(noon + 24 * hour - 1)
    expect(await classic.isIpBlacklisted('203.0.113.1')).toBe(true)
    vi.setSystemTime(noon + 24 * hour)
    expect(await classic.isIpBlacklisted('203.0.113.1')).toBe(false)
  })

  test('lifting an address tells the truth about a range that still holds it', async () => {
    const { gate, classic } = await made()
    await gate.bans.add({ kind: 'network', network: '203.0.113.0/24' }, { reason: 'abuse', actor: 'grace' })
    await classic.blacklistIp('203.0.113.7')
    expect(await classic.whitelistIp('203.0.113.7')).toBe(false)
    expect(await classic.isIpBlacklisted('203.0.113.7')).toBe(true)
    expect(await classic.whitelistIp('198.51.100.1')).toBe(true)
  })

  test.each(['', 'unknown', '6.6.6.6:4321', '203.0.113.0/24', '010.0.0.1'])('what is no address is neither banned nor lifted: %j', async (text) => {
    const { gate, classic } = await made()
    expect([await classic.blacklistIp(text), await classic.isIpBlacklisted(text), await classic.whitelistIp(text)]).toEqual([false, false, false])
    expect(await gate.bans.list()).toEqual([])
  })

  test('[B15] nobody bans this machine or a trusted proxy by it, as whoever bans every address that knocked wrongly would', async () => {
    const { gate, classic } = await made({ proxies: { trustedProxies: ['10.1.2.0/24'], forwarding: 'x-forwarded-for' }, neverBanned: ['192.0.2.7'] })
    for (const text of ['127.0.0.1', '::1', '10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7']) expect(await classic.blacklistIp(text)).toBe(false)
    expect(await gate.bans.list()).toEqual([])
    expect(await classic.blacklistIp('10.1.3.3')).toBe(true)
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a length of %s hours is a mistake of the caller', async (hours) => {
    const { classic } = await made()
    await expect(classic.blacklistIp('203.0.113.7', hours)).rejects.toThrow(`"durationHours" must be a positive number: current value is ${String(hours)}`)
  })

  test('a store that is away keeps no ban, and says so', async () => {
    const control = createMemoryControlLog()
    const bans = createMemoryBans(control)
    const away = () => Promise.reject(new StoreUnavailable('bans', 'down'))
    const { classic } = await made({ stores: { control, revocations: createMemoryRevocations(control), bans: { ...bans, add: away, lift: away } } })
    expect([await classic.blacklistIp('203.0.113.7'), await classic.isIpBlacklisted('203.0.113.7'), await classic.whitelistIp('203.0.113.7')]).toEqual([false, false, false])
  })
})
