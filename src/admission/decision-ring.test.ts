import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deny } from '../protocol/denial.js'
import { createDecisionRing } from './decision-ring.js'
import type { Denied } from './decision.js'
import { handshakeOf } from './testing/staircase.js'
import { Walk } from './walk.js'

const decision = (): Denied => new Walk(handshakeOf(), 'v1', 'plain').deny('well_formed', deny('bad_request'))

test('a decision is found by its id until newer ones have taken its place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (capacity, count) => {
      const ring = createDecisionRing(capacity)
      const all = Array.from({ length: count }, decision)
      for (const one of all) ring.keep(one)
      const kept = all.slice(-capacity)
      expect(ring.size).toBe(Math.min(count, capacity))
      expect(all.filter(({ id }) => ring.find(id) !== undefined)).toEqual(kept)
      expect(ring.newest(1_000)).toEqual(kept.toReversed())
      expect(ring.newest(3)).toEqual(kept.toReversed().slice(0, 3))
    }),
    { numRuns: 50 },
  )
})

test('the newest can be asked for by what they are, and the limit counts what matches', () => {
  const ring = createDecisionRing()
  const all = Array.from({ length: 6 }, decision)
  for (const one of all) ring.keep(one)
  const wanted = new Set([all[0]?.id, all[2]?.id, all[4]?.id])
  expect(ring.newest(2, ({ id }) => wanted.has(id)).map(({ id }) => id)).toEqual([all[4]?.id, all[2]?.id])
  expect(ring.newest(0)).toEqual([])
})
