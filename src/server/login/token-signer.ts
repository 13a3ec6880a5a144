import { isHmac } from '../../admission/token/algorithm.js'
import { completeIssuer } from '../../admission/token/complete-issuer.js'
import type { IssuerConfig } from '../../admission/token/issuer.js'
import { mintToken } from '../../admission/token/mint-token.js'

export interface AccessToken {
  readonly subject: string
  readonly tokenId: string
  readonly sessionId: string
  readonly epoch: number
  readonly lifetimeMs: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** Signs access tokens of our own. */
export type TokenSigner = (token: AccessToken) => Promise<string>

/**
 * Makes a signer with the first issuer that has a shared secret and keeps no allow-list, on which nobody here could write.
 *
 * @returns `undefined` when only others can sign.
 */
export const createTokenSigner = (issuers: readonly IssuerConfig[]): TokenSigner | undefined => {
  for (const config of issuers) {
    const { profile, secret, keys, issuer, audience, allowListPrefix } = config
    if (allowListPrefix !== undefined) continue
    const key = secret === undefined ? keys?.find((each) => each.secret !== undefined && each.notAfter === undefined) : undefined
    const signingSecret = secret ?? key?.secret
    const algorithm = key?.algorithm ?? completeIssuer(config, 'tokens.issuers').algorithms.find(isHmac)
    if (signingSecret === undefined || algorithm === undefined) continue
    return ({ subject, tokenId, sessionId, epoch, lifetimeMs, at }) =>
      mintToken({ profile, algorithm, secret: signingSecret, kid: key?.kid, subject, tokenId, epoch, lifetimeMs, at, issuer, audience, extra: { sid: sessionId } })
  }
  return undefined
}
