import { parseNetwork } from '../../admission/address/network.js'
import { algorithms } from '../../admission/token/algorithm.js'
import type { IssuerConfig } from '../../admission/token/issuer.js'
import { defaultPulse } from '../../session/pulse.js'
import type { Config } from '../config/config.js'
import { openFilesLimit } from '../open-files-limit.js'

/** What a running server says of itself to whoever checks its surroundings. */
export interface Condition {
  /** Its clock, in epoch milliseconds. */
  readonly now: number
  readonly mode: 'development' | 'production'
  readonly publicUrl: string | undefined
  /** In canonical text, whatever the configuration's spelling. */
  readonly trustedProxies: readonly string[]
  readonly forwarding: string
  /** Silence after which a socket is pinged. */
  readonly heartbeatMs: number
  readonly nodeSockets: number
  /** Descriptors the system grants (`ulimit -n`); `undefined` where it doesn't say. */
  readonly openFiles: number | undefined
  /** Issuers whose secret is shorter than its algorithm asks for (RFC 7518 section 3.2), by name. */
  readonly shortSecrets: readonly string[]
}

/** Asks the system, too; reads one small file. */
export const readCondition = async (
  { publicUrl, trustedProxies, forwarding, limits, tokens }: Pick<Config, 'publicUrl' | 'trustedProxies' | 'forwarding' | 'limits' | 'tokens'>,
  mode: Condition['mode'],
  now: number,
): Promise<Condition> => ({
  now,
  mode,
  publicUrl,
  trustedProxies: trustedProxies.map((range) => parseNetwork(range)?.text ?? range),
  forwarding,
  heartbeatMs: defaultPulse.heartbeatMs,
  nodeSockets: limits.nodeSockets,
  openFiles: await openFilesLimit(),
  shortSecrets: tokens.issuers.flatMap((issuer, index) => (hasShortSecret(issuer) ? [issuer.name ?? `issuer ${String(index + 1)}`] : [])),
})

/** Only where it is allowed for a while; everywhere else such a secret starts no server. */
const hasShortSecret = ({ allowShortSecretUntil, algorithms: named = ['HS512'], secret, keys = [] }: IssuerConfig): boolean => {
  if (allowShortSecretUntil === undefined) return false
  const needed = Math.min(...named.map((algorithm) => algorithms[algorithm].signatureBytes ?? 0))
  return [secret, ...keys.map((key) => key.secret)].some((text) => text !== undefined && Buffer.byteLength(text) < needed)
}
