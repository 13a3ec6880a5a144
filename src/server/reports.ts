import type { Decision } from '../admission/decision.js'
import { denials, statusOf } from '../protocol/denial.js'
import type { Session } from '../session/session.js'
import { decisionInputs, recordVersion } from './decision-inputs.js'
import type { DecisionReport, SessionSummary } from './operations.js'
import { remedies } from './remedies.js'

/** A decision as plain JSON for people and tools; the user's record is left out. */
export const decisionReport = (decision: Decision): DecisionReport => {
  const denial = decision.outcome === 'denied' ? decision.denial : undefined
  const row = denial && denials[denial.reason]
  return {
    recordVersion,
    id: decision.id,
    outcome: decision.outcome,
    reason: denial?.reason,
    step: decision.outcome === 'denied' ? decision.step : undefined,
    told: row?.told,
    sentence: row?.sentence,
    remedy: denial && remedies[denial.reason],
    retry: row?.retry,
    status: denial && statusOf(denial),
    closeCode: row?.close,
    retryAfterMs: denial?.retryAfterMs,
    receivedAt: decision.receivedAt,
    address: decision.client?.address,
    path: decision.path,
    origin: decision.origin,
    dialect: decision.dialect,
    endpoint: decision.endpoint?.name,
    userId: decision.outcome === 'admitted' ? decision.principal.user.id : decision.userId,
    policyVersion: decision.policyVersion,
    steps: decision.steps.map((step) => (denial !== undefined && step.outcome === 'refused' ? { ...step, remedy: remedies[denial.reason] } : step)),
    marks: decision.marks,
    inputs: decisionInputs(decision),
  }
}

export const sessionSummary = (session: Session): SessionSummary => ({
  id: session.id,
  userId: session.user.id,
  address: session.client?.address,
  endpoint: session.endpoint.name,
  dialect: session.dialect,
  openedAt: session.openedAt,
  expiresAt: session.principal.expiresAt,
  development: session.principal.development,
})
