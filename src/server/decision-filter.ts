import { isBannedBy } from '../admission/ban-dangers.js'
import type { DecisionOutline } from '../admission/decision-outline.js'
import type { Decision } from '../admission/decision.js'

/** Which decisions somebody wants to see; what is left out does not matter. */
export interface DecisionFilter {
  readonly outcome?: Decision['outcome'] | undefined
  readonly reason?: string | undefined
  /** An address or a CIDR range. */
  readonly address?: string | undefined
  readonly userId?: string | undefined
  /** Name of an endpoint. */
  readonly endpoint?: string | undefined
}

/** Whether a decision passes every part of a filter. */
export const passes = (filter: DecisionFilter, decision: DecisionOutline): boolean => {
  const { outcome, reason, address, userId, endpoint } = filter
  return (
    (outcome === undefined || decision.outcome === outcome) &&
    (reason === undefined || decision.reason === reason) &&
    (userId === undefined || decision.userId === userId) &&
    (endpoint === undefined || decision.endpoint === endpoint) &&
    (address === undefined || (decision.address !== undefined && isBannedBy({ kind: 'network', network: address }, decision.address)))
  )
}
