import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTopCounts } from './top-counts.js'

test('counts are exact while there is room', () => {
  const counts = createTopCounts()
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) counts.add(name)
  expect(counts.top(2)).toEqual([{ name: 'a', count: 3, uncertain: 0 }, { name: 'b', count: 2, uncertain: 0 }])
})

test('a count is never too low, never higher than it says, and whoever is frequent is there', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 400 }), fc.integer({ min: 1, max: 10 }), (names, capacity) => {
      const counts = createTopCounts(capacity)
      const exact = new Map<string, number>()
      for (const name of names) {
        counts.add(name)
        exact.set(name, (exact.get(name) ?? 0) + 1)
      }
      const top = counts.top(1_000)
      expect(top.length).toBeLessThanOrEqual(capacity)
      for (const { name, count, uncertain } of top) {
        const truth = exact.get(name) ?? 0
        expect(count).toBeGreaterThanOrEqual(truth)
        expect(count - uncertain).toBeLessThanOrEqual(truth)
      }
      for (const [name, count] of exact) if (count > names.length / capacity) expect(top.map((each) => each.name)).toContain(name)
    }),
  )
})
