import type { Context, MiddlewareHandler } from 'hono'
import { createBudgets } from '../../admission/budgets.js'
import { createFairQueue } from '../../admission/fair-queue.js'
import { actingOperator } from './acting-operator.js'
import { problemResponse } from './api-problem.js'

export interface OperatorBudgetConfig {
  /** What calls with one key may cost at once. */
  readonly capacity: number
  /** What comes back each second. */
  readonly refillPerSecond: number
}

/** Who has the key of `operator.key`; no named operator can have this name. */
const owner = 'operator'

const spenders = new WeakMap<Request, (cost: number) => void>()

/** Charges a call what it cost beyond the 1 that every call costs; its key pays by waiting later. */
export const chargeCall = (context: Context, cost: number): void => {
  if (cost > 0) spenders.get(context.req.raw)?.(cost)
}

/**
 * Gives each key a budget of its own, and every call its turn: in one turn of the event loop one call is begun, of those who wait in a round.
 *
 * So a script that runs wild is answered 429 with the wait, holds up no other operator by more than a turn, and the sockets by no more than one call.
 *
 * @param now - Epoch milliseconds.
 */
export const limitOperators = (config: OperatorBudgetConfig, now: () => number): MiddlewareHandler => {
  const budgets = createBudgets(config)
  const takeTurn = createTurns()
  return async (context, next) => {
    const key = actingOperator(context)?.name ?? owner
    const budget = budgets.reserve(key, now())
    if (!budget.granted) {
      return problemResponse({ status: 429, code: 'rate_limited', title: 'This key has made too many calls.', retryAfterMs: budget.retryAfterMs })
    }
    spenders.set(context.req.raw, (cost) => {
      budgets.charge(key, cost, now())
    })
    await takeTurn(key)
    return next()
  }
}

/** One waiter in a turn of the event loop. */
const createTurns = (): ((key: string) => Promise<void>) => {
  const waiting = createFairQueue<{ readonly key: string; readonly begin: () => void }>(({ key }) => key)
  let running = false
  const turn = (): void => {
    const [first] = waiting.take(1)
    running = first !== undefined
    first?.begin()
    if (running) setImmediate(turn)
  }
  return (key) =>
    new Promise((begin) => {
      waiting.push({ key, begin })
      if (running) return
      running = true
      setImmediate(turn)
    })
}
