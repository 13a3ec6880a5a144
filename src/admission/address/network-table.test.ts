import { expect, test } from 'vitest'
import { createIPv4Table, createIPv6Table } from './network-table.js'

/** Enough for a score of pairs that share a 32-bit key. */
const count = 400_000
const wordsOf = (index: number) => [0x2001_0db8, Math.imul(index, 0x9e37_79b1), index, ~index]

test('networks that share a hash are told apart, also when some of them go', () => {
  const table = createIPv6Table<number>(128, 7)
  for (let index = 0; index < count; index++) table.set(wordsOf(index), index)
  expect(table.size).toBe(count)
  let wrong = 0
  for (let index = 0; index < count; index++) if (table.get(wordsOf(index)) !== index) wrong += 1
  for (let index = 0; index < count; index += 2) if (!table.delete(wordsOf(index)) || table.delete(wordsOf(index))) wrong += 1
  for (let index = 0; index < count; index++) if (table.get(wordsOf(index)) !== (index % 2 === 0 ? undefined : index)) wrong += 1
  for (let index = 1; index < count; index += 2) if (!table.delete(wordsOf(index))) wrong += 1
  expect(wrong).toBe(0)
  expect(table.size).toBe(0)
})

test('a table of prefix 0 holds one network, which every address is in', () => {
  for (const table of [createIPv4Table<string>(0), createIPv6Table<string>(0, 7)]) {
    table.set([1, 2, 3, 4], 'first')
    table.set([0, 0, 0, 0], 'second')
    expect(table.size).toBe(1)
    expect(table.get([-1, -1, -1, -1])).toBe('second')
  }
})
