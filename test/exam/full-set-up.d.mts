export interface FullSetUp {
  /** What `SALLYPORT_TOKENS_ISSUERS` is set to. */
  readonly issuers: string
  /** What a runner of token recipes has to know of the gate. */
  readonly target: {
    readonly secret: string
    readonly alg: 'HS512'
    readonly sub: string
    readonly userIdClaim: string
    readonly iss: string
    readonly aud: string
    readonly extraClaims: Readonly<Record<string, string>>
    readonly disabledUser: string
    readonly revokedJti: string
    readonly publicPem: string
    readonly publicJwk: Readonly<Record<string, unknown>>
  }
  /** A good token of the second issuer. */
  readonly asymmetric: (algorithm: 'RS256' | 'ES256', claims?: Readonly<Record<string, unknown>>) => string
}

/** Makes keys for the full examination set-up. */
export declare const createFullSetUp: () => FullSetUp
