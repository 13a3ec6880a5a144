/** An end before expiry: of one token, or of everything issued to a user before a moment. */
export type Revocation =
  | {
      /** Says which of both it is. */
      readonly kind: 'token'
      /** `jti` of RFC 7519 section 4.1.7. */
      readonly tokenId: string
      /** Epoch milliseconds after which the record may be forgotten because the token has ended anyway. */
      readonly until: number
    }
  | {
      /** Says which of both it is. */
      readonly kind: 'user'
      /** Subject of verified claims. */
      readonly userId: string
      /** Epoch milliseconds; tokens issued before are revoked. */
      readonly before: number
      /** Epoch milliseconds after which the record may be forgotten: longer from now than any of the tokens lives. */
      readonly until: number
    }

/** Keeps revocations until they are of no use any more. */
export interface Revocations {
  /**
   * Persists a revocation and appends `revoked` to the control log, in one transaction.
   *
   * @param actorAddress - From where the actor asked, for a store that keeps an audit log.
   */
  add(revocation: Revocation, actor: string, at: number, actorAddress?: string): Promise<void>
  /** Those that still matter at `at`. */
  list(at: number): Promise<readonly Revocation[]>
}
