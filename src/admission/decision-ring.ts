import type { DecisionOutline } from './decision-outline.js'
import type { Decision } from './decision.js'
import { KeptDecision } from './kept-decision.js'
import type { User } from './user.js'

/**
 * The newest decisions, bounded by count, so that every refusal can be opened by its id for a while.
 *
 * They are kept by value: what is found equals what was kept, and its lease releases nothing.
 */
export interface DecisionRing<U extends User = User> {
  /**
   * Keeps a decision; each is handed over once.
   *
   * @throws TypeError for one that was put together by hand, as it has no stairs.
   */
  keep(decision: Decision<U>): void
  /** Looks through all that are kept: it is asked by people, and `keep` by every handshake. */
  find(id: string): Decision<U> | undefined
  /** Newest first, of those that match by their outline; it is asked newest first, of each once, and keeps nothing of it. */
  newest(limit: number, matches?: (outline: DecisionOutline) => boolean): readonly Decision<U>[]
  readonly size: number
}

/** @param capacity - Decisions kept (default 10,000). */
export const createDecisionRing = <U extends User>(capacity = 10_000): DecisionRing<U> => {
  const places: KeptDecision<U>[] = []
  /** Where the oldest lies once all places are taken, and the next one goes. */
  let next = 0

  return {
    keep(decision) {
      if (capacity === 0) return
      const place = (places[next] ??= new KeptDecision<U>())
      place.write(decision)
      next = (next + 1) % capacity
    },
    find: (id) => places.find((place) => place.id === id)?.read(),
    newest(limit, matches = () => true) {
      const found: Decision<U>[] = []
      for (let back = 1; back <= places.length && found.length < limit; back += 1) {
        const place = places[(next - back + places.length) % places.length]
        const decision = place !== undefined && matches(place) ? place.read() : undefined
        if (decision !== undefined) found.push(decision)
      }
      return found
    },
    get size() {
      return places.length
    },
  }
}
