import { maskWord } from './network.js'
import type { Words } from './words.js'

/** Values of all networks of one family and one prefix length; looked up by any address in them. */
export interface NetworkTable<V> {
  readonly prefix: number
  readonly size: number
  get(words: Words): V | undefined
  set(words: Words, value: V): void
  delete(words: Words): boolean
}

/** A table of IPv4 networks: the masked word is the key. */
export const createIPv4Table = <V>(prefix: number): NetworkTable<V> => {
  const mask = maskWord(prefix)
  const values = new Map<number, V>()
  const keyOf = (words: Words): number => (words[0] ?? 0) & mask
  return {
    prefix,
    get size() {
      return values.size
    },
    get: (words) => values.get(keyOf(words)),
    set(words, value) {
      values.set(keyOf(words), value)
    },
    delete: (words) => values.delete(keyOf(words)),
  }
}

/**
 * A table of IPv6 networks: a hash of the masked words is the key, and networks that share one are chained.
 *
 * @param seed - Secret of this process: ladder bans carry addresses that strangers chose, and could be chosen to share one key.
 */
export const createIPv6Table = <V>(prefix: number, seed: number): NetworkTable<V> => {
  const masks = [0, 32, 64, 96].map((bits) => maskWord(prefix - bits))
  const chains = new Map<number, Entry<V>>()
  let size = 0

  const keyOf = (words: Words): number => {
    let hash = seed | 0
    for (let i = 0; i < 4; i++) {
      hash = Math.imul(hash ^ ((words[i] ?? 0) & (masks[i] ?? 0)), 0x9e37_79b1)
      hash ^= hash >>> 15
    }
    return hash
  }
  const isIn = (words: Words, network: Words): boolean => {
    for (let i = 0; i < 4; i++) if ((((words[i] ?? 0) ^ (network[i] ?? 0)) & (masks[i] ?? 0)) !== 0) return false
    return true
  }
  const find = (words: Words): Entry<V> | undefined => {
    let entry = chains.get(keyOf(words))
    while (entry !== undefined && !isIn(words, entry.words)) entry = entry.next
    return entry
  }

  return {
    prefix,
    get size() {
      return size
    },
    get: (words) => find(words)?.value,
    set(words, value) {
      const present = find(words)
      if (present !== undefined) {
        present.value = value
        return
      }
      const key = keyOf(words)
      chains.set(key, { words, value, next: chains.get(key) })
      size += 1
    },
    delete(words) {
      const found = find(words)
      if (found === undefined) return false
      const key = keyOf(words)
      const rest = without(chains.get(key), found)
      if (rest === undefined) chains.delete(key)
      else chains.set(key, rest)
      size -= 1
      return true
    },
  }
}

interface Entry<V> {
  readonly words: Words
  value: V
  next: Entry<V> | undefined
}

/** The chain that `first` begins, less one entry of it. */
const without = <V>(first: Entry<V> | undefined, dropped: Entry<V>): Entry<V> | undefined => {
  if (first === undefined || first === dropped) return dropped.next
  first.next = without(first.next, dropped)
  return first
}
