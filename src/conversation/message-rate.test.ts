import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMessageRate } from './message-rate.js'

describe('messages of a user in any window', () => {
  test('up to the limit are granted, the next one learns how long to wait, and waiting that long succeeds', () => {
    const rate = createMessageRate({ max: 3, windowMs: 1_000 })
    expect([0, 100, 200].map((at) => rate.take('1', at).outcome)).toEqual(['granted', 'granted', 'granted'])
    expect(rate.take('1', 300)).toEqual({ outcome: 'limited', retryAfterMs: 700 })
    expect(rate.take('1', 999).outcome).toBe('limited')
    expect(rate.take('1', 1_000).outcome).toBe('granted')
    expect(rate.take('1', 1_001)).toEqual({ outcome: 'limited', retryAfterMs: 99 })
  })

  test('of one user leave the other alone', () => {
    const rate = createMessageRate({ max: 1, windowMs: 1_000 })
    expect(rate.take('1', 0).outcome).toBe('granted')
    expect(rate.take('2', 0).outcome).toBe('granted')
  })

  test('three times the limit within one window is a flood', () => {
    const rate = createMessageRate({ max: 2, windowMs: 1_000 })
    expect(Array.from({ length: 8 }, () => rate.take('1', 0).outcome)).toEqual([
      'granted', 'granted', 'limited', 'limited', 'limited', 'limited', 'flood', 'flood',
    ])
    expect(rate.take('1', 1_000).outcome).toBe('granted')
  })

  test('never more than the limit in any window, whenever they come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }), (max, gaps) => {
        const rate = createMessageRate({ max, windowMs: 500 })
        let at = 0
        const granted: number[] = []
        for (const gap of gaps) {
          at += gap
          if (rate.take('1', at).outcome === 'granted') granted.push(at)
        }
        for (const from of granted) expect(granted.filter((time) => time >= from && time < from + 500).length).toBeLessThanOrEqual(max)
      }),
    )
  })

  test('a limit that is none is refused at creation', () => {
    expect(() => createMessageRate({ max: 0, windowMs: 1 })).toThrow('Cannot create a message rate as "max" must be a positive integer: current value is 0')
  })
})
