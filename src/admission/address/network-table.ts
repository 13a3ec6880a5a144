import { maskWord } from './network.js'
import type { Words } from './words.js'

/**
 * Numbers by network of one family, looked up by any address in the network and the prefix length.
 *
 * One flat hash table with open addressing in typed arrays: a look-up touches a cell or two and allocates nothing. A cell has 9 bytes for IPv4 and 21
 * for IPv6, and at least half of the cells are empty.
 */
export interface NetworkTable {
  readonly size: number
  get(words: Words, prefix: number): number | undefined
  set(words: Words, prefix: number, value: number): void
  delete(words: Words, prefix: number): boolean
  /** Calls back for every network with its first word and prefix length. */
  each(seen: (firstWord: number, prefix: number) => void): void
}

/**
 * Creates an empty table.
 *
 * @param width - Words of an address: 1 for IPv4, 4 for IPv6.
 * @param seed - Secret of this process: ladder bans carry addresses that strangers chose, and could be chosen to share one cell.
 * @param expected - Networks for which there is room from the start (default 0).
 */
export const createNetworkTable = (width: 1 | 4, seed: number, expected = 0): NetworkTable => {
  let cells = emptyCells(width, 2 ** Math.max(6, Math.ceil(Math.log2(expected * 2 + 2))))
  let size = 0

  /** The cell that holds the network around `words`, or the empty one where it belongs. */
  const cellOf = ({ keys, prefixes, mask }: Cells, words: Words, prefix: number): number => {
    let hash = seed ^ Math.imul(prefix, 0x85eb_ca6b)
    for (let i = 0; i < width; i++) {
      hash = Math.imul(hash ^ ((words[i] ?? 0) & maskWord(prefix - i * 32)), 0x9e37_79b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0xc2b2_ae35)
    let cell = (hash ^ (hash >>> 13)) & mask
    while (prefixes[cell] !== 0 && !(prefixes[cell] === prefix + 1 && isAt(keys, cell, words, prefix))) cell = (cell + 1) & mask
    return cell
  }

  const isAt = (keys: Int32Array, cell: number, words: Words, prefix: number): boolean => {
    for (let i = 0; i < width; i++) if (keys[cell * width + i] !== ((words[i] ?? 0) & maskWord(prefix - i * 32))) return false
    return true
  }

  const put = (into: Cells, words: Words, prefix: number, value: number): boolean => {
    const cell = cellOf(into, words, prefix)
    const isNew = into.prefixes[cell] === 0
    if (isNew) {
      into.prefixes[cell] = prefix + 1
      for (let i = 0; i < width; i++) into.keys[cell * width + i] = (words[i] ?? 0) & maskWord(prefix - i * 32)
    }
    into.values[cell] = value
    return isNew
  }

  const held: number[] = [0, 0, 0, 0]
  /** Written over by the next call. */
  const wordsAt = (cell: number): Words => {
    for (let i = 0; i < width; i++) held[i] = cells.keys[cell * width + i] ?? 0
    return held
  }

  const grow = (): void => {
    const larger = emptyCells(width, (cells.mask + 1) * 2)
    // One turn of the event loop waits for this.
    for (let cell = 0; cell <= cells.mask; cell++) {
      const mark = cells.prefixes[cell] ?? 0
      if (mark !== 0) put(larger, wordsAt(cell), mark - 1, cells.values[cell] ?? 0)
    }
    cells = larger
  }

  return {
    get size() {
      return size
    },
    get(words, prefix) {
      const cell = cellOf(cells, words, prefix)
      return cells.prefixes[cell] === 0 ? undefined : cells.values[cell]
    },
    set(words, prefix, value) {
      if (put(cells, words, prefix, value)) size += 1
      if (size * 2 > cells.mask) grow()
    },
    delete(words, prefix) {
      let hole = cellOf(cells, words, prefix)
      if (cells.prefixes[hole] === 0) return false
      cells.prefixes[hole] = 0
      size -= 1
      // Whatever stands behind the hole without a gap may have been pushed there past it: it is put again, so that it is found without a mark.
      for (;;) {
        hole = (hole + 1) & cells.mask
        const mark = cells.prefixes[hole] ?? 0
        if (mark === 0) return true
        cells.prefixes[hole] = 0
        put(cells, wordsAt(hole), mark - 1, cells.values[hole] ?? 0)
      }
    },
    each(seen) {
      cells.prefixes.forEach((mark, cell) => {
        if (mark !== 0) seen(cells.keys[cell * width] ?? 0, mark - 1)
      })
    },
  }
}

interface Cells {
  /** Masked words of each network. */
  readonly keys: Int32Array
  /** Prefix length and 1; 0 is an empty cell. */
  readonly prefixes: Uint8Array
  readonly values: Int32Array
  /** Cells less one; there are a power of two of them. */
  readonly mask: number
}

const emptyCells = (width: number, count: number): Cells => ({
  keys: new Int32Array(count * width),
  prefixes: new Uint8Array(count),
  values: new Int32Array(count),
  mask: count - 1,
})
