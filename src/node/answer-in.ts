import { stepNames, type Denied, type StepName } from '../admission/decision.js'
import { statusOf } from '../protocol/denial.js'

/** How refusals of credentials are told: see `answerIn`. */
export type Refusals = 'auto' | 'http' | 'close' | 'legacy'

/** The form a refusal takes on the wire. */
export type AnswerForm = 'http' | 'close' | 'bare-403'

const credentialStair = stepNames.indexOf('credential')

const concernsCredential = (step: StepName): boolean => stepNames.indexOf(step) >= credentialStair

/**
 * Chooses the form of a refusal.
 *
 * What is refused before the credential is looked at is refused in HTTP. After that, `auto` closes after accepting for browsers, whose
 * scripts see only 1006 for a refused handshake, and answers in HTTP to everybody else; `legacy` answers 403 with an empty body, as the old
 * service did, unless the fault is ours, and does so for a ban or an Origin too, which are 403 in any case.
 */
export const answerIn = (denied: Denied, refusals: Refusals): AnswerForm => {
  if (!concernsCredential(denied.step)) return refusals === 'legacy' && statusOf(denied.denial) === 403 ? 'bare-403' : 'http'
  switch (refusals) {
    case 'http':
      return 'http'
    case 'close':
      return 'close'
    case 'auto':
      return denied.origin === undefined ? 'http' : 'close'
    case 'legacy':
      return statusOf(denied.denial) >= 500 ? 'http' : 'bare-403'
  }
}
