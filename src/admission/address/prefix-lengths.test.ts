import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskWord } from './network.js'
import { createIPv4Lengths, createIPv6Lengths } from './prefix-lengths.js'

const noted = fc.array(fc.record({ word: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), prefix: fc.nat(32) }), { maxLength: 20 })

/** Every length that is offered, from the longest on. */
const offered = (next: (below: number) => number, from: number): readonly number[] => {
  const found: number[] = []
  for (let prefix = next(from); prefix !== -1; prefix = next(prefix)) found.push(prefix)
  return found
}

test('an IPv4 address is offered every length of a network it lies in, the longest first, and only lengths that occur', () => {
  fc.assert(
    fc.property(noted, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (networks, other) => {
      const lengths = createIPv4Lengths()
      for (const { word, prefix } of networks) lengths.add(word & maskWord(prefix), prefix)
      for (const address of [other, ...networks.map(({ word }) => word)]) {
        const found = offered((below) => lengths.next(address, below), 33)
        expect(found).toEqual([...new Set(found)].toSorted((a, b) => b - a))
        const around = networks.filter(({ word, prefix }) => ((word ^ address) & maskWord(prefix)) === 0)
        for (const { prefix } of around) expect(found).toContain(prefix)
        for (const prefix of found) expect(networks.map((each) => each.prefix)).toContain(prefix)
      }
    }),
  )
})

test('an IPv6 address is offered every length that occurs, the longest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(128), { maxLength: 20 }), (prefixes) => {
      const lengths = createIPv6Lengths()
      for (const prefix of prefixes) lengths.add(0, prefix)
      expect(offered((below) => lengths.next(0, below), 129)).toEqual([...new Set(prefixes)].toSorted((a, b) => b - a))
    }),
  )
})
