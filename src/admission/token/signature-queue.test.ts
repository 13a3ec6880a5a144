import { expect, test } from 'vitest'
import { deferred } from '../testing/deferred.js'
import { createSignatureQueue } from './signature-queue.js'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('so many signatures are checked at once, the others in the order they came, whatever became of those before', async () => {
  const queue = createSignatureQueue(2, 10)
  const begun: number[] = []
  const checks = Array.from({ length: 5 }, () => deferred<boolean>())
  const answers = checks.map(({ promise }, index) =>
    queue.run(() => {
      begun.push(index)
      return promise
    }),
  )
  const ended = Promise.allSettled(answers)
  await settle()
  expect(begun).toEqual([0, 1])
  checks[1]?.reject(new Error('broken'))
  await settle()
  expect(begun).toEqual([0, 1, 2])
  for (const check of checks) check.resolve(true)
  expect((await ended).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(begun).toEqual([0, 1, 2, 3, 4])
})

test('more than may wait are refused for want of room, and there is room again later', async () => {
  const queue = createSignatureQueue(1, 1)
  const check = deferred<boolean>()
  const first = queue.run(() => check.promise)
  const second = queue.run(() => Promise.resolve(false))
  await expect(queue.run(() => Promise.resolve(true))).rejects.toThrow('too many signatures wait')
  check.resolve(true)
  expect(await Promise.all([first, second])).toEqual([true, false])
  expect(await queue.run(() => Promise.resolve(true))).toBe(true)
})
