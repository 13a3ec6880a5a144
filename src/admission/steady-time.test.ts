import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSteadyTime } from './steady-time.js'

test('it is the time it is given as long as that does not run backwards', () => {
  const time = createSteadyTime()
  expect([1_000, 1_001, 5_000_000].map((at) => time.now(at))).toEqual([1_000, 1_001, 5_000_000])
})

test('it never runs backwards, whatever the clock does, and peeking changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 50 }), (moments) => {
      const time = createSteadyTime()
      let last = -Infinity
      for (const at of moments) {
        const peeked = time.peek(at)
        expect(time.peek(at)).toBe(peeked)
        const now = time.now(at)
        expect(now).toBe(peeked)
        expect(now).toBeGreaterThanOrEqual(last)
        last = now
      }
    }),
  )
})

test('moments a little out of order do not make it run ahead', () => {
  const time = createSteadyTime()
  for (let at = 100_000; at <= 200_000; at += 100) time.now(at - (at % 300) * 50)
  expect(time.now(200_000)).toBe(200_000)
})

test('a clock that was set back by an hour goes on at once', () => {
  const time = createSteadyTime()
  const hour = 3_600_000
  time.now(2 * hour)
  expect(time.now(hour)).toBe(2 * hour)
  expect(time.now(hour + 10)).toBe(2 * hour + 10)
})

test('waiting as long as told, on any clock, reaches the moment', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { maxLength: 20 }), fc.nat(100_000), fc.double({ min: 0, max: 50_000, noNaN: true }), (moments, at, ahead) => {
      const time = createSteadyTime()
      for (const moment of moments) time.now(moment)
      const due = time.now(at) + ahead
      expect(time.now(at + time.until(due, at))).toBeGreaterThanOrEqual(due)
    }),
  )
})
