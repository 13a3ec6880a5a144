import { expect, test } from 'vitest'
import { isSeconds } from './is-seconds.js'

test('a moment in seconds is told from one in milliseconds', () => {
  for (const year of [2001, 2026, 2100]) {
    const at = Date.UTC(year, 9)
    expect(isSeconds(at), String(year)).toBe(false)
    expect(isSeconds(at / 1000), String(year)).toBe(true)
  }
  for (const moment of [0, 1, -1, Number.POSITIVE_INFINITY]) expect(isSeconds(moment)).toBe(false)
})
