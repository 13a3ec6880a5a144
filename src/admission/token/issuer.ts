import type { Algorithm } from './algorithm.js'
import type { ProfileName } from './profiles.js'

/** A JSON Web Key (RFC 7517) as it is written in a file: members beyond these are ignored. */
export interface JsonWebKey {
  /** Family of the key: `oct`, `RSA`, `EC` or `OKP` (RFC 7517 section 4.1). */
  readonly kty: string
  /** Id by which tokens name it (RFC 7517 section 4.5). */
  readonly kid?: string | undefined
  /** When present it must name the algorithm the key is used with. */
  readonly alg?: string | undefined
  /** When present it must be `sig` (RFC 7517 section 4.2). */
  readonly use?: string | undefined
  /** When present it must contain `verify` (RFC 7517 section 4.3). */
  readonly key_ops?: readonly string[] | undefined
  readonly [member: string]: unknown
}

/** One key of an issuer. Exactly one of `secret`, `publicKey` and `jwk` is given. */
export interface KeyConfig {
  /** Id by which tokens name it; from `jwk.kid` when left out. A key without one verifies only tokens without one. */
  readonly kid?: string | undefined
  /** The one algorithm it is used with; may be left out when only one of the issuer's algorithms fits the key. */
  readonly algorithm?: Algorithm | undefined
  /** Shared secret as text, at least as many UTF-8 bytes as the hash has (RFC 7518 section 3.2). */
  readonly secret?: string | undefined
  /** PEM text of a public key (`BEGIN PUBLIC KEY`, `BEGIN RSA PUBLIC KEY`) or of an X.509 certificate, of which only the key is used. A private key is refused. */
  readonly publicKey?: string | undefined
  /** The key as a JSON Web Key, secret or public; a private one is refused. */
  readonly jwk?: JsonWebKey | undefined
  /** ISO 8601 date or date-time in UTC from which on it verifies nothing; a date alone means its first moment. */
  readonly notAfter?: string | undefined
}

/** Who may issue tokens, with which keys, and by which rules they are read. */
export interface IssuerConfig {
  /** Name in claims, logs and metrics; default `issuer`, else `issuer 1`, `issuer 2` and so on by position. */
  readonly name?: string | undefined
  /** The claim rules its tokens are read by: `standard`, `simplejwt`, `classic`, or the name of a hosted issuer (docs/issuers.md). */
  readonly profile: ProfileName
  /** Algorithms that are accepted: all HMAC or all asymmetric, each with at least one key; default that of the profile. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** Shorthand for one key without a `kid`. */
  readonly secret?: string | undefined
  /** At most 16. Several overlap during a rotation. */
  readonly keys?: readonly KeyConfig[] | undefined
  /**
   * Address of its JWK Set, instead of `secret` and `keys`; https outside loopback. Profiles of hosted issuers make it from `issuer`.
   */
  readonly jwksUrl?: string | undefined
  /** Exact value that `iss` must have; `undefined` leaves `iss` unchecked. */
  readonly issuer?: string | undefined
  /** One of these must be in `aud`; `undefined` takes that of the profile, and without one refuses tokens that have an `aud` (RFC 7519 section 4.1.3). */
  readonly audience?: string | readonly string[] | undefined
  /** One of these must be `azp`, the client or page a token was made for; `undefined` leaves it unchecked. Tokens of `clerk` may lack `azp`. */
  readonly parties?: readonly string[] | undefined
  /** `classic` only: ISO 8601 date until which a secret of 32 bytes or more, but fewer than the hash, may be started with. */
  readonly allowShortSecretUntil?: string | undefined
  /** `classic` only: milliseconds from `created_at` to the end of a token, default 604,800,000 (7 days), range 1,000 to 315,360,000,000. */
  readonly lifetimeMs?: number | undefined
  /**
   * `classic` only: what stands before the SHA-256 of a token, in lower-case hex, in the keys of the old service's allow-list, such as `:1:jwt_access_`.
   * Its tokens count only while the allow-list of the gate holds their key; left out, it is not asked. 1 to 200 characters.
   */
  readonly allowListPrefix?: string | undefined
}
