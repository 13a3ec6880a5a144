import { expect, test } from 'vitest'
import { Answer, settle, type Work } from './work.js'

const twice = function* (value: number | Promise<number>): Work<number> {
  if (typeof value === 'number') return value * 2
  const asked = new Answer('numbers', 1_000, value)
  yield asked.over
  return asked.value * 2
}

test('work that never waits gives its result at once', () => {
  expect(settle(twice(21))).toBe(42)
})

test('work that waits gives a promise of its result', async () => {
  const later = settle(twice(Promise.resolve(21)))
  expect(later).toBeInstanceOf(Promise)
  expect(await later).toBe(42)
})

test('what a promise rejects with is thrown where it was waited for', async () => {
  const caught = function* (): Work<string> {
    try {
      const asked = new Answer('names', 1_000, Promise.reject<string>(new Error('away')))
      yield asked.over
      return asked.value
    } catch (error) {
      return error instanceof Error ? error.message : 'no error'
    }
  }
  expect(await settle(caught())).toBe('away')
  await expect(settle(twice(Promise.reject<number>(new Error('away'))))).rejects.toThrow('away')
})

test('work may wait again and again', async () => {
  const sum = function* (): Work<number> {
    let total = 0
    for (const part of [1, 2, 3]) total += yield* twice(Promise.resolve(part))
    return total
  }
  expect(await settle(sum())).toBe(12)
})

test('an answer that is not there yet can not be read', () => {
  expect(() => new Answer('numbers', 1_000, Promise.resolve(1)).value).toThrow('before its answer was there')
})
