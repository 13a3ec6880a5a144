import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSampler } from './sampler.js'

test('a few lines are all written, and nothing is told about them', () => {
  const sampler = createSampler<string>()
  for (let second = 0; second < 60; second += 1) expect(sampler.take('admission rate_limited', 'warn', 1, second * 1000)).toBe(true)
  expect(sampler.due(1e9)).toEqual([])
  expect(sampler.dueAt).toBeUndefined()
})

test('G12: a flood of 100,000 refusals a minute leaves at most 1,000 lines in any minute, counts included', () => {
  const sampler = createSampler<string>(1_000)
  const writtenAt: number[] = []
  let unwritten = 0
  for (let i = 0; i < 300_000; i += 1) {
    const at = i * 0.6
    if (sampler.take('admission token_invalid', 'info', 1, at)) writtenAt.push(at)
    for (const { times } of sampler.due(at)) {
      writtenAt.push(at)
      unwritten += times
    }
  }
  for (const { times } of sampler.due(1e9)) unwritten += times

  let from = 0
  let most = 0
  for (let to = 0; to < writtenAt.length; to += 1) {
    while ((writtenAt[to] ?? 0) - (writtenAt[from] ?? 0) >= 60_000) from += 1
    most = Math.max(most, to - from + 1)
  }
  expect(most).toBeLessThanOrEqual(1_000)
  expect(most).toBeGreaterThan(800)
  expect(unwritten + writtenAt.length).toBeGreaterThanOrEqual(300_000)
})

test('one kind in flood silences no other', () => {
  const sampler = createSampler<string>(70)
  for (let i = 0; i < 100; i += 1) sampler.take('a', 'info', 1, 0)
  expect(sampler.take('a', 'info', 1, 0)).toBe(false)
  expect(sampler.take('b', 'info', 1, 0)).toBe(true)
})

test('the count is told once, with its kind and level, when the window is over', () => {
  const sampler = createSampler<string>(70)
  for (let i = 0; i < 12; i += 1) sampler.take('a', 'warn', 1, 0)
  expect(sampler.dueAt).toBe(10_000)
  expect(sampler.due(9_999)).toEqual([])
  expect(sampler.due(10_000)).toEqual([{ kind: 'a', level: 'warn', times: 3 }])
  expect(sampler.due(10_000)).toEqual([])
})

test('an event of several lines is counted by its lines, and is written whole even when it alone is over the quota', () => {
  const sampler = createSampler<string>(28)
  expect([1, 2, 3].map(() => sampler.take('a', 'debug', 2, 0))).toEqual([true, false, false])
  expect(sampler.take('b', 'debug', 5, 0)).toBe(true)
})

test('a clock that is set back by an hour silences nothing', () => {
  const sampler = createSampler<string>(14)
  sampler.take('a', 'info', 1, 3_600_000)
  sampler.take('a', 'info', 1, 3_600_000)
  expect(sampler.take('a', 'info', 1, 0)).toBe(true)
})

test('every event is either written or told in a count, in whatever order kinds and times come', () => {
  const event = fc.record({ kind: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 0, max: 60_000 }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (events) => {
      const sampler = createSampler<string>(21)
      let seen = 0
      for (const { kind, at } of events) {
        if (sampler.take(kind, 'info', 1, at)) seen += 1
        for (const { times } of sampler.due(at)) seen += times
      }
      for (const { times } of sampler.due(Number.POSITIVE_INFINITY)) seen += times
      expect(seen).toBe(events.length)
    }),
  )
})
