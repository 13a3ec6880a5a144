import { outlineOf } from '../admission/decision-outline.js'
import type { Decision } from '../admission/decision.js'
import { passes, type DecisionFilter } from './decision-filter.js'

/** What happened since the last call, oldest first. */
export interface DecisionNews {
  readonly decisions: readonly Decision[]
  /** Decisions after these that were not kept, because the reader is slower than they come. */
  readonly dropped: number
}

export interface DecisionReader {
  /** Waits until there is news; `undefined` when the feed or the reader has been stopped. One call at a time. */
  next(): Promise<DecisionNews | undefined>
  stop(): void
}

/** Hands decisions to who watches them live. Without readers a decision costs nothing. */
export interface DecisionFeed {
  publish(decision: Decision): void
  /** `undefined` when there are as many readers as there may be, of this name or of all. */
  follow(filter: DecisionFilter, name: string): DecisionReader | undefined
  /** Ends all readers. */
  stop(): void
}

/**
 * Creates a feed.
 *
 * @param capacity - Decisions kept for a reader who does not fetch them (default 1,000).
 * @param maxReaders - Default 32, of which one name may have 8: nobody takes all places from the others.
 */
export const createDecisionFeed = (capacity = 1_000, maxReaders = 32, maxOfName = 8): DecisionFeed => {
  interface Slot {
    readonly filter: DecisionFilter
    readonly name: string
    waiting: Decision[]
    dropped: number
    stopped: boolean
    wake: (() => void) | undefined
  }
  const slots = new Set<Slot>()

  const stop = (slot: Slot): void => {
    slots.delete(slot)
    slot.stopped = true
    slot.wake?.()
  }

  return {
    publish(decision) {
      if (slots.size === 0) return
      const outline = outlineOf(decision)
      for (const slot of slots) {
        if (!passes(slot.filter, outline)) continue
        // What comes after a drop is dropped too until the reader fetches, so that the gap is at one place.
        if (slot.waiting.length < capacity) slot.waiting.push(decision)
        else slot.dropped += 1
        slot.wake?.()
      }
    },
    follow(filter, name) {
      if (slots.size >= maxReaders || [...slots].filter((each) => each.name === name).length >= maxOfName) return undefined
      const slot: Slot = { filter, name, waiting: [], dropped: 0, stopped: false, wake: undefined }
      slots.add(slot)
      return {
        async next() {
          if (slot.waiting.length === 0 && !slot.stopped) {
            await new Promise<void>((resolve) => {
              slot.wake = resolve
            })
            slot.wake = undefined
          }
          if (slot.waiting.length === 0) return undefined
          const news = { decisions: slot.waiting, dropped: slot.dropped }
          slot.waiting = []
          slot.dropped = 0
          return news
        },
        stop: () => {
          stop(slot)
        },
      }
    },
    stop() {
      for (const slot of slots) stop(slot)
    },
  }
}
