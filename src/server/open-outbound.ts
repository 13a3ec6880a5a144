import type { OutboundLane, Outgoing } from '../conversation/outbound.js'
import type { Feed } from '../conversation/feed.js'
import type { Source } from '../conversation/records.js'
import type { Config } from './config/config.js'
import { createDeliveries, type Deliveries } from './connectors/deliveries.js'
import { outboundBody } from './connectors/outbound-body.js'
import { postWebhook, type WebhookTarget } from './connectors/post-webhook.js'
import { sourceOf } from './connectors/source.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { OpenStores } from './open-stores.js'

/** The way out of a running server. */
export interface OpenOutbound extends Deliveries {
  /** Sources of a workspace whose customers can be reached. */
  reached(workspace: string): readonly Source[]
}

interface Route extends WebhookTarget, OutboundLane {
  readonly connector: string
}

/** Connects the queue of messages to the connectors of the configuration. */
export const openOutbound = ({ connectors }: Config, { outbound }: OpenStores, publish: Feed['publish'], log: Log, metrics: Metrics): OpenOutbound => {
  const { timeoutMs, giveUpMs, parallel } = connectors.outbound
  const routes = connectors.sources.flatMap((one): readonly Route[] =>
    one.outbound === undefined ? [] : [{ connector: one.name, workspace: one.workspace, source: sourceOf(one), url: one.outbound.url, secrets: one.secrets }])
  const routeOf = (lane: OutboundLane): Route | undefined => routes.find(({ workspace, source }) => workspace === lane.workspace && source === lane.source)
  const deliveries = createDeliveries({
    outbound,
    async post(lane, outgoing: Outgoing, stop) {
      const route = routeOf(lane)
      if (route === undefined) return { outcome: 'failed', detail: 'has no outbound address in connectors.sources any more', retryAfterMs: undefined }
      return postWebhook(route, { id: outgoing.message.id, body: outboundBody(lane.source, outgoing) }, timeoutMs, Date.now(), stop)
    },
    timeoutMs,
    giveUpMs,
    parallel,
    publish,
    tried({ outgoing: { message, attempts }, result, detail, durationMs, ...lane }) {
      const connector = routeOf(lane)?.connector ?? 'none'
      const { outcome } = result
      metrics.deliveryTried(connector, outcome)
      const level = outcome === 'delivered' ? 'debug' : outcome === 'postponed' ? 'warn' : 'error'
      const reason = outcome === 'failed' ? result.reason : undefined
      log.write(level, {
        event: 'delivery', outcome, reason, connector, source: lane.source, workspace: lane.workspace, conversation: message.conversation, message: message.id, attempts, durationMs, detail,
      })
    },
    failed(error) {
      metrics.failed('outbound')
      logFailure(log, 'outbound', error)
    },
    now: Date.now,
  })
  return {
    start: deliveries.start,
    wake: deliveries.wake,
    stop: deliveries.stop,
    get state() {
      return deliveries.state
    },
    reached: (workspace) => routes.flatMap((route) => (route.workspace === workspace ? [route.source] : [])),
  }
}
