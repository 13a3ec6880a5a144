/**
 * Which prefix lengths are worth a look for an address, so that an address far from every network costs next to nothing.
 *
 * It may name lengths at which nothing is any more, never leave one out at which something is.
 */
export interface PrefixLengths {
  /** Notes a network by its first word. */
  add(firstWord: number, prefix: number): void
  /** The longest of the noted lengths under `below` (33 or 129 begins) for the networks that an address with this first word can lie in; -1 for none. */
  next(firstWord: number, below: number): number
}

/** For IPv4: a bit for each length in each of the 65,536 blocks of /16, in 256 KiB. */
export const createIPv4Lengths = (): PrefixLengths => {
  /** Bit 32 - n stands for length n, so that the longest is the lowest; length 0 has no bit. */
  const blocks = new Int32Array(65_536)
  let everything = false
  return {
    add(firstWord, prefix) {
      if (prefix === 0) {
        everything = true
        return
      }
      const first = firstWord >>> 16
      const count = prefix < 16 ? 1 << (16 - prefix) : 1
      for (let block = first; block < first + count; block++) blocks[block] = (blocks[block] ?? 0) | (1 << (32 - prefix))
    },
    next(firstWord, below) {
      const noted = blocks[firstWord >>> 16] ?? 0
      const left = below > 32 ? noted : noted & (-1 << (33 - below))
      if (below > 1 && left !== 0) return 1 + Math.clz32(left & -left)
      return everything && below > 0 ? 0 : -1
    },
  }
}

/** For IPv6, where few lengths occur: the lengths alone, whatever the address. */
export const createIPv6Lengths = (): PrefixLengths => {
  /** For each length, the next shorter one that was noted. */
  const shorter = new Int16Array(130).fill(-1)
  return {
    add(_firstWord, prefix) {
      for (let below = prefix + 1; below < shorter.length && (shorter[below] ?? -1) < prefix; below++) shorter[below] = prefix
    },
    next: (_firstWord, below) => shorter[below] ?? -1,
  }
}
