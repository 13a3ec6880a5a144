import { expect, test } from 'vitest'
import { createFrameRates, type FrameRates } from './frame-rates.js'

const lavish = { sessionFrames: { max: 1_000_000, windowMs: 60_000 }, userBytes: { max: 1_000_000_000, windowMs: 60_000 } }

const from = (id: string, userId = '1') => ({ id, user: { id: userId, active: true } })

const outcomes = (rates: FrameRates, count: number, bytes: number, session = from('a')): readonly string[] =>
  Array.from({ length: count }, () => rates.take(session, bytes, 1_000).outcome)

test('[L6] messages of one socket up to the limit are granted, twice as many more are refused, and the next is a flood', () => {
  const rates = createFrameRates({ ...lavish, sessionFrames: { max: 2, windowMs: 1_000 } })
  expect(outcomes(rates, 8, 10)).toEqual(['granted', 'granted', 'limited', 'limited', 'limited', 'limited', 'flood', 'flood'])
  expect(outcomes(rates, 1, 10, from('b'))).toEqual(['granted'])
})

test('[L6] bytes are counted for a user over all his sockets, and those of another are not', () => {
  const rates = createFrameRates({ ...lavish, userBytes: { max: 100, windowMs: 1_000 } })
  expect([...outcomes(rates, 1, 60), ...outcomes(rates, 1, 60, from('b')), ...outcomes(rates, 1, 60, from('c', '2'))]).toEqual(['granted', 'limited', 'granted'])
  expect(rates.take(from('b'), 40, 1_000).outcome).toBe('granted')
})

test('[L3] a refusal names the rule and a wait that is true, and takes nothing from either rule', () => {
  const rates = createFrameRates({ sessionFrames: { max: 3, windowMs: 1_000 }, userBytes: { max: 100, windowMs: 10_000 } })
  rates.take(from('a'), 100, 1_000)
  const refused = rates.take(from('a'), 1, 1_500)
  expect(refused).toMatchObject({ outcome: 'limited', rule: 'userBytes' })
  const waitMs = 'retryAfterMs' in refused ? refused.retryAfterMs : 0
  expect(rates.take(from('a'), 1, 1_500 + waitMs - 1).outcome).toBe('limited')
  expect(Array.from({ length: 4 }, () => rates.take(from('a'), 1, 1_500 + waitMs).outcome)).toEqual(['granted', 'granted', 'granted', 'limited'])
})

test('[L6] a sender who goes on at the limit is never taken for a flood', () => {
  const rates = createFrameRates({ ...lavish, sessionFrames: { max: 10, windowMs: 1_000 } })
  let granted = 0
  for (let now = 0; now < 30_000; now += 50) {
    const { outcome } = rates.take(from('a'), 1, now)
    expect(outcome).not.toBe('flood')
    if (outcome === 'granted') granted += 1
  }
  expect(granted).toBeGreaterThanOrEqual(290)
  expect(granted).toBeLessThanOrEqual(300)
})
