import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAmountWindow } from './amount-window.js'

/** What was granted between two moments, the first one included. */
const between = (granted: readonly { readonly at: number; readonly amount: number }[], from: number, to: number): number =>
  granted.filter(({ at }) => at >= from && at < to).reduce((sum, { amount }) => sum + amount, 0)

test('no window holds more than the limit, whatever comes when, and waiting as long as told succeeds while a millisecond less does not', () => {
  const step = fc.record({ pass: fc.oneof(fc.nat(40), fc.nat(2_000)), amount: fc.integer({ min: 1, max: 40 }) })
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 100 }), fc.integer({ min: 1, max: 1_500 }), fc.array(step, { maxLength: 120 }), (max, windowMs, steps) => {
      const window = createAmountWindow('bytes', { max, windowMs }, 10)
      const granted: { at: number; amount: number }[] = []
      let at = 1_000_000
      for (const { pass, amount: asked } of steps) {
        at += pass
        const amount = Math.min(asked, max)
        const ready = window.readyAt('a', amount, at)
        if (ready > at) {
          expect(ready - at).toBeLessThanOrEqual(windowMs + Math.max(1, Math.floor(windowMs / 60)))
          expect(window.readyAt('a', amount, ready - 1)).toBeGreaterThan(ready - 1)
          expect(window.readyAt('a', amount, ready)).toBeLessThanOrEqual(ready)
          at = ready
        }
        window.record('a', amount, at)
        granted.push({ at, amount })
      }
      for (const { at: from } of granted) expect(between(granted, from, from + windowMs)).toBeLessThanOrEqual(max)
    }),
    { numRuns: 300 },
  )
})

test('over twenty windows a greedy sender gets the limit in each, less the sixtieth by which an amount counts longer', () => {
  const window = createAmountWindow('bytes', { max: 600, windowMs: 6_000 }, 10)
  let got = 0
  for (let now = 0; now < 120_000; now += 1) {
    if (window.readyAt('a', 7, now) > now) continue
    window.record('a', 7, now)
    got += 7
  }
  expect(got).toBeLessThanOrEqual(20 * 600)
  expect(got).toBeGreaterThan(19 * 600)
})

test('more than the limit at once passes when nothing else does, and keys are counted apart', () => {
  const window = createAmountWindow('bytes', { max: 10, windowMs: 1_000 }, 10)
  expect(window.readyAt('a', 50, 0)).toBe(-Infinity)
  window.record('a', 50, 0)
  expect(window.readyAt('a', 1, 500)).toBeGreaterThan(1_000)
  expect(window.readyAt('b', 10, 500)).toBe(-Infinity)
})

test('a million keys do not make it grow beyond what it may hold', () => {
  const window = createAmountWindow('bytes', { max: 10, windowMs: 1_000 }, 1_000)
  for (let index = 0; index < 100_000; index++) window.record(String(index), 1, index)
  expect(window.size).toBeLessThanOrEqual(1_000)
})

test.each([
  [{ max: 0, windowMs: 1 }, '"bytes.max" must be a positive integer: current value is 0'],
  [{ max: 1, windowMs: 1.5 }, '"bytes.windowMs" must be a positive integer: current value is 1.5'],
])('%j is refused', (limit, message) => {
  expect(() => createAmountWindow('bytes', limit, 10)).toThrow(new RangeError(`Cannot create a rate limit as ${message}`))
})
