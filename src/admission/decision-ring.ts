import type { Decision } from './decision.js'
import type { User } from './user.js'

/** The newest decisions, bounded by count, so that every refusal can be opened by its id for a while. */
export interface DecisionRing<U extends User = User> {
  /** Keeps a decision; each is handed over once. */
  keep(decision: Decision<U>): void
  /** Looks through all that are kept: it is asked by people, and `keep` by every handshake. */
  find(id: string): Decision<U> | undefined
  /** Newest first. */
  newest(limit: number, matches?: (decision: Decision<U>) => boolean): readonly Decision<U>[]
  readonly size: number
}

/** @param capacity - Decisions kept (default 10,000). */
export const createDecisionRing = <U extends User>(capacity = 10_000): DecisionRing<U> => {
  const kept: Decision<U>[] = []
  /** Where the oldest lies once all places are taken, and the next one goes. */
  let next = 0

  const newestFirst = function* (): Generator<Decision<U>> {
    for (let back = 1; back <= kept.length; back += 1) {
      const decision = kept[(next - back + kept.length) % kept.length]
      if (decision !== undefined) yield decision
    }
  }

  return {
    keep(decision) {
      if (capacity === 0) return
      kept[next] = decision
      next = (next + 1) % capacity
    },
    find: (id) => kept.find((decision) => decision.id === id),
    newest(limit, matches = () => true) {
      const found: Decision<U>[] = []
      for (const decision of newestFirst()) {
        if (found.length >= limit) break
        if (matches(decision)) found.push(decision)
      }
      return found
    },
    get size() {
      return kept.length
    },
  }
}
