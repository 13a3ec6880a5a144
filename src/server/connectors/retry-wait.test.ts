import fc from 'fast-check'
import { expect, test } from 'vitest'
import { retryWaitMs } from './retry-wait.js'

test('[X5] waits double from 1 s to 5 min, of which chance takes up to half', () => {
  expect([1, 2, 3, 4, 9, 10, 400].map((attempts) => retryWaitMs(attempts, undefined, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000])
  expect(retryWaitMs(1, undefined, 0.999)).toBeGreaterThanOrEqual(500)
  fc.assert(fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
    const wait = retryWaitMs(attempts, undefined, random)
    return Number.isSafeInteger(wait) && wait >= 500 && wait <= 300_000
  }))
})

test('[X5] a receiver that asks for more time gets it, up to an hour, and never less than the wait', () => {
  expect(retryWaitMs(1, 30_000, 0)).toBe(30_000)
  expect(retryWaitMs(1, 999_999_000, 0)).toBe(3_600_000)
  expect(retryWaitMs(10, 1_000, 0)).toBe(300_000)
})
