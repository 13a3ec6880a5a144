import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBudgets } from './budgets.js'

const start = Date.UTC(2026, 0, 15)
const key = '203.0.113.7'

test('a full budget grants its capacity at once and not one more', () => {
  const budget = createBudgets({ capacity: 10, refillPerSecond: 1 })
  const answers = Array.from({ length: 40 }, () => budget.reserve(key, start).granted)
  expect(answers.filter(Boolean)).toHaveLength(10)
})

test('by default an office can make all the connects its address may make, four times over', () => {
  const budget = createBudgets()
  let granted = 0
  for (let at = start; at <= start + 60_000; at += 10) if (budget.reserve(key, at).granted) granted += 1
  expect(granted).toBeGreaterThanOrEqual(4 * 1_200)
})

test('by default a forger gets 480 signatures checked, then 8 a second', () => {
  const budget = createBudgets()
  const forge = (at: number): boolean => {
    if (!budget.reserve(key, at).granted) return false
    budget.charge(key, 4, at)
    return true
  }
  let atOnce = 0
  while (forge(start)) atOnce += 1
  expect(atOnce).toBe(480)
  let later = 0
  for (let at = start; at < start + 10_000; at += 5) if (forge(at)) later += 1
  expect(later).toBeGreaterThanOrEqual(79)
  expect(later).toBeLessThanOrEqual(81)
})

test('a refused attempt takes nothing', () => {
  const budget = createBudgets({ capacity: 1, refillPerSecond: 1 })
  budget.reserve(key, start)
  for (let index = 0; index < 100; index++) expect(budget.reserve(key, start + index)).toMatchObject({ granted: false, retryAfterMs: 1_000 - index })
})

test('waiting exactly as long as told succeeds, and a millisecond less does not', () => {
  const costs = fc.array(fc.tuple(fc.constantFrom(0, 4, 9, -1), fc.nat(2_000)), { maxLength: 40 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.1, max: 90, noNaN: true }), costs, (capacity, refillPerSecond, steps) => {
      const budget = createBudgets({ capacity, refillPerSecond })
      let at = start
      for (const [cost, pass] of steps) {
        at += pass
        const answer = budget.reserve(key, at)
        if (answer.granted) {
          budget.charge(key, cost, at)
          continue
        }
        expect(Number.isSafeInteger(answer.retryAfterMs)).toBe(true)
        expect(budget.peek(key, at + answer.retryAfterMs - 1).granted).toBe(false)
        expect(budget.peek(key, at + answer.retryAfterMs).granted).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('it grants and refuses as a bucket of tokens that is counted by hand', () => {
  const step = fc.record({ pass: fc.nat(3_000), key: fc.constantFrom('a', 'b'), cost: fc.constantFrom(0, 0, 4, 9) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const [capacity, refillPerSecond] = [20, 4]
      const budget = createBudgets({ capacity, refillPerSecond })
      const tokens = new Map<string, { left: number; at: number }>()
      let at = start
      for (const { pass, key: of, cost } of steps) {
        at += pass
        const bucket = tokens.get(of) ?? { left: capacity, at }
        const filled = Math.min(capacity, bucket.left + ((at - bucket.at) / 1_000) * refillPerSecond)
        const isGranted = filled >= 1
        expect(budget.reserve(of, at).granted).toBe(isGranted)
        if (isGranted) budget.charge(of, cost, at)
        tokens.set(of, { left: Math.max(-capacity, filled - (isGranted ? 1 + cost : 0)), at })
      }
    }),
    { numRuns: 500 },
  )
})

test('attempts that were in flight together overdraw a budget by no more than its capacity', () => {
  const budget = createBudgets({ capacity: 100, refillPerSecond: 10 })
  for (let index = 0; index < 100; index++) budget.reserve(key, start)
  for (let index = 0; index < 100; index++) budget.charge(key, 9, start)
  expect(budget.peek(key, start)).toMatchObject({ granted: false, retryAfterMs: 10_100 })
})

test('an overdrawn budget is not forgotten while others come and go', () => {
  const budget = createBudgets({ capacity: 10, refillPerSecond: 1 })
  budget.reserve(key, start)
  budget.charge(key, 100, start)
  for (let at = start; at < start + 10_900; at += 100) budget.reserve(`2001:db8:${at}::/64`, at)
  expect(budget.reserve(key, start + 10_900)).toMatchObject({ granted: false, retryAfterMs: 100 })
  expect(budget.reserve(key, start + 11_000).granted).toBe(true)
})

test('a cost of -1 gives the reserve back', () => {
  const budget = createBudgets({ capacity: 1, refillPerSecond: 0.001 })
  for (let index = 0; index < 10; index++) {
    expect(budget.reserve(key, start).granted).toBe(true)
    budget.charge(key, -1, start)
  }
})

test('peeking takes nothing', () => {
  const budget = createBudgets({ capacity: 1, refillPerSecond: 1 })
  for (let index = 0; index < 10; index++) expect(budget.peek(key, start).granted).toBe(true)
  expect(budget.size).toBe(0)
})

test('one address pays nothing for another', () => {
  const budget = createBudgets({ capacity: 1, refillPerSecond: 1 })
  budget.reserve(key, start)
  expect(budget.reserve('203.0.113.8', start).granted).toBe(true)
})

test('a clock that was set back by an hour locks nobody out', () => {
  const budget = createBudgets({ capacity: 10, refillPerSecond: 1 })
  for (let index = 0; index < 10; index++) budget.reserve(key, start)
  const answer = budget.reserve(key, start - 3_600_000)
  expect(answer).toMatchObject({ granted: false, retryAfterMs: 1_000 })
  expect(budget.reserve(key, start - 3_600_000 + 1_000).granted).toBe(true)
})

test('a million strangers do not make it grow beyond what it may hold', () => {
  const budget = createBudgets({ maxKeys: 1_000 })
  for (let index = 0; index < 100_000; index++) budget.reserve(`2001:db8:${index}::/64`, start + index)
  expect(budget.size).toBeLessThanOrEqual(1_000)
})

test.each([
  [{ capacity: 0 }, 'Cannot create a budget as "capacity" must be a positive integer: current value is 0'],
  [{ capacity: 1.5 }, 'Cannot create a budget as "capacity" must be a positive integer: current value is 1.5'],
  [{ refillPerSecond: Number.NaN }, 'Cannot create a budget as "refillPerSecond" must be a positive number: current value is NaN'],
  [{ refillPerSecond: Infinity }, 'Cannot create a budget as "refillPerSecond" must be a positive number: current value is Infinity'],
])('%j is refused', (config, message) => {
  expect(() => createBudgets(config)).toThrow(new RangeError(message))
})
