import type { WindowLimit } from '../admission/limits.js'
import { createSlidingWindow } from '../admission/sliding-window.js'
import { createSteadyTime } from '../admission/steady-time.js'

/** What a user's next message meets. */
export type MessageAllowance =
  | { readonly outcome: 'granted' }
  | { readonly outcome: 'limited'; /** Waiting exactly this long succeeds for a lone client. */ readonly retryAfterMs: number }
  /** Three times the limit was tried in one window: this is no person. */
  | { readonly outcome: 'flood'; readonly retryAfterMs: number }

/** How many messages each user may send in any window, counted on this node. */
export interface MessageRate {
  readonly limit: WindowLimit
  /** @param at - Epoch milliseconds. */
  take(userId: string, at: number): MessageAllowance
}

/** Users remembered; beyond that the ones that were quiet longest start again. */
const maxUsers = 400_000

/**
 * Creates an exact sliding window per user. A clock that is set back locks nobody out and lets nobody send more.
 *
 * @param limit - Default of the server: 60 in any 60,000 ms.
 * @throws TypeError or RangeError when a setting is not a positive integer.
 */
export const createMessageRate = (limit: WindowLimit): MessageRate => {
  const granted = createSlidingWindow('messages', limit, maxUsers)
  const refused = createSlidingWindow('messages', { ...limit, max: 2 * limit.max }, maxUsers)
  const time = createSteadyTime()

  return {
    limit,
    take(userId, at) {
      const now = time.now(at)
      const ready = granted.readyAt(userId)
      if (ready <= now) {
        granted.record(userId, now)
        return { outcome: 'granted' }
      }
      const retryAfterMs = time.until(ready, at)
      if (refused.readyAt(userId) > now) return { outcome: 'flood', retryAfterMs }
      refused.record(userId, now)
      return { outcome: 'limited', retryAfterMs }
    },
  }
}
