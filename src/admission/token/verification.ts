import type { Denial } from '../../protocol/denial.js'
import type { Claims } from './claims.js'
import type { TokenCheck } from './token-check.js'

/**
 * What was wrong with a token, for budgets and the ladder: only `malformed` and `signature` count as an attack;
 * `unknown_key` is a `kid` nobody configured; `claims` covers times, type, issuer, audience and subject.
 */
export type TokenFault = 'malformed' | 'signature' | 'unknown_key' | 'claims' | 'expired'

export type Verification =
  | { readonly ok: true; readonly claims: Claims; /** Whether the answer came from the verified-claims cache. */ readonly cached: boolean }
  | { readonly ok: false; readonly denial: Denial; readonly fault: Exclude<TokenFault, 'expired'> }
  /** Good in all but its time, so what it says may be told. */
  | { readonly ok: false; readonly denial: Denial; readonly fault: 'expired'; readonly claims: Claims }

/** Turns an encoded token into claims. The only thing in the house that takes a raw token. */
export interface Verifier {
  /**
   * Verifies one compact JWS.
   *
   * @param token - As it came from the carrier; never trimmed or decoded.
   * @param at - Epoch milliseconds that count as now.
   * @returns Synchronously for HMAC algorithms and cached tokens, else a promise. Never rejects for what a stranger sent.
   * @throws StoreUnavailable when the key it names can't be fetched, or too many signatures wait to be checked.
   */
  verify(token: string, at: number): Verification | Promise<Verification>
  /** The claims of a token that was verified before and is still good at `at`; costs one hash. */
  cached(token: string, at: number): Claims | undefined
}

/** What admission makes of a token, and why. */
export interface TokenInspection {
  readonly verification: Verification
  /** In the order of admission, which stops at the first that is refused; here the claims of a token whose signature does not hold are judged all the same. */
  readonly checks: readonly TokenCheck[]
}

/** A verifier that says more to operators. */
export interface TokenInspector extends Verifier {
  /**
   * Verifies a token as `verify` does and says, for operators, what each part of it had to be and was.
   *
   * @throws StoreUnavailable as `verify` does.
   */
  inspect(token: string, at: number): Promise<TokenInspection>
}
