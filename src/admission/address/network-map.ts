import { randomInt } from 'node:crypto'
import type { Network } from './network.js'
import { createIPv4Table, createIPv6Table, type NetworkTable } from './network-table.js'
import { ipv4Word, ipv6Words } from './words.js'

/**
 * Values by network, found by the addresses that lie in it.
 *
 * One hash table per prefix length that occurs, so a look-up costs one probe for each of these lengths whatever the number of networks.
 */
export interface NetworkMap<V> {
  get(network: Network): V | undefined
  set(network: Network, value: V): void
  delete(network: Network): boolean
  /**
   * The value of the longest matching network that `accept` takes.
   *
   * @param address - Canonical text from `canonicalAddress`.
   */
  find(address: string, accept: (value: V) => boolean): V | undefined
  readonly size: number
}

/** Creates an empty map. */
export const createNetworkMap = <V>(): NetworkMap<V> => {
  const seed = randomInt(2 ** 32)
  /** Longest prefix first. */
  const tables: Readonly<Record<4 | 6, NetworkTable<V>[]>> = { 4: [], 6: [] }

  const tableOf = ({ family, prefix }: Network): NetworkTable<V> | undefined => tables[family].find((table) => table.prefix === prefix)

  const addTable = ({ family, prefix }: Network): NetworkTable<V> => {
    const table = family === 4 ? createIPv4Table<V>(prefix) : createIPv6Table<V>(prefix, seed)
    tables[family].push(table)
    tables[family].sort((a, b) => b.prefix - a.prefix)
    return table
  }

  return {
    get: (network) => tableOf(network)?.get(network.words),
    set(network, value) {
      const table = tableOf(network) ?? addTable(network)
      table.set(network.words, value)
    },
    delete(network) {
      const table = tableOf(network)
      if (table === undefined || !table.delete(network.words)) return false
      if (table.size === 0) tables[network.family].splice(tables[network.family].indexOf(table), 1)
      return true
    },
    find(address, accept) {
      const isIPv6 = address.includes(':')
      const candidates = tables[isIPv6 ? 6 : 4]
      if (candidates.length === 0) return undefined
      const words = isIPv6 ? ipv6Words(address) : [ipv4Word(address)]
      for (const table of candidates) {
        const value = table.get(words)
        if (value !== undefined && accept(value)) return value
      }
      return undefined
    },
    get size() {
      return [...tables[4], ...tables[6]].reduce((sum, table) => sum + table.size, 0)
    },
  }
}
