import fc from 'fast-check'
import { expect, test } from 'vitest'
import { offsetTime, zuluTime } from './classic-time.js'

const noonMicros = Date.UTC(2026, 0, 15, 12) * 1000

test('a whole second has no fraction', () => {
  expect(offsetTime(noonMicros)).toBe('2026-01-15T12:00:00+00:00')
  expect(zuluTime(noonMicros)).toBe('2026-01-15T12:00:00Z')
})

test('a fraction is written in six digits', () => {
  expect(offsetTime(noonMicros + 5_000)).toBe('2026-01-15T12:00:00.005000+00:00')
  expect(zuluTime(noonMicros + 1)).toBe('2026-01-15T12:00:00.000001Z')
})

test('what is written can be read again, to the millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000_000 }), (atMicros) => {
      expect(Date.parse(offsetTime(atMicros))).toBe(Math.floor(atMicros / 1000))
      expect(Date.parse(zuluTime(atMicros))).toBe(Math.floor(atMicros / 1000))
    }),
  )
})
