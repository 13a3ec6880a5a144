import { randomInt } from 'node:crypto'
import { maskWord, type Network } from './network.js'
import { ipv4Word, ipv6Words, type Words } from './words.js'

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
  const tables: Record<4 | 6, Table<V>[]> = { 4: [], 6: [] }
  // Ladder bans carry addresses a stranger chose; without a secret seed they could be chosen to share one slot.
  const seed = randomInt(2 ** 32)
  let size = 0

  const tableOf = (network: Network): Table<V> | undefined => tables[network.family].find(({ prefix }) => prefix === network.prefix)

  return {
    get: (network) => lookUp(tableOf(network), network.words, seed)?.value,
    set(network, value) {
      let table = tableOf(network)
      if (table === undefined) {
        table = { prefix: network.prefix, masks: network.words.map((_, index) => maskWord(network.prefix - index * 32)), slots: new Map() }
        tables[network.family].push(table)
        tables[network.family].sort((a, b) => b.prefix - a.prefix)
      }
      const present = lookUp(table, network.words, seed)
      if (present !== undefined) {
        present.value = value
        return
      }
      const slot = slotOf(network.words, table.masks, seed)
      table.slots.set(slot, { words: network.words, value, next: table.slots.get(slot) })
      size += 1
    },
    delete(network) {
      const table = tableOf(network)
      if (table === undefined || !unlink(table, network.words, seed)) return false
      size -= 1
      if (table.slots.size === 0) tables[network.family].splice(tables[network.family].indexOf(table), 1)
      return true
    },
    find(address, accept) {
      const isIPv6 = address.includes(':')
      const candidates = tables[isIPv6 ? 6 : 4]
      if (candidates.length === 0) return undefined
      const words = isIPv6 ? ipv6Words(address) : [ipv4Word(address)]
      for (const table of candidates) {
        const entry = lookUp(table, words, seed)
        if (entry !== undefined && accept(entry.value)) return entry.value
      }
      return undefined
    },
    get size() {
      return size
    },
  }
}

/** All networks of one prefix length. Networks that share a slot are chained. */
interface Table<V> {
  readonly prefix: number
  readonly masks: Words
  readonly slots: Map<number, Entry<V>>
}

interface Entry<V> {
  readonly words: Words
  value: V
  next: Entry<V> | undefined
}

const slotOf = (words: Words, masks: Words, seed: number): number => {
  // IPv4 needs no hash: the word is the slot, and no two networks share one.
  if (masks.length === 1) return (words[0] ?? 0) & (masks[0] ?? 0)
  let hash = seed | 0
  for (let i = 0; i < masks.length; i++) {
    hash = Math.imul(hash ^ ((words[i] ?? 0) & (masks[i] ?? 0)), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

const lookUp = <V>(table: Table<V> | undefined, words: Words, seed: number): Entry<V> | undefined => {
  if (table === undefined) return undefined
  let entry = table.slots.get(slotOf(words, table.masks, seed))
  while (entry !== undefined && !isIn(words, entry.words, table.masks)) entry = entry.next
  return entry
}

const isIn = (words: Words, network: Words, masks: Words): boolean => {
  for (let i = 0; i < masks.length; i++) if (((words[i] ?? 0) & (masks[i] ?? 0)) !== network[i]) return false
  return true
}

const unlink = <V>(table: Table<V>, words: Words, seed: number): boolean => {
  const slot = slotOf(words, table.masks, seed)
  let before: Entry<V> | undefined
  let entry = table.slots.get(slot)
  while (entry !== undefined && !isIn(words, entry.words, table.masks)) {
    before = entry
    entry = entry.next
  }
  if (entry === undefined) return false
  if (before !== undefined) before.next = entry.next
  else if (entry.next !== undefined) table.slots.set(slot, entry.next)
  else table.slots.delete(slot)
  return true
}
