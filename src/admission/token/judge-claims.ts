import { claimShapes, subjectOf, textOf, timeOf } from './claim-shapes.js'
import type { Claims } from './claims.js'
import { parseCreatedAt } from './iso-time.js'
import type { JsonObject } from './json-object.js'
import type { KeyLife } from './key-life.js'
import type { Profile } from './profiles.js'

/** What one issuer's tokens must say. */
export interface ClaimPolicy {
  readonly name: string
  readonly profile: Profile
  /** Exact `iss`; `undefined` leaves it unchecked. */
  readonly issuer: string | undefined
  /** Values of `aud` that mean us; with none of them, a token that has an `aud` is somebody else's. */
  readonly audiences: readonly string[]
  readonly lifetimeMs: number
}

export type Judgement =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly fault: 'claims'; readonly detail: string }
  | { readonly ok: false; readonly fault: 'expired'; readonly claims: Claims }

const wrong = (detail: string): Judgement => ({ ok: false, fault: 'claims', detail })

/** RFC 8725 section 3.11; media types compare without case (RFC 7515 section 4.1.9). */
const accessTokenType = /^(?:application\/)?(?:at\+)?jwt$/i

/** Claims in which issuers say what a token is for; what is made for another purpose opens no socket (RFC 8725 section 3.12). */
const purposeClaims = ['token_type', 'type', 'token_use', 'typ'] as const
const otherPurpose = /refresh|offline|ticket/i

/**
 * Reads the claims of a token whose signature holds.
 *
 * Being expired is the last thing that is looked at: a token that is called expired was good in all else, so that its holder may fetch a new one.
 *
 * @param type - `typ` of the header.
 * @param key - Life of the key by which the signature holds.
 * @param at - Epoch milliseconds that count as now.
 * @param toleranceMs - How far `nbf`, `iat` and `created_at` may lie ahead. Nothing is added to `exp`.
 */
export const judgeClaims = (payload: JsonObject, type: string | undefined, policy: ClaimPolicy, key: KeyLife, at: number, toleranceMs: number): Judgement => {
  const { profile } = policy
  if (type !== undefined && !accessTokenType.test(type)) return wrong('its "typ" is not JWT or at+jwt')
  for (const claim of purposeClaims) {
    const purpose = payload[claim]
    if (typeof purpose === 'string' && otherPurpose.test(purpose)) return wrong('it is not an access token')
  }
  const { access } = profile
  if (access !== undefined && payload[access.claim] !== access.value) return wrong(`its "${access.claim}" is not ${access.value}`)
  for (const [claim, fits] of claimShapes) {
    const value = payload[claim]
    if (value !== undefined && !fits(value)) return wrong(`its "${claim}" is malformed`)
  }

  const subject = subjectOf(payload[profile.subject])
  if (subject === undefined) return wrong(`its "${profile.subject}" names no user`)
  const tokenId = textOf(payload['jti'])
  if (tokenId === undefined && profile.needsTokenId) return wrong('its "jti" is missing')
  if (policy.issuer !== undefined && payload['iss'] !== policy.issuer) return wrong('its "iss" is another issuer')
  if (!isForUs(payload['aud'], policy.audiences)) return wrong('its "aud" is not us')

  const latest = at + toleranceMs
  const notBefore = timeOf(payload['nbf'])
  if (notBefore !== undefined && notBefore > latest) return wrong('its "nbf" is still to come')
  const issued = timeOf(payload['iat'])
  if (issued !== undefined && issued > latest) return wrong('its "iat" is still to come')
  const created = profile.endsBy === 'created_at' ? parseCreatedAt(textOf(payload['created_at']) ?? '') : undefined
  if (profile.endsBy === 'created_at' && created === undefined) return wrong('its "created_at" is missing or malformed')
  if (created !== undefined && created > latest) return wrong('its "created_at" is still to come')
  const expires = timeOf(payload['exp'])
  if (expires === undefined && created === undefined) return wrong('its "exp" is missing')
  const expiresAt = Math.min(expires ?? Number.POSITIVE_INFINITY, created === undefined ? Number.POSITIVE_INFINITY : created + policy.lifetimeMs)

  const epoch = payload['epoch']
  const claims: Claims = Object.freeze({
    subject,
    issuer: policy.name,
    key,
    tokenId,
    issuedAt: created ?? issued,
    expiresAt,
    role: profile.readsRole ? textOf(payload['role']) : undefined,
    epoch: typeof epoch === 'number' ? epoch : undefined,
    payload,
  })
  return at < expiresAt ? { ok: true, claims } : { ok: false, fault: 'expired', claims }
}

const isForUs = (claimed: unknown, audiences: readonly string[]): boolean => {
  if (claimed === undefined) return audiences.length === 0
  return audiences.some((ours) => (Array.isArray(claimed) ? claimed.includes(ours) : claimed === ours))
}
