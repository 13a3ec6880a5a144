import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRotatingMap } from './rotating-map.js'

test('a value is found for its whole life after it was last set', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), pass: fc.nat(60) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = createRotatingMap<number>({ lifeMs: 100, maxKeys: 100 })
      const setAt = new Map<string, number>()
      let now = 1_000
      for (const { key, pass } of steps) {
        now += pass
        map.set(key, now, now)
        setAt.set(key, now)
        for (const [other, at] of setAt) if (now - at < 100) expect(map.get(other)).toBe(at)
      }
    }),
  )
})

test('it holds no more keys than it may, and the newest half is among them', () => {
  const map = createRotatingMap<number>({ lifeMs: 1_000_000, maxKeys: 100 })
  for (let index = 0; index < 10_000; index++) {
    map.set(`${index}`, index, 0)
    expect(map.size).toBeLessThanOrEqual(100)
  }
  for (let index = 9_950; index < 10_000; index++) expect(map.get(`${index}`)).toBe(index)
})

test('keys that nobody sets any more are gone once others have been set for two lives', () => {
  const map = createRotatingMap<number>({ lifeMs: 100, maxKeys: 100 })
  map.set('idle', 1, 0)
  for (let now = 0; now <= 200; now += 10) map.set('busy', now, now)
  expect(map.get('idle')).toBeUndefined()
  expect(map.get('busy')).toBe(200)
})

test('a deleted value does not come back from the older generation', () => {
  const map = createRotatingMap<number>({ lifeMs: 100, maxKeys: 100 })
  map.set('a', 1, 0)
  map.set('a', 2, 100)
  map.delete('a')
  expect(map.get('a')).toBeUndefined()
})
