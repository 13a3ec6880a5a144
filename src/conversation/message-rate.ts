import type { WindowLimit } from '../admission/limits.js'

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

interface Tried {
  readonly granted: number[]
  readonly refused: number[]
}

/** Users whose windows are kept before those that have run out are looked for. */
const sweepAt = 10_000

/**
 * Creates an exact sliding window per user.
 *
 * @param limit - Default of the server: 60 in any 60,000 ms.
 */
export const createMessageRate = (limit: WindowLimit): MessageRate => {
  for (const [name, value] of Object.entries(limit)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`Cannot create a message rate as "${name}" must be a positive integer: current value is ${String(value)}`)
    }
  }
  const users = new Map<string, Tried>()

  const forget = (times: number[], at: number): void => {
    let gone = 0
    while (gone < times.length && (times[gone] ?? at) <= at - limit.windowMs) gone += 1
    if (gone > 0) times.splice(0, gone)
  }

  const sweep = (at: number): void => {
    for (const [userId, tried] of users) {
      forget(tried.granted, at)
      forget(tried.refused, at)
      if (tried.granted.length + tried.refused.length === 0) users.delete(userId)
    }
  }

  return {
    limit,
    take(userId, at) {
      let tried = users.get(userId)
      if (tried === undefined) {
        if (users.size >= sweepAt) sweep(at)
        tried = { granted: [], refused: [] }
        users.set(userId, tried)
      }
      forget(tried.granted, at)
      forget(tried.refused, at)
      const [oldest] = tried.granted
      if (oldest === undefined || tried.granted.length < limit.max) {
        tried.granted.push(at)
        return { outcome: 'granted' }
      }
      const retryAfterMs = oldest + limit.windowMs - at
      if (tried.granted.length + tried.refused.length >= 3 * limit.max) return { outcome: 'flood', retryAfterMs }
      tried.refused.push(at)
      return { outcome: 'limited', retryAfterMs }
    },
  }
}
