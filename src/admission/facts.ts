import type { BudgetAnswer } from './address-budget.js'
import type { Load } from './capacity.js'
import type { Allowance, LimitLevels, LimitRule } from './limits.js'

/**
 * What one decision counted, as it was at that instant.
 *
 * Stairs put their answers here by reference, so that keeping them costs next to nothing; they become words only when somebody looks. What a
 * walk did not get to is `undefined`.
 */
export interface Facts {
  budget: BudgetAnswer | undefined
  load: Load | undefined
  allowance: Allowance | undefined
}

export const noFacts = (): Facts => ({ budget: undefined, load: undefined, allowance: undefined })

/**
 * Thresholds and counters of a stair in words, such as `limits.userConnects: 60 of 60 in 60000 ms`; `undefined` when the stair counts nothing.
 */
export const factsInWords = (stair: string, { budget, load, allowance }: Facts): string | undefined => {
  if (stair === 'address_budget' && budget !== undefined) return `address budget: ${budget.available.toFixed(1)} of ${budget.capacity}`
  if (stair === 'capacity' && load !== undefined) {
    const { sockets, maxSockets, loopDelayMs, maxLoopDelayMs, inFlight, maxInFlight } = load
    return `sockets: ${sockets} of ${maxSockets}; loop delay: ${loopDelayMs.toFixed(1)} of ${maxLoopDelayMs} ms; in flight: ${inFlight} of ${maxInFlight}`
  }
  if (stair === 'limits' && allowance !== undefined) {
    // A refusal names the limit that refused; an admission all of them.
    const rules = allowance.granted ? limitRules : [allowance.rule]
    const { levels } = allowance
    return levels && rules.flatMap((rule) => limitInWords(rule, levels) ?? []).join('; ')
  }
  return undefined
}

const limitRules: readonly LimitRule[] = ['userConnects', 'addressConnects', 'endpointConnects', 'userSockets', 'addressSockets', 'nodeSockets']

const limitInWords = (rule: LimitRule, { counts, limits }: LimitLevels): string | undefined => {
  const count = counts[rule]
  const limit = limits[rule]
  if (count === undefined || limit === undefined) return undefined
  return typeof limit === 'number' ? `limits.${rule}: ${count} of ${limit}` : `limits.${rule}: ${count} of ${limit.max} in ${limit.windowMs} ms`
}
