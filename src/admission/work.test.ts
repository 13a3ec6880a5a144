import { expect, test } from 'vitest'
import { settle, waitFor, type Work } from './work.js'

const twice = function* (value: number | Promise<number>): Work<number> {
  const found = value instanceof Promise ? yield* waitFor(value) : value
  return found * 2
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
      return yield* waitFor(Promise.reject<string>(new Error('away')))
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
