import { claimRules, namesNoUser, type ClaimDemands, type ClaimReading, type ClaimRule } from './claim-rules.js'
import { subjectOf, textOf, timeOf } from './claim-shapes.js'
import type { Claims } from './claims.js'
import { parseCreatedAt } from './iso-time.js'
import type { KeyLife } from './key-life.js'

/** What one issuer's tokens must say. */
export interface ClaimPolicy extends ClaimDemands {
  readonly name: string
  readonly rules: readonly ClaimRule[]
  /** What its allow-list keys begin with; `undefined` when it keeps none. */
  readonly allowListPrefix?: string | undefined
}

export const createClaimPolicy = (name: string, demands: ClaimDemands): ClaimPolicy => ({ ...demands, name, rules: claimRules(demands) })

export type Judgement =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly fault: 'claims'; readonly detail: string }
  | { readonly ok: false; readonly fault: 'expired'; readonly claims: Claims }

/**
 * Reads the claims of a token whose signature holds.
 *
 * Being expired is the last thing that is looked at: a token that is called expired was good in all else, so that its holder may fetch a new one.
 *
 * @param key - Life of the key by which the signature holds.
 */
export const judgeClaims = (reading: ClaimReading, policy: ClaimPolicy, key: KeyLife): Judgement => {
  const { payload, at } = reading
  const { profile } = policy
  const subject = subjectOf(payload[profile.subject])
  if (subject === undefined) return wrong(namesNoUser(profile))
  let expiresAt = Number.POSITIVE_INFINITY
  for (const rule of policy.rules) {
    const detail = rule.fault(reading)
    if (detail !== undefined) return wrong(detail)
    if (rule.end !== undefined) expiresAt = Math.min(expiresAt, rule.end(reading))
  }
  const epoch = payload['epoch']
  const created = profile.endsBy === 'created_at' ? parseCreatedAt(textOf(payload['created_at']) ?? '') : undefined
  const claims: Claims = Object.freeze({
    subject,
    issuer: policy.name,
    key,
    tokenId: textOf(payload['jti']),
    issuedAt: created ?? timeOf(payload['iat']),
    expiresAt,
    role: profile.readsRole ? textOf(payload['role']) : undefined,
    epoch: typeof epoch === 'number' ? epoch : undefined,
    payload,
  })
  return at < expiresAt ? { ok: true, claims } : { ok: false, fault: 'expired', claims }
}

const wrong = (detail: string): Judgement => ({ ok: false, fault: 'claims', detail })
