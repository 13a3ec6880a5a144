import { isBannedBy } from '../admission/ban-dangers.js'
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
export const passes = ({ outcome, reason, address, userId, endpoint }: DecisionFilter, decision: Decision): boolean => {
  const user = decision.outcome === 'admitted' ? decision.principal.user.id : decision.userId
  return (
    (outcome === undefined || decision.outcome === outcome) &&
    (reason === undefined || (decision.outcome === 'denied' && decision.denial.reason === reason)) &&
    (userId === undefined || user === userId) &&
    (endpoint === undefined || decision.endpoint?.name === endpoint) &&
    (address === undefined || (decision.client !== undefined && isBannedBy({ kind: 'network', network: address }, decision.client.address)))
  )
}
