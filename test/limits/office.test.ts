import { afterEach, expect, test } from 'vitest'
import { handshakeOf, testSecret, tokenFor } from '../../dist/admission/testing/staircase.js'
import type { Decision } from '../../dist/admission/decision.js'
import { createGate } from '../../dist/create-gate.js'
import type { GateOptions } from '../../dist/gate-options.js'
import type { Gate } from '../../dist/gate.js'

// Two hundred people behind one address. Whatever one of them does, or a stranger in their network, the others must not pay for it.

const gates: Gate[] = []
afterEach(() => {
  for (const gate of gates.splice(0)) gate.stop()
})

const office = '203.0.113.7'
const start = Date.now()
const people = Array.from({ length: 200 }, (_, index) => `user-${index}`)
const tokens = new Map(await Promise.all(people.map(async (id) => [id, await tokenFor({ subject: id, at: start, lifetimeMs: 86_400_000 })] as const)))
const tokenOf = (id: string): string => tokens.get(id) ?? ''

const made = async (options: Partial<GateOptions> = {}): Promise<Gate> => {
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id) => ({ id, active: true }),
    capacity: { maxLoopDelayMs: 1_000_000 },
    ...options,
  })
  gates.push(gate)
  return gate
}

const knock = (gate: Gate, token: string | undefined, at: number, peerAddress = office): Promise<Decision> =>
  gate.admit(handshakeOf({ receivedAt: at, peerAddress, target: '/', ...(token === undefined ? {} : { token }) }))

const reasonOf = (decision: Decision): string => (decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason)

/** Comes in, and leaves again: limits of open sockets are not what is asked here. */
const visit = async (gate: Gate, token: string | undefined, at: number, peerAddress?: string): Promise<string> => {
  const decision = await knock(gate, token, at, peerAddress)
  if (decision.outcome === 'admitted') gate.limits.release(decision.lease)
  return reasonOf(decision)
}

let serial = 0
/** Well-formed, of the right algorithm, and signed by nobody; each another one. */
const forged = (): string => {
  const [header = '', payload = '', signature = ''] = tokenOf('user-0').split('.')
  serial += 1
  return `${header}.${payload}.${String(serial).padStart(8, '0')}${signature.slice(8)}`
}

/** Ten minutes in which everybody reconnects once a minute, and `more` happens ten times a second. */
const tenMinutes = async (gate: Gate, more: (at: number) => Promise<void>): Promise<readonly string[]> => {
  const refused: string[] = []
  for (let tick = 0; tick < 6_000; tick++) {
    const at = start + tick * 100
    await more(at)
    // 600 ticks a minute for 200 people.
    const id = people[Math.floor(tick / 3) % people.length] ?? ''
    if (tick % 3 !== 0) continue
    const reason = await visit(gate, tokenOf(id), at)
    if (reason !== 'admitted') refused.push(`${id} ${reason}`)
  }
  return refused
}

test('[A7] G6: of 200 people with one attacker behind their address, the attacker runs dry and nobody else does', async () => {
  const gate = await made({ ladder: { mode: 'on' } })
  for (const id of people) expect(await visit(gate, tokenOf(id), start)).toBe('admitted')
  const met = { checked: 0, limited: 0 }
  const refused = await tenMinutes(gate, async (at) => {
    for (let count = 0; count < 2; count++) {
      const reason = await visit(gate, forged(), at)
      if (reason === 'token_invalid') met.checked += 1
      else if (reason === 'rate_limited') met.limited += 1
    }
  })
  expect(refused).toEqual([])
  expect(met.checked + met.limited).toBe(12_000)
  // 480 at once and 8 a second, less what the people's own connects cost.
  expect(met.checked).toBeLessThanOrEqual(480 + 8 * 600)
  expect(met.limited).toBeGreaterThan(6_000)
  expect(await gate.bans.list()).toEqual([])
})

test.each(['dry-run', 'on'] as const)('[B8] three stale tabs in an office of 200 ban nobody, with the ladder %s', async (mode) => {
  const told: string[] = []
  const gate = await made({ ladder: { mode }, events: { laddered: ({ outcome }) => told.push(outcome) } })
  const expired = await tokenFor({ subject: 'user-1', at: start - 7_200_000, lifetimeMs: 3_600_000 })
  const revoked = await tokenFor({ subject: 'user-2', at: start, lifetimeMs: 86_400_000, tokenId: 'left-behind' })
  const broken = forged()
  await gate.revocations.add({ kind: 'token', tokenId: 'left-behind', until: start + 86_400_000 }, 'grace')
  const reasons = new Set<string>()
  const refused = await tenMinutes(gate, async (at) => {
    // Every 2 s, as a page does that never gives up.
    if ((at - start) % 2_000 !== 0) return
    for (const token of [expired, revoked, broken]) reasons.add(await visit(gate, token, at))
  })
  expect(refused).toEqual([])
  expect([...reasons].toSorted()).toEqual(['token_expired', 'token_invalid', 'token_revoked'])
  expect(await gate.bans.list()).toEqual([])
  expect(told).toEqual([])
})

test('[B8] the stale tabs alone, before anybody else of the office has come, ban nobody either', async () => {
  const gate = await made({ ladder: { mode: 'on' } })
  const broken = forged()
  const expired = await tokenFor({ subject: 'user-1', at: start - 7_200_000, lifetimeMs: 3_600_000 })
  for (let at = start; at < start + 600_000; at += 2_000) for (const token of [broken, expired, undefined]) await visit(gate, token, at)
  expect(await gate.bans.list()).toEqual([])
  expect(await visit(gate, tokenOf('user-3'), start + 600_000)).toBe('admitted')
})

test('[B8] in dry-run the office hears of the attacker by marks alone; by itself an address that only forges is banned, for a day, then two', async () => {
  const attacker = '198.51.100.9'
  const dry = await made({ ladder: { mode: 'dry-run' } })
  let marks = 0
  for (let count = 0; count < 20; count++) marks += (await knock(dry, forged(), start + count, attacker)).marks.filter(({ rule }) => rule === 'ladder').length
  expect(marks).toBe(1)
  expect(await dry.bans.list()).toEqual([])

  const gate = await made({ ladder: { mode: 'on' } })
  const forgeFive = async (at: number): Promise<void> => {
    for (let count = 0; count < 5; count++) await visit(gate, forged(), at + count, attacker)
    // The ban is kept in the background.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await forgeFive(start)
  expect(await visit(gate, tokenOf('user-1'), start + 10, attacker)).toBe('address_banned')
  expect(await visit(gate, tokenOf('user-1'), start + 10)).toBe('admitted')
  await forgeFive(start + 25 * 3_600_000)
  const hours = (await gate.bans.list()).map(({ createdAt, expiresAt = 0 }) => (expiresAt - createdAt) / 3_600_000)
  expect(hours).toContain(24)
  expect(hours).toContain(48)
})
