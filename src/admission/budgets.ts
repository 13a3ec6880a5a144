import { positiveInteger, positiveNumber } from './argument.js'
import { createRotatingMap } from './rotating-map.js'
import { createSteadyTime } from './steady-time.js'

export interface BudgetsConfig {
  /**
   * What one key may cost at once (default 2,400). Of addresses: with the default refill an office of any size can use up `addressConnects` (1,200 in any 60 s)
   * four times over before its budget is the tighter of the two; a forger gets 480 signatures checked, then 8 a second.
   */
  readonly capacity?: number
  /** What comes back each second (default 40, fractions allowed). */
  readonly refillPerSecond?: number
  /** Keys remembered (default 200,000, about 30 MB); beyond that the ones that were quiet longest start again with a full budget. */
  readonly maxKeys?: number
}

export type BudgetAnswer = BudgetLevel &
  (
    | { readonly granted: true }
    | {
        readonly granted: false
        /** Waiting exactly this long succeeds for a lone client. */
        readonly retryAfterMs: number
      }
  )

/** How full a budget was when it was asked. */
export interface BudgetLevel {
  /** Units that were there before this attempt; under 0 when it is overdrawn. */
  readonly available: number
  readonly capacity: number
  readonly refillPerSecond: number
}

/** What strangers may cost us: a token bucket for each key (an address, an account, an operator's key), charged by cost. */
export interface Budgets {
  /** Takes 1, the price of a good connect, or takes nothing and says when there will be enough. */
  reserve(key: string, at: number): BudgetAnswer
  /** The answer of `reserve`, taking nothing. */
  peek(key: string, at: number): BudgetAnswer
  /**
   * Charges what an attempt cost beyond the 1 that was reserved: 4 for a failed signature, 9 for an unknown key; -1 gives the reserve back.
   *
   * It never fails: attempts that were in flight together may overdraw the budget, by at most its capacity, so that it is never dry for longer
   * than the time in which an empty one fills (default 60 s) and one unit more.
   */
  charge(key: string, cost: number, at: number): void
  /** Keys remembered. */
  readonly size: number
}

/**
 * Creates the budgets of all keys, full.
 *
 * A bucket is one number, the moment at which it will be full again. Buckets that are full are forgotten.
 *
 * @throws TypeError or RangeError when a setting is not a positive number.
 */
export const createBudgets = (config: BudgetsConfig = {}): Budgets => {
  const capacity = positiveInteger('a budget', 'capacity', config.capacity ?? 2_400)
  const refillPerSecond = positiveNumber('a budget', 'refillPerSecond', config.refillPerSecond ?? 40)
  const msPerUnit = 1_000 / refillPerSecond
  const maxKeys = positiveInteger('a budget', 'maxKeys', config.maxKeys ?? 200_000)
  const emptyMs = capacity * msPerUnit
  const time = createSteadyTime()
  /** Moments at which buckets are full. After twice the time that an empty one needs, even an overdrawn one is. */
  const fullAt = createRotatingMap<number>({ lifeMs: 2 * emptyMs, maxKeys })

  /** The answer at steady `now`; the bucket is ready from the moment at which it holds 1. */
  const answer = (key: string, now: number, at: number): BudgetAnswer => {
    const full = fullAt.get(key) ?? -Infinity
    const available = capacity - Math.max(0, full - now) / msPerUnit
    const ready = full + msPerUnit - emptyMs
    return ready > now ? { granted: false, available, capacity, refillPerSecond, retryAfterMs: time.until(ready, at) } : { granted: true, available, capacity, refillPerSecond }
  }
  const spend = (key: string, cost: number, now: number): void => {
    const next = Math.max(fullAt.get(key) ?? now, now) + cost * msPerUnit
    fullAt.set(key, Math.min(next, now + 2 * emptyMs), now)
  }

  return {
    reserve(key, at) {
      const now = time.now(at)
      const answered = answer(key, now, at)
      if (answered.granted) spend(key, 1, now)
      return answered
    },
    peek: (key, at) => answer(key, time.peek(at), at),
    charge(key, cost, at) {
      spend(key, cost, time.now(at))
    },
    get size() {
      return fullAt.size
    },
  }
}
