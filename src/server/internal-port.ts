import type { Server } from 'node:http'
import type { Feed } from '../conversation/feed.js'
import type { Gate } from '../gate.js'
import { createHardenedServer } from '../node/hardened-server.js'
import { refuse } from '../node/refuse.js'
import { deny } from '../protocol/denial.js'
import { readCondition } from './checkup/condition.js'
import type { Probes } from './checkup/probes.js'
import type { Config } from './config/config.js'
import { createOperations } from './create-operations.js'
import type { DecisionFeed } from './decision-feed.js'
import type { DryRunCounts } from './dry-run-counts.js'
import { asListener } from './http/as-listener.js'
import { createInternalApp } from './http/internal-app.js'
import { hostText } from './listen.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import type { PasswordHasher } from './login/password-hasher.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { OpenStores } from './open-stores.js'
import type { Operations } from './operations.js'
import { createFindOperator } from './operator-keys.js'
import { version } from './version.js'

/** The port of operators, and what they do there. */
export interface InternalPort {
  readonly server: Server
  readonly operations: Operations
}

/** Makes the port, which listens nowhere yet. */
export const createInternalPort = (parts: {
  readonly gate: Gate
  readonly stores: OpenStores
  readonly config: Config
  readonly hasher: PasswordHasher
  readonly metrics: Metrics
  readonly feed: DecisionFeed
  readonly dryRun: DryRunCounts
  readonly publish: Feed['publish']
  readonly probes: Probes
  readonly operatorKey: string
  readonly publicPort: number
  readonly development: boolean
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly log: Log
}): InternalPort => {
  const { gate, stores, config, hasher, metrics, feed, dryRun, publish, probes, operatorKey, publicPort, startedAt, log } = parts
  const mode = parts.development ? 'development' : 'production'
  const operations = createOperations({
    gate,
    users: stores.ownUsers,
    outsideUsers: stores.outsideUsers,
    audit: stores.audit,
    hasher,
    metrics,
    feed,
    publish,
    dryRun: () => ({ since: startedAt, items: dryRun.rows() }),
    log,
    mode,
    host: () => config.hosts?.[0] ?? `${hostText(config.listen.host)}:${String(publicPort)}`,
    protectedNetworks: { trustedProxies: config.trustedProxies, allowed: config.bans.allow },
    info: () => ({ version, node: process.version, mode, startedAt, sessions: gate.sessions.count, storage: 'sqlite' }),
    now: Date.now,
  })
  const app = createInternalApp({
    operations,
    operatorKey,
    operatorBudget: config.internal.operatorBudget,
    findOperator: createFindOperator(config.dataDir, Date.now, (error) => {
      logFailure(log, 'operators', error)
    }),
    checkup: { condition: () => readCondition(config, mode, Date.now()), probes },
    now: Date.now,
    onFailure: (error) => {
      logFailure(log, 'internal port', error)
    },
  })
  const server = createHardenedServer({
    fastLane: false,
    onRequest: asListener(app.fetch),
    onUpgrade(_request, connection) {
      refuse(connection, deny('not_found'), 'internal')
    },
  })
  return { server, operations }
}
