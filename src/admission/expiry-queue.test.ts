import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createExpiryQueue } from './expiry-queue.js'

test('items come out by their end, each once, and none before it', () => {
  const step = fc.oneof(fc.record({ push: fc.nat(20) }), fc.record({ takeAt: fc.nat(20) }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = createExpiryQueue<{ readonly end: number }>(({ end }) => end)
      let held: number[] = []
      for (const one of steps) {
        if ('push' in one) {
          queue.push({ end: one.push })
          held.push(one.push)
        } else {
          const first = Math.min(...held)
          expect(queue.take(one.takeAt)?.end).toBe(first <= one.takeAt ? first : undefined)
          if (first <= one.takeAt) held = held.toSpliced(held.indexOf(first), 1)
        }
        expect(queue.size).toBe(held.length)
      }
    }),
  )
})
