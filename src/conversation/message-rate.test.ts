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

  test('[L7] G7: a sender who never stops gets the limit in each of a hundred windows, and tokens of time refill for others too', () => {
    const rate = createMessageRate({ max: 5, windowMs: 1_000 })
    let granted = 0
    for (let at = 0; at < 100_000; at += 100) if (rate.take('1', at).outcome === 'granted') granted += 1
    expect(granted).toBe(500)
    expect(rate.take('2', 100_000).outcome).toBe('granted')
  })

  test('[L8] a clock that is set back locks nobody out and grants nothing twice, and the wait it tells is true', () => {
    const limit = { max: 2, windowMs: 60_000 }
    const rate = createMessageRate(limit)
    const start = Date.UTC(2026, 0, 15)
    expect([rate.take('1', start).outcome, rate.take('1', start).outcome]).toEqual(['granted', 'granted'])
    const back = start - 3_600_000
    expect(rate.take('1', back)).toEqual({ outcome: 'limited', retryAfterMs: 60_000 })
    expect(rate.take('1', back + 59_999).outcome).toBe('limited')
    expect(rate.take('1', back + 60_000).outcome).toBe('granted')
  })

  test('a limit that is none is refused at creation', () => {
    expect(() => createMessageRate({ max: 0, windowMs: 1 })).toThrow('Cannot create a rate limit as "messages.max" must be a positive integer: current value is 0')
  })
})
