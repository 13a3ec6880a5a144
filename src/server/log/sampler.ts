/** Lines of one kind that are written per minute; the rest is counted. */
const perMinute = 1_000

/** Decides whether a line of a kind is written, so that a flood of refusals can't flood the disk. */
export interface Sampler {
  /** @returns How many of this kind went unwritten in the minute before, for the first line of a new one; `undefined` when this one isn't written. */
  take(kind: string, at: number): number | undefined
}

export const createSampler = (): Sampler => {
  const kinds = new Map<string, { minute: number; written: number; unwritten: number }>()
  return {
    take(kind, at) {
      const minute = Math.floor(at / 60_000)
      const known = kinds.get(kind)
      if (known?.minute !== minute) {
        kinds.set(kind, { minute, written: 1, unwritten: 0 })
        return known?.unwritten ?? 0
      }
      if (known.written >= perMinute) {
        known.unwritten += 1
        return undefined
      }
      known.written += 1
      return 0
    },
  }
}
