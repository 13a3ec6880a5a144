import type { Reason } from '../protocol/denial.js'
import type { Decision } from './decision.js'

/** What a decision is looked for by. */
export interface DecisionOutline {
  readonly id: string
  readonly outcome: Decision['outcome']
  /** Why it was refused; `undefined` for an admission. */
  readonly reason: Reason | undefined
  /** Canonical text of the client's address; `undefined` when it was not known. */
  readonly address: string | undefined
  /** Who was admitted, or the subject of verified claims. */
  readonly userId: string | undefined
  /** Name of the endpoint; `undefined` when its path was not looked at, or is not served. */
  readonly endpoint: string | undefined
}

export const outlineOf = (decision: Decision): DecisionOutline => ({
  id: decision.id,
  outcome: decision.outcome,
  reason: decision.outcome === 'denied' ? decision.denial.reason : undefined,
  address: decision.client?.address,
  userId: decision.outcome === 'admitted' ? decision.principal.user.id : decision.userId,
  endpoint: decision.endpoint?.name,
})
