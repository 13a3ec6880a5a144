import fc from 'fast-check'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createCounted } from './counted.js'

test('each set of label values is one line with its own count', async () => {
  const registry = new Registry()
  const counted = createCounted(registry, 'a_total', 'A.', ['reason', 'step'])
  counted('x', 'y').value += 1
  counted('x', 'y').value += 2
  counted('x', 'z').value += 5
  counted('y', 'x').value += 7
  expect((await registry.metrics()).trimEnd().split('\n').slice(2)).toEqual(['a_total{reason="x",step="y"} 3', 'a_total{reason="x",step="z"} 5', 'a_total{reason="y",step="x"} 7'])
})

test('a counter without labels is there from the start, at zero', async () => {
  const registry = new Registry()
  createCounted(registry, 'a_total', 'A.', [])
  expect(await registry.metrics()).toContain('a_total 0')
})

test('asking twice counts nothing twice', async () => {
  const registry = new Registry()
  createCounted(registry, 'a_total', 'A.', ['rule'])('x').value += 1
  await registry.metrics()
  expect(await registry.metrics()).toContain('a_total{rule="x"} 1')
})

test('labels without end become `other`, and nothing goes uncounted', async () => {
  const registry = new Registry()
  const counted = createCounted(registry, 'a_total', 'A.', ['reason', 'endpoint'])
  for (let i = 0; i < 10_000; i += 1) counted(`r${String(i % 100)}`, `e${String(i)}`).value += 1
  const counts = (await registry.metrics()).split('\n').filter((line) => line.startsWith('a_total'))
  expect(counts.length).toBeLessThan(2_200)
  expect(counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(10_000)
  expect(counts.some((line) => line.includes('endpoint="other"'))).toBe(true)
})

test('counts are those of a plain map, for any values in any order', async () => {
  const word = fc.constantFrom('a', 'b', '', '__proto__', 'constructor', 'a"b\n')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(word, word)), async (pairs) => {
      const registry = new Registry()
      const counted = createCounted(registry, 'a_total', 'A.', ['reason', 'step'])
      const expected = new Map<string, readonly [reason: string, step: string, count: number]>()
      for (const [reason, step] of pairs) {
        counted(reason, step).value += 1
        const key = JSON.stringify([reason, step])
        expected.set(key, [reason, step, (expected.get(key)?.[2] ?? 0) + 1])
      }
      for (const [reason, step, count] of expected.values()) expect(counted(reason, step).value).toBe(count)
      expect((await registry.metrics()).split('\n').filter((line) => line.startsWith('a_total{'))).toHaveLength(expected.size)
    }),
    { numRuns: 50 },
  )
})
