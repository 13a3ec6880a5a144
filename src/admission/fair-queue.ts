/** Waiting calls in which everybody who asks has his turn: one call of each, in a round, whoever has asked for how much. */
export interface FairQueue<T> {
  readonly size: number
  push(item: T): void
  /** Takes the next items, at most `count`. Items of one asker keep their order. */
  take(count: number): readonly T[]
  all(): readonly T[]
  /** Drops what is not to be kept. */
  keep(wanted: (item: T) => boolean): void
}

export const createFairQueue = <T>(askerOf: (item: T) => string): FairQueue<T> => {
  // The order of the map is the round: who has been served goes to its end.
  const byAsker = new Map<string, T[]>()
  let size = 0

  const next = (): T | undefined => {
    const first = byAsker.entries().next()
    if (first.done === true) return undefined
    const [asker, items] = first.value
    const item = items.shift()
    byAsker.delete(asker)
    if (items.length > 0) byAsker.set(asker, items)
    size -= 1
    return item
  }

  return {
    get size() {
      return size
    },
    push(item) {
      const asker = askerOf(item)
      const items = byAsker.get(asker)
      if (items === undefined) byAsker.set(asker, [item])
      else items.push(item)
      size += 1
    },
    take(count) {
      const taken: T[] = []
      while (taken.length < count) {
        const item = next()
        if (item === undefined) break
        taken.push(item)
      }
      return taken
    },
    all: () => [...byAsker.values()].flat(),
    keep(wanted) {
      for (const [asker, items] of byAsker) {
        const kept = items.filter(wanted)
        size -= items.length - kept.length
        if (kept.length === 0) byAsker.delete(asker)
        else byAsker.set(asker, kept)
      }
    },
  }
}
