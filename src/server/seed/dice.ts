/** Numbers that look thrown and are the same every time. */
export interface Dice {
  /** A whole number from 0 to `sides - 1`. */
  below(sides: number): number
  /** One of a list that is not empty. */
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T
  /** `true` in so many of a hundred throws. */
  chance(percent: number): boolean
  /** An id as conversations and messages have it. */
  id(): string
}

const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

const step = 0x6d2b79f5

/**
 * Creates dice from a seed (the mulberry32 generator, which repeats after 2^32 throws); for samples and tests, never for secrets.
 *
 * @param skipped - Throws of this seed to begin after.
 */
export const createDice = (seed: number, skipped = 0): Dice => {
  let state = (seed + Math.imul(step, skipped)) >>> 0
  const next = (): number => {
    state = (state + step) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (sides: number): number => Math.floor(next() * sides)
  return {
    below,
    pick(from) {
      const picked = from[below(from.length)]
      if (picked === undefined) throw new RangeError('Cannot pick as "from" must hold something')
      return picked
    },
    chance: (percent) => below(100) < percent,
    id: () => Array.from({ length: 10 }, () => alphabet.charAt(below(alphabet.length))).join(''),
  }
}
