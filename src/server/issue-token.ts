import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { isHmac } from '../admission/token/algorithm.js'
import { completeIssuer } from '../admission/token/complete-issuer.js'
import type { IssuerConfig } from '../admission/token/issuer.js'
import { mintToken } from '../admission/token/mint-token.js'
import type { Config } from './config/config.js'
import { developmentIssuer } from './development.js'
import { StartError } from './listen.js'

const noIssuer = 'There is no issuer to mint for: set SALLYPORT_TOKENS_SECRET (`sallyport secret` makes one), or start `sallyport dev` here once'

const issuerOf = async (config: Config): Promise<IssuerConfig> => {
  const [issuer] = config.tokens.issuers
  if (issuer !== undefined) return issuer
  try {
    await access(join(config.dataDir, 'development.secret'))
  } catch {
    throw new StartError(noIssuer)
  }
  return developmentIssuer(config.dataDir)
}

/**
 * Mints a token that the configured server accepts, by the first issuer and its first shared secret.
 *
 * Without a configured issuer the secret that `sallyport dev` made in the data folder is used.
 *
 * @param lifetimeMs - At least 1000.
 * @throws StartError when there is no issuer, only ones whose private keys are elsewhere, or the first one keeps an allow-list.
 */
export const issueToken = async (config: Config, subject: string, lifetimeMs: number, at: number): Promise<string> => {
  const issuer = await issuerOf(config)
  if (issuer.allowListPrefix !== undefined) throw new StartError('Cannot mint a token as the first issuer keeps an allow-list (tokens.allowListPrefix), and only the old service writes to it: log in there')
  const algorithm = completeIssuer(issuer, 'tokens.issuers[0]').algorithms.find(isHmac)
  const key = issuer.keys?.find(({ secret }) => secret !== undefined)
  const secret = issuer.secret ?? key?.secret
  if (algorithm === undefined || secret === undefined) {
    throw new StartError('Cannot mint a token as the first issuer signs with a private key: only who holds that key can')
  }
  return mintToken({
    profile: issuer.profile,
    algorithm: issuer.secret === undefined ? (key?.algorithm ?? algorithm) : algorithm,
    secret,
    kid: issuer.secret === undefined ? key?.kid : undefined,
    subject,
    lifetimeMs,
    at,
    issuer: issuer.issuer,
    audience: issuer.audience,
  })
}
