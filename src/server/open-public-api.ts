import type { IssuerConfig } from '../admission/token/issuer.js'
import type { Feed } from '../conversation/feed.js'
import type { Gate } from '../gate.js'
import type { Config } from './config/config.js'
import { createClientOf } from './http/client-of.js'
import type { PublicApi } from './http/public-app.js'
import { addTicketRoutes } from './http/ticket-routes.js'
import type { Log } from './log/create-log.js'
import type { PasswordHasher } from './login/password-hasher.js'
import type { Metrics } from './metrics/create-metrics.js'
import { openLogin } from './open-login.js'
import type { OpenStores } from './open-stores.js'
import { openUpkeep } from './open-upkeep.js'
import type { Served } from './served.js'

/** The calls of clients and pages on a running server. */
export interface OpenPublicApi extends PublicApi {
  /** Whether users log in here. */
  readonly offersLogin: boolean
}

/** Opens what the public port answers below `/api`: upkeep, log-in where it is offered, tickets where they are a carrier. */
export const openPublicApi = (parts: {
  readonly gate: Gate
  readonly stores: OpenStores
  readonly config: Config
  readonly issuers: readonly IssuerConfig[]
  readonly hasher: PasswordHasher
  readonly served: Served
  readonly development: boolean
  readonly publish: Feed['publish']
  readonly log: Log
  readonly metrics: Metrics
}): OpenPublicApi => {
  const { gate, config, served, development, log } = parts
  const bansAreDry = config.dryRun.includes('address_ban')
  const clientOf = createClientOf({
    hosts: served.hosts,
    proxies: { trustedProxies: config.trustedProxies, forwarding: config.forwarding },
    refuseForwarded: development,
    isBanned: (address) => !bansAreDry && gate.bans.findAddress(address) !== undefined,
  })
  const addLogin = openLogin({ ...parts, clientOf })
  return {
    offersLogin: addLogin !== undefined,
    hosts: served.hosts,
    origins: served.origins,
    addRoutes: [
      openUpkeep({ ...parts, clientOf }),
      ...(addLogin === undefined ? [] : [addLogin]),
      ...(config.carriers.includes('ticket') ? [addTicketRoutes(gate.tickets)] : []),
    ],
    refused: (page) => {
      log.write('info', { event: 'page_refused', ...page })
    },
  }
}
