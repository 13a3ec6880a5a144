import type { BudgetAnswer } from '../../admission/budgets.js'

/**
 * Judges how full an address budget was by another capacity.
 *
 * What was spent and had not come back is taken as it was. A `retryAfterMs` that can't be known is NaN.
 */
export const judgeBudget = (was: BudgetAnswer, now: { readonly capacity: number; readonly refillPerSecond: number }): BudgetAnswer => {
  if (was.capacity === now.capacity && was.refillPerSecond === now.refillPerSecond) return was
  const available = now.capacity - (was.capacity - was.available)
  const { capacity, refillPerSecond } = now
  // With the same capacity the answer is the recorded one, to the last bit of its fraction.
  const granted = was.capacity === capacity ? was.granted : available >= 1
  return granted ? { granted, available, capacity, refillPerSecond } : { granted, available, capacity, refillPerSecond, retryAfterMs: Number.NaN }
}
