/** Counts of the most frequent of any number of names, in bounded memory. */
export interface TopCounts {
  add(name: string): void
  /** The most frequent first. */
  top(limit: number): readonly TopCount[]
}

export interface TopCount {
  readonly name: string
  /** Never too low. */
  readonly count: number
  /** By how much `count` may be too high: what names that gave way had counted before. */
  readonly uncertain: number
}

/**
 * Creates counts that keep at most so many names (the space-saving algorithm of Metwally, Agrawal and El Abbadi).
 *
 * Whoever came more often than one in `capacity` of all is kept for sure.
 *
 * @param capacity - Names kept (default 200).
 */
export const createTopCounts = (capacity = 200): TopCounts => {
  const counts = new Map<string, { count: number; readonly uncertain: number }>()

  /** The rarest name, found by a look at all: they are few, and only a new name asks. */
  const rarest = (): { readonly name: string; readonly count: number } => {
    let found = { name: '', count: Infinity }
    for (const [name, { count }] of counts) if (count < found.count) found = { name, count }
    return found
  }

  return {
    add(name) {
      const known = counts.get(name)
      if (known !== undefined) {
        known.count += 1
        return
      }
      if (counts.size < capacity) {
        counts.set(name, { count: 1, uncertain: 0 })
        return
      }
      const gone = rarest()
      counts.delete(gone.name)
      counts.set(name, { count: gone.count + 1, uncertain: gone.count })
    },
    top: (limit) =>
      [...counts]
        .map(([name, { count, uncertain }]) => ({ name, count, uncertain }))
        .toSorted((a, b) => b.count - a.count)
        .slice(0, limit),
  }
}
