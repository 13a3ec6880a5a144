import type { Decision } from './decision.js'
import type { User } from './user.js'

/** The newest decisions, bounded by count, so that every refusal can be opened by its id for a while. */
export interface DecisionRing<U extends User = User> {
  keep(decision: Decision<U>): void
  find(id: string): Decision<U> | undefined
  /** Newest first. */
  newest(limit: number, matches?: (decision: Decision<U>) => boolean): readonly Decision<U>[]
  readonly size: number
}

/** @param capacity - Decisions kept (default 10,000). */
export const createDecisionRing = <U extends User>(capacity = 10_000): DecisionRing<U> => {
  // A Map keeps the order of insertion, so its first key is always the oldest.
  const kept = new Map<string, Decision<U>>()
  return {
    keep(decision) {
      kept.set(decision.id, decision)
      if (kept.size <= capacity) return
      const oldest = kept.keys().next()
      if (oldest.done !== true) kept.delete(oldest.value)
    },
    find: (id) => kept.get(id),
    newest(limit, matches = () => true) {
      const found: Decision<U>[] = []
      for (const decision of [...kept.values()].reverse()) {
        if (found.length >= limit) break
        if (matches(decision)) found.push(decision)
      }
      return found
    },
    get size() {
      return kept.size
    },
  }
}
