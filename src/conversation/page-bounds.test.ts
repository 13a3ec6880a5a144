import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conversationsPerCustomer, cutToBytes, preview, worstBytes } from './page-bounds.js'

describe('a page is bounded', () => {
  test('in the conversations of its customers', () => {
    expect([0, 1, 10, 25, 50, 100, 500].map(conversationsPerCustomer)).toEqual([200, 200, 200, 200, 100, 50, 10])
  })

  test('in the text of last messages, never through the middle of a character', () => {
    expect(preview('a'.repeat(1_000))).toHaveLength(1_000)
    expect(preview('😀'.repeat(1_001))).toBe('😀'.repeat(1_000))
    expect(preview('😀'.repeat(600))).toBe('😀'.repeat(600))
  })

  test('in bytes: it keeps the asked end, at least one, and never more than fits', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), fc.nat(60), fc.boolean(), (sizes, maxBytes, fromEnd) => {
        const kept = cutToBytes(sizes, maxBytes, fromEnd, (size) => size)
        const bytes = kept.reduce((sum, size) => sum + size, 0)
        expect(kept).toEqual(fromEnd ? sizes.slice(sizes.length - kept.length) : sizes.slice(0, kept.length))
        expect(kept.length >= Math.min(1, sizes.length) && (bytes <= maxBytes || kept.length === 1)).toBe(true)
        const next = fromEnd ? sizes[sizes.length - kept.length - 1] : sizes[kept.length]
        if (next !== undefined) expect(bytes + next > maxBytes).toBe(true)
      }),
    )
  })

  test('by a size no text exceeds on the wire', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(Buffer.byteLength(JSON.stringify(text)) - 2).toBeLessThanOrEqual(worstBytes(text))
    }))
  })
})
