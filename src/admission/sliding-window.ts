import { positiveInteger } from './argument.js'
import type { WindowLimit } from './limits.js'
import { createRotatingMap } from './rotating-map.js'

/**
 * At most `max` grants in any `windowMs`, for each key: an exact log of what was granted, not a counter per interval.
 *
 * Refused attempts are not written down. A key costs 8 bytes for each grant of its last window, at most `8 * max`.
 */
export interface SlidingWindow {
  /** The steady moment from which one more is within the limit. */
  readyAt(key: string): number
  /** Grants that are in the window at steady `now`. */
  used(key: string, now: number): number
  /** Writes one grant down. `now` never runs backwards. */
  record(key: string, now: number): void
  /** Keys held. */
  readonly size: number
}

/**
 * Creates an empty log.
 *
 * @param rule - Name of the rule, for error messages.
 * @param maxKeys - Beyond this many keys the ones that were quiet longest are forgotten, and start again.
 * @throws TypeError or RangeError when a number is not a positive integer.
 */
export const createSlidingWindow = (rule: string, limit: WindowLimit, maxKeys: number): SlidingWindow => {
  const max = positiveInteger('a rate limit', `${rule}.max`, limit.max)
  const windowMs = positiveInteger('a rate limit', `${rule}.windowMs`, limit.windowMs)
  const logs = createRotatingMap<Log>({ lifeMs: windowMs, maxKeys })

  return {
    readyAt(key) {
      const times = logs.get(key)?.times
      // The max-th newest grant alone decides: while it is in the window, so are all newer ones.
      return times === undefined || times.length < max ? -Infinity : (times[times.length - max] ?? 0) + windowMs
    },
    used(key, now) {
      const log = logs.get(key)
      if (log === undefined) return 0
      // Mostly all of them. Else by halves and without moving `first`: a question about a moment to come must forget nothing.
      let low = log.first
      if ((log.times[low] ?? 0) + windowMs > now) return log.times.length - low
      let high = log.times.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((log.times[middle] ?? 0) + windowMs <= now) low = middle + 1
        else high = middle
      }
      return log.times.length - low
    },
    record(key, now) {
      const log = logs.get(key)
      if (log === undefined) {
        // Most keys come once; an empty array that is pushed to would take room for seventeen.
        logs.set(key, { times: [now], first: 0 }, now)
        return
      }
      const { times } = log
      while (log.first < times.length && (times[log.first] ?? 0) + windowMs <= now) log.first += 1
      // What has left the window is cut off in strides, so that the cost of moving the rest is spread over as many grants.
      if (log.first > 16 && log.first * 2 > times.length) {
        times.splice(0, log.first)
        log.first = 0
      }
      times.push(now)
      logs.set(key, log, now)
    },
    get size() {
      return logs.size
    },
  }
}

interface Log {
  /** Moments of grants, oldest first. */
  readonly times: number[]
  /** Index of the first that is still in the window. */
  first: number
}
