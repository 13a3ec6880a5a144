import { positiveInteger } from './argument.js'
import type { WindowLimit } from './limits.js'
import { createRotatingMap } from './rotating-map.js'

/**
 * At most an amount of `max` in any `windowMs`, for each key: bytes, or what is too frequent to write each of them down.
 *
 * Amounts are added up in sixtieths of the window, and one counts until the window after the end of its sixtieth has passed, so that no window ever holds
 * more than `max`. A key costs at most 61 sums.
 */
export interface AmountWindow {
  /** The moment from which `amount` more is within the limit; more than `max` is let in when nothing else is in the window. */
  readyAt(key: string, amount: number, now: number): number
  /** Writes an amount down. `now` never runs backwards. */
  record(key: string, amount: number, now: number): void
  /** Keys held. */
  readonly size: number
}

/**
 * Creates an empty window.
 *
 * @param rule - Name of the rule, for error messages.
 * @param maxKeys - Beyond this many keys the ones that were quiet longest are forgotten, and start again.
 * @throws TypeError or RangeError when a number is not a positive integer.
 */
export const createAmountWindow = (rule: string, limit: WindowLimit, maxKeys: number): AmountWindow => {
  const max = positiveInteger('a rate limit', `${rule}.max`, limit.max)
  const windowMs = positiveInteger('a rate limit', `${rule}.windowMs`, limit.windowMs)
  const slotMs = Math.max(1, Math.floor(windowMs / 60))
  const sums = createRotatingMap<Sums>({ lifeMs: windowMs + slotMs, maxKeys })

  const drop = (held: Sums, now: number): void => {
    let gone = 0
    for (const { goneAt, amount } of held.slots) {
      if (goneAt > now) break
      held.total -= amount
      gone += 1
    }
    if (gone > 0) held.slots.splice(0, gone)
  }

  return {
    readyAt(key, amount, now) {
      const held = sums.get(key)
      if (held === undefined) return -Infinity
      drop(held, now)
      const room = max - Math.min(amount, max)
      let left = held.total
      if (left <= room) return -Infinity
      for (const slot of held.slots) {
        left -= slot.amount
        if (left <= room) return slot.goneAt
      }
      return -Infinity
    },
    record(key, amount, now) {
      const goneAt = (Math.floor(now / slotMs) + 1) * slotMs + windowMs
      const held = sums.get(key)
      if (held === undefined) {
        // Most keys come once; an empty array that is pushed to would take room for seventeen.
        sums.set(key, { slots: [{ goneAt, amount }], total: amount }, now)
        return
      }
      drop(held, now)
      const last = held.slots.at(-1)
      if (last?.goneAt === goneAt) last.amount += amount
      else held.slots.push({ goneAt, amount })
      held.total += amount
      sums.set(key, held, now)
    },
    get size() {
      return sums.size
    },
  }
}

interface Sums {
  /** Oldest first. */
  readonly slots: { readonly goneAt: number; amount: number }[]
  total: number
}
