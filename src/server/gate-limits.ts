import type { LimitsConfig } from '../admission/limits.js'
import { dryRunLimits } from './config/keys.js'
import type { Config } from './config/config.js'

/** The limits of admission in a configuration, and which of them run dry. */
export const gateLimits = ({ limits, dryRun }: Pick<Config, 'limits' | 'dryRun'>): LimitsConfig => ({
  userConnects: limits.userConnects,
  addressConnects: limits.addressConnects,
  endpointConnects: limits.endpointConnects,
  userSockets: limits.userSockets,
  addressSockets: limits.addressSockets,
  nodeSockets: limits.nodeSockets,
  dryRun: dryRunLimits.filter((rule) => dryRun.includes(rule)),
})
