import type { Feed } from '../conversation/feed.js'
import type { Gate } from '../gate.js'
import { statusOf } from '../protocol/denial.js'
import { createBearerOf } from './http/bearer.js'
import type { ClientOf } from './http/client-of.js'
import type { PublicHono } from './http/public-hono.js'
import { addUpkeepRoutes } from './http/upkeep-routes.js'
import type { Log } from './log/create-log.js'
import type { OpenStores } from './open-stores.js'

/** What members change and delete over HTTP, as routes of the public port. */
export const openUpkeep = (parts: {
  readonly gate: Gate
  readonly stores: OpenStores
  readonly clientOf: ClientOf
  readonly publish: Feed['publish']
  readonly log: Log
}): ((app: PublicHono) => void) => {
  const { gate, stores, clientOf, publish, log } = parts
  const bearerOf = createBearerOf({
    clientOf,
    identify: gate.identify,
    refused({ denial, decisionId, address }) {
      log.write(statusOf(denial) >= 500 ? 'error' : 'info', { event: 'api_refused', reason: denial.reason, decisionId, address, detail: denial.detail })
    },
    now: Date.now,
  })
  return (app) => {
    addUpkeepRoutes(app, {
      conversations: stores.conversations,
      bearerOf,
      clientOf,
      publish,
      noted({ action, userId, target }) {
        log.write('info', { event: 'operation', action, actor: userId, target })
      },
      now: Date.now,
    })
  }
}
