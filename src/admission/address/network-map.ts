import { randomInt } from 'node:crypto'
import type { NetworkKey } from './network.js'
import { createNetworkTable, type NetworkTable } from './network-table.js'
import { createIPv4Lengths, createIPv6Lengths, type PrefixLengths } from './prefix-lengths.js'
import { ipv4Word, ipv6Words, type Words } from './words.js'

/**
 * Numbers by network, found by the addresses that lie in it.
 *
 * A look-up costs one probe for each prefix length that occurs near the address (IPv4) or at all (IPv6), whatever the number of networks.
 */
export interface NetworkMap {
  get(network: NetworkKey): number | undefined
  /** @param value - An integer from 0 to 2^31 - 1. */
  set(network: NetworkKey, value: number): void
  delete(network: NetworkKey): boolean
  /**
   * The value of the longest matching network that `accept` takes.
   *
   * @param address - Canonical text from `canonicalAddress`.
   * @param over - Only networks with a longer prefix than this (default -1).
   */
  find(address: string, accept: (value: number) => boolean, over?: number): number | undefined
  readonly size: number
}

/**
 * Creates an empty map.
 *
 * @param expected - Networks for which there is room from the start (default 0). Room that nobody uses is address space, no memory.
 */
export const createNetworkMap = (expected = 0): NetworkMap => {
  const seed = randomInt(2 ** 32)
  const families: Readonly<Record<4 | 6, Family>> = { 4: emptyFamily(4, seed, expected), 6: emptyFamily(6, seed, expected) }

  /** Lengths are noted, not counted; they are noted anew when more networks have gone than there are. */
  const forget = (family: Family): void => {
    family.gone += 1
    if (family.gone <= family.table.size + 1_000) return
    const lengths = family.createLengths()
    family.table.each(lengths.add)
    family.lengths = lengths
    family.gone = 0
  }

  const findIn = ({ table, lengths }: Family, words: Words, accept: (value: number) => boolean, over: number): number | undefined => {
    if (lengths === undefined) return undefined
    const first = words[0] ?? 0
    for (let prefix = lengths.next(first, words.length * 32 + 1); prefix > over; prefix = lengths.next(first, prefix)) {
      const value = table.get(words, prefix)
      if (value !== undefined && accept(value)) return value
    }
    return undefined
  }

  return {
    get: ({ family, words, prefix }) => families[family].table.get(words, prefix),
    set({ family: number, words, prefix }, value) {
      const family = families[number]
      family.lengths ??= family.createLengths()
      family.lengths.add(words[0] ?? 0, prefix)
      family.table.set(words, prefix, value)
    },
    delete({ family, words, prefix }) {
      if (!families[family].table.delete(words, prefix)) return false
      forget(families[family])
      return true
    },
    find(address, accept, over = -1) {
      const isIPv6 = address.includes(':')
      const family = families[isIPv6 ? 6 : 4]
      if (family.table.size === 0) return undefined
      return findIn(family, isIPv6 ? ipv6Words(address) : [ipv4Word(address)], accept, over)
    },
    get size() {
      return families[4].table.size + families[6].table.size
    },
  }
}

interface Family {
  readonly table: NetworkTable
  readonly createLengths: () => PrefixLengths
  /** Made with the first network. */
  lengths: PrefixLengths | undefined
  /** Networks that were deleted since the lengths were noted. */
  gone: number
}

const emptyFamily = (family: 4 | 6, seed: number, expected: number): Family => ({
  table: createNetworkTable(family === 4 ? 1 : 4, seed, expected),
  createLengths: family === 4 ? createIPv4Lengths : createIPv6Lengths,
  lengths: undefined,
  gone: 0,
})
