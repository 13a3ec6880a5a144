import type { Feed } from '../conversation/feed.js'
import { createMessageRate } from '../conversation/message-rate.js'
import type { Config } from './config/config.js'
import type { ConnectorSource } from './connectors/source.js'
import type { InboundOptions } from './http/inbound-routes.js'
import type { Log } from './log/create-log.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { OpenStores } from './open-stores.js'
import { sendEvents } from './send-events.js'

/** What the inbound webhook of a running server stands on. */
export const openInbound = (
  { connectors, limits }: Config,
  more: readonly ConnectorSource[],
  { conversations }: OpenStores,
  feed: Pick<Feed, 'publish'>,
  log: Log,
  metrics: Metrics,
): InboundOptions => ({
  sources: [...connectors.sources, ...more],
  store: conversations,
  publish: (event) => {
    feed.publish(event)
  },
  rate: createMessageRate(limits.inbound),
  toleranceMs: connectors.toleranceMs,
  // Failures of the store become 503 and are logged with the other failures of the public port.
  events: sendEvents(log, metrics, () => {}),
  refused(source, reason) {
    log.write('warn', { event: 'inbound_refused', source, reason })
  },
  now: Date.now,
})
