import type { TokenInspection } from '../admission/token/verification.js'
import type { Denial } from '../protocol/denial.js'
import { remedyOfCheck } from './check-remedies.js'
import type { ReportedCheck, TokenReport } from './operations.js'
import { remedies } from './remedies.js'

/**
 * What is made of a token, for its operator: the verdict, then claim by claim.
 *
 * @param holder - Why the holder of a token that verifies may not use it: revoked, banned, disabled, unknown, or a store that is away.
 */
export const tokenReport = ({ verification, checks }: TokenInspection, holder: Denial | undefined): TokenReport => {
  const claims = verification.ok ? verification.claims : undefined
  const denial = verification.ok ? holder : verification.denial
  return {
    accepted: denial === undefined,
    reason: denial?.reason,
    detail: denial?.detail,
    remedy: denial && remedies[denial.reason],
    issuer: claims?.issuer,
    subject: claims?.subject,
    tokenId: claims?.tokenId,
    issuedAt: claims?.issuedAt,
    expiresAt: claims?.expiresAt,
    checks: [...checks.map((check) => ({ ...check, remedy: check.accepted ? undefined : remedyOfCheck(check.name) })), ...(verification.ok ? holderChecks(holder) : [])],
  }
}

/** A token that nobody could judge, because a store or key server did not answer. */
export const unansweredReport = (denial: Denial): TokenReport => ({
  accepted: false,
  reason: denial.reason,
  detail: denial.detail,
  remedy: remedies[denial.reason],
  issuer: undefined,
  subject: undefined,
  tokenId: undefined,
  issuedAt: undefined,
  expiresAt: undefined,
  checks: [],
})

/** In the order of admission. */
const holderQuestions = [
  { name: 'revocation', expected: 'not revoked, nor issued before its user was', good: 'not revoked', reasons: ['token_revoked'] },
  { name: 'ban', expected: 'a user who is not banned', good: 'not banned', reasons: ['user_banned'] },
  { name: 'user', expected: 'a user who exists and is active', good: 'active', reasons: [] },
] as const satisfies readonly { readonly reasons: readonly Denial['reason'][]; readonly [text: string]: unknown }[]

/** Up to the first that is refused: what comes after it was not asked. */
const holderChecks = (denial: Denial | undefined): readonly ReportedCheck[] => {
  const refusing = denial && holderQuestions.findIndex(({ name, reasons }) => name === 'user' || reasons.some((reason) => reason === denial.reason))
  return holderQuestions.slice(0, refusing === undefined ? undefined : refusing + 1).map(({ name, expected, good }, index) => ({
    part: 'holder',
    name,
    expected,
    found: denial !== undefined && index === refusing ? (denial.detail ?? denial.reason) : good,
    accepted: index !== refusing,
    remedy: denial !== undefined && index === refusing ? remedies[denial.reason] : undefined,
  }))
}
