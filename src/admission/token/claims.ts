import type { KeyLife } from './key-life.js'

/** What a verified token says; signature, times, type, issuer and audience have been checked. */
export interface Claims {
  /** `sub` of RFC 7519 section 4.1.2, or `user_id` in the `simplejwt` and `classic` profiles. Never empty. */
  readonly subject: string
  /** Name of the configured issuer whose key verified it. */
  readonly issuer: string
  /** How long the key that verified it is good; it may be withdrawn while these claims are held. */
  readonly key: KeyLife
  /** `jti` of RFC 7519 section 4.1.7. */
  readonly tokenId: string | undefined
  /** Epoch milliseconds from `iat`, or `created_at` in the classic profile. */
  readonly issuedAt: number | undefined
  /** Epoch milliseconds; the token is refused on or after it. From `exp`, or `created_at` plus the configured lifetime. */
  readonly expiresAt: number
  /** `role`, when the token carries one: may only lower what the user may do. */
  readonly role: string | undefined
  /** `epoch` of tokens of our own. */
  readonly epoch: number | undefined
  /** Under which its issuer keeps it on its allow-list, made from a hash of the whole token; absent where the issuer keeps none. */
  readonly allowListKey?: string
  /** The whole claims set, read-only, without an inherited member. */
  readonly payload: Readonly<Record<string, unknown>>
}
