import { parseNetwork } from '../../admission/address/network.js'
import type { IssuerConfig } from '../../admission/token/issuer.js'
import type { Config } from './config.js'
import { isLoopback } from './is-loopback.js'

/** Whether tokens can be made for an issuer here: its secret is known, and nobody else has to put them on a list. */
const canSignAlone = ({ secret, keys, allowListPrefix }: IssuerConfig): boolean =>
  allowListPrefix === undefined && (secret !== undefined || keys?.some((key) => key.secret !== undefined) === true)

/** Prefixes so short that no proxy's network is meant. */
const widePrefix = 7

/**
 * Checks what single keys can't know.
 *
 * @param mode - `tool` is for commands beside a server, which start nothing.
 * @param nodeEnv - `NODE_ENV` of the process, or of `.env`.
 */
export const checkTogether = (
  config: Config,
  mode: 'dev' | 'serve' | 'tool',
  nodeEnv: string | undefined,
  problem: (key: string, allowed: string) => void,
  warnings: Set<string>,
): void => {
  const { listen, internal } = config
  if (mode === 'dev') {
    if (nodeEnv === 'production') problem('NODE_ENV', 'development mode refuses to start with NODE_ENV=production: use `sallyport serve`')
    const loopbackOnly = 'development mode binds loopback only: 127.0.0.1, ::1 or localhost'
    if (!isLoopback(listen.host)) problem('listen.host', loopbackOnly)
    if (!isLoopback(internal.host)) problem('internal.host', loopbackOnly)
  } else {
    if (mode === 'serve' && config.development.user !== undefined) problem('development.user', 'only development mode has a user that stands in')
    if (mode === 'serve' && nodeEnv === 'production' && !isLoopback(listen.host) && config.trustedProxies.length === 0) {
      warnings.add(`listen.host ${listen.host} speaks plain ws and no proxy is declared: put one with TLS before it and name it in trustedProxies, or tokens travel in the clear`)
    }
    if (!isLoopback(internal.host)) warnings.add(`internal.host ${internal.host} is reachable from other machines; the operator key is all that guards it`)
  }
  const listed = config.tokens.issuers.some(({ allowListPrefix }) => allowListPrefix !== undefined)
  if (listed && config.redis.url === undefined) problem('redis.url', 'tokens.allowListPrefix needs it: name the Redis of the old service')
  if (!listed && config.redis.url !== undefined) problem('redis.url', 'is used for tokens.allowListPrefix alone in this version: limits are kept in memory, so leave it out')
  if (listed && mode === 'dev') problem('tokens.allowListPrefix', 'development mode makes tokens of its own, which are on no allow-list: use `sallyport serve`')
  if (config.login.enabled === true) {
    const { issuers } = config.tokens
    const canSign = issuers.length === 0 ? mode !== 'serve' : issuers.some(canSignAlone)
    if (!canSign) problem('login.enabled', 'needs a secret to sign with and no allow-list on which the token must be: add such an issuer (`sallyport secret` makes the secret), or set it to false')
    if (config.users !== undefined) problem('login.enabled', 'looks passwords up in our own table, and users.url names another: set it to false')
  }
  if (config.limits.userBytes.max < config.limits.frameBytes) problem('limits.userBytes.max', 'must be at least limits.frameBytes, or the largest message could never be sent')
  if (listen.port !== 0 && listen.port === internal.port) problem('internal.port', 'must differ from listen.port')
  for (const proxy of config.trustedProxies) {
    if ((parseNetwork(proxy)?.prefix ?? widePrefix + 1) <= widePrefix) warnings.add(`trustedProxies ${proxy} believes the forwarding header of nearly everybody`)
  }
  if (config.carriers.includes('cookie') && (config.origins?.length ?? 0) === 0) problem('carriers', 'cookie needs origins: without a list any page could use it')
  if (mode === 'serve' && config.requireOrigin && (config.origins?.length ?? 0) === 0) warnings.add('requireOrigin is set and origins is empty: nobody can connect')
}
