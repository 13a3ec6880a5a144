import { expect, test } from 'vitest'
import { createNetworkTable } from './network-table.js'

const count = 100_000
const wordsOf = (index: number) => [0x2001_0db8, Math.imul(index, 0x9e37_79b1), index, ~index]

test('networks that share a cell are told apart, also when some of them go', () => {
  for (const [width, prefix] of [[4, 128], [1, 32]] as const) {
    const table = createNetworkTable(width, 7)
    const keyOf = (index: number) => (width === 4 ? wordsOf(index) : [Math.imul(index, 0x9e37_79b1)])
    for (let index = 0; index < count; index++) table.set(keyOf(index), prefix, index)
    expect(table.size).toBe(count)
    let wrong = 0
    for (let index = 0; index < count; index++) if (table.get(keyOf(index), prefix) !== index) wrong += 1
    for (let index = 0; index < count; index += 2) if (!table.delete(keyOf(index), prefix) || table.delete(keyOf(index), prefix)) wrong += 1
    for (let index = 0; index < count; index++) if (table.get(keyOf(index), prefix) !== (index % 2 === 0 ? undefined : index)) wrong += 1
    for (let index = 1; index < count; index += 2) if (!table.delete(keyOf(index), prefix)) wrong += 1
    expect(wrong).toBe(0)
    expect(table.size).toBe(0)
  }
})

test('one address with two prefix lengths is two networks', () => {
  const table = createNetworkTable(1, 7)
  table.set([0x0a00_0000], 8, 1)
  table.set([0x0a00_0000], 32, 2)
  expect([table.get([0x0a00_0000], 8), table.get([0x0a00_0000], 32), table.get([0x0a00_0000], 16), table.size]).toEqual([1, 2, undefined, 2])
})

test('of prefix 0 there is one network, which every address is in', () => {
  for (const table of [createNetworkTable(1, 7), createNetworkTable(4, 7)]) {
    table.set([1, 2, 3, 4], 0, 1)
    table.set([0, 0, 0, 0], 0, 2)
    expect(table.size).toBe(1)
    expect(table.get([-1, -1, -1, -1], 0)).toBe(2)
  }
})
