import { dryRunRules } from '../admission/decision.js'
import { blockingRemedy, type BlockingGuardOptions } from '../admission/guard/blocking-guard.js'
import type { IssuerConfig } from '../admission/token/issuer.js'
import type { User } from '../admission/user.js'
import { createGate } from '../create-gate.js'
import type { GateEvents } from '../gate-options.js'
import type { Gate } from '../gate.js'
import type { Config } from './config/config.js'
import { serverEndpoints } from './endpoints.js'
import { gateLimits } from './gate-limits.js'
import { StartError } from './listen.js'
import type { Log } from './log/create-log.js'
import type { OpenStores } from './open-stores.js'
import type { Served } from './served.js'

/** Makes the gate of a server from its configuration and its stores. */
export const createServerGate = async (
  { config, mode, developmentUser }: { readonly config: Config; readonly mode: 'dev' | 'serve'; readonly developmentUser?: string | undefined },
  stores: OpenStores,
  issuers: readonly IssuerConfig[],
  { hosts, origins }: Served,
  log: Log,
  events: GateEvents,
): Promise<Gate> => {
  const development = mode === 'dev'
  const standIn = developmentUser ?? config.development.user
  const standInUser = standIn === undefined ? undefined : await stores.ownUsers.findByEmail(standIn)
  if (standIn !== undefined && standInUser?.active !== true)
    throw new StartError(`Cannot let ${standIn} stand in as there is no active user with this e-mail: see \`sallyport user add\``)
  return await createGate<User>({
    issuers,
    clockToleranceMs: config.tokens.clockToleranceMs,
    lookupUser: (id, deadline) => stores.users.find(id, deadline),
    carriers: config.carriers,
    cookieName: config.cookieName,
    origins,
    requireOrigin: config.requireOrigin,
    ...(hosts === undefined ? {} : { hosts }),
    proxies: { trustedProxies: config.trustedProxies, forwarding: config.forwarding },
    endpoints: serverEndpoints,
    memberships: stores.memberships,
    ...(stores.allowList === undefined ? {} : { allowList: stores.allowList }),
    limits: gateLimits(config),
    dryRun: dryRunRules.filter((rule) => config.dryRun.includes(rule)),
    addressBudget: config.limits.addressBudget,
    capacity: config.capacity,
    ladder: { ...config.bans.ladder, mode: development ? 'dry-run' : config.bans.ladder.mode },
    neverBanned: config.bans.allow,
    sessions: { graceMs: config.tokens.graceMs },
    refusals: config.refusals,
    dialect: config.classic.closeCodes === 'v1' ? 'classic.v1' : 'classic.v2',
    stores: stores.gate,
    events,
    ...(standInUser === undefined ? {} : { developmentUserId: standInUser.id }),
    refuseForwarded: development,
    ...(development ? { blockingGuard: logBlocking(log) } : {}),
  })
}

/** Says which port blocks, and what to do about it. */
const logBlocking = (log: Log): BlockingGuardOptions => ({
  onBlocking(port, sliceMs) {
    log.write('warn', { event: 'blocking_call', port, sliceMs, remedy: blockingRemedy })
  },
})
