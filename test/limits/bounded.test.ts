import { afterEach, expect, test } from 'vitest'
import { createBudgets } from '../../dist/admission/budgets.js'
import { createAmountWindow } from '../../dist/admission/amount-window.js'
import { createLadder } from '../../dist/admission/ladder.js'
import { handshakeOf, testSecret } from '../../dist/admission/testing/staircase.js'
import { defaultLimits } from '../../dist/admission/limits.js'
import { createGate } from '../../dist/create-gate.js'
import type { Gate } from '../../dist/gate.js'
import { createMemoryLimits } from '../../dist/stores/memory/memory-limits.js'

const gates: Gate[] = []
afterEach(() => {
  for (const gate of gates.splice(0)) gate.stop()
})

const start = Date.UTC(2026, 0, 15)
const million = 1_000_000
/** A million strangers, every second one with a network of his own in IPv6. */
const keyAt = (index: number): string =>
  index % 2 === 0 ? `2001:db8:${(index >>> 16).toString(16)}:${(index & 0xffff).toString(16)}::/64` : `${11 + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}.9`

const keys = Array.from({ length: million }, (_, index) => keyAt(index))
const keyOf = (index: number): string => keys[index] ?? ''

// What is stated in PROTOCOL.md [L9] and docs/measurements.md; bench/addresses.mjs weighs it.
test('[L9] G10: a million addresses do not make the budgets of addresses grow beyond 200,000', () => {
  const budget = createBudgets()
  for (let index = 0; index < million; index++) budget.reserve(keyOf(index), start + (index >> 4))
  expect(budget.size).toBeLessThanOrEqual(200_000)
})

test('[L9] G10: half a million users and addresses do not make the limits grow beyond 400,000 of each, and no lease of theirs stays', () => {
  const limits = createMemoryLimits(defaultLimits)
  for (let index = 0; index < 500_000; index++) {
    const at = start + (index >> 4)
    const allowance = limits.take({ userId: String(index), addressKey: keyOf(index), endpoint: undefined, at }, at)
    if (allowance.granted) limits.release(allowance.lease)
  }
  expect(limits.size).toBeLessThanOrEqual(800_000)
  expect(limits.openSockets).toBe(0)
})

test('[L9] G10: 200,000 forgers do not make the ladder remember more than 50,000 of them', () => {
  const ladder = createLadder({ mode: 'on' })
  for (let index = 0; index < 200_000; index++) ladder.failed(keyOf(index), 'signature', `hash ${index}`, start + (index >> 4))
  expect(ladder.size).toBeLessThanOrEqual(50_000)
  for (let index = 0; index < 300_000; index++) ladder.admitted(keyOf(index), start + (index >> 4))
  expect(ladder.size).toBeLessThanOrEqual(250_000)
})

test('[L9] G10: 300,000 senders do not make a window of amounts grow beyond what it was given', () => {
  const window = createAmountWindow('bytes', { max: 100, windowMs: 60_000 }, 200_000)
  for (let index = 0; index < 300_000; index++) window.record(String(index), 1, start + (index >> 4))
  expect(window.size).toBeLessThanOrEqual(200_000)
})

test('[L9] G5 G10: strangers through the whole gate leave 10,000 decisions, nothing in flight and no lease', async () => {
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id) => ({ id, active: true }),
    capacity: { maxLoopDelayMs: 1_000_000 },
  })
  gates.push(gate)
  let known = 0
  const ids: string[] = []
  for (let index = 0; index < 15_000; index++) {
    const decision = await gate.admit(handshakeOf({ receivedAt: start + index, peerAddress: keyOf(index).replace('/64', '7'), token: `no token ${index}` }))
    ids.push(decision.id)
  }
  for (const id of ids) if (gate.decisions.find(id) !== undefined) known += 1
  expect(known).toBe(10_000)
  expect(gate.load).toMatchObject({ inFlight: 0, sockets: 0 })
})
