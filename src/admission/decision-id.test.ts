import { expect, test } from 'vitest'
import { decisionId } from './decision-id.js'

test('[A1] an id is a UUID v7 of the present millisecond', () => {
  const before = Date.now()
  const ids = Array.from({ length: 5_000 }, decisionId)
  const after = Date.now()
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const at = Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(after)
  }
})

test('no two ids are the same, and every random digit takes all its values', () => {
  const ids = Array.from({ length: 5_000 }, decisionId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const place of [15, 16, 17, 20, 21, 22, 24, 35]) expect(new Set(ids.map((id) => id[place])).size).toBe(16)
  expect(new Set(ids.map((id) => id[19]))).toEqual(new Set(['8', '9', 'a', 'b']))
})
