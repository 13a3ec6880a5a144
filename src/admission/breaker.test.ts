import { describe, expect, test } from 'vitest'
import { createBreaker } from './breaker.js'

const open = () => {
  const breaker = createBreaker({ failures: 3, coolDownMs: 1_000 })
  for (let failure = 0; failure < 3; failure++) breaker.failed(5_000)
  return breaker
}

describe('a breaker', () => {
  test('lets everybody through until so many have failed in a row', () => {
    const breaker = createBreaker({ failures: 3, coolDownMs: 1_000 })
    breaker.failed(0)
    breaker.failed(0)
    expect(breaker.lets(0)).toBe(true)
    breaker.succeeded()
    breaker.failed(0)
    breaker.failed(0)
    expect(breaker.lets(0)).toBe(true)
    breaker.failed(0)
    expect(breaker.lets(0)).toBe(false)
  })

  test('lets one through when the cool-down is over, and nobody else until that one has an answer', () => {
    const breaker = open()
    expect(breaker.lets(5_999)).toBe(false)
    expect(breaker.lets(6_000)).toBe(true)
    expect(breaker.lets(6_000)).toBe(false)
    expect(breaker.lets(6_999)).toBe(false)
  })

  test('lets another one through when the one before never came back', () => {
    const breaker = open()
    breaker.lets(6_000)
    expect(breaker.lets(7_000)).toBe(true)
  })

  test('lets everybody through after one success', () => {
    const breaker = open()
    breaker.lets(6_000)
    breaker.succeeded()
    expect(breaker.lets(6_000)).toBe(true)
    expect(breaker.lets(6_000)).toBe(true)
  })

  test('does not stay shut when the clock is set back', () => {
    expect(open().lets(1)).toBe(true)
  })
})
