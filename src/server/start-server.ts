import { rm } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { User } from '../admission/user.js'
import { createHardenedServer } from '../node/hardened-server.js'
import { refuse } from '../node/refuse.js'
import { deny } from '../protocol/denial.js'
import { createSqliteSweeper } from '../stores/sqlite/sqlite-sweeper.js'
import { boundConnections } from './bound-connections.js'
import { readCondition } from './checkup/condition.js'
import { createProbes, type Probes } from './checkup/probes.js'
import type { Config } from './config/config.js'
import type { LoadedConfig } from './config/load-config.js'
import { createServerGate } from './create-server-gate.js'
import { createOperations } from './create-operations.js'
import { createDecisionFeed } from './decision-feed.js'
import { createDryRunCounts } from './dry-run-counts.js'
import { developmentIssuer, sampleTokens, type SampleToken } from './development.js'
import { serverEndpoints } from './endpoints.js'
import { readDemoPage } from './http/demo-page.js'
import type { InboundOptions } from './http/inbound-routes.js'
import { addTicketRoutes } from './http/ticket-routes.js'
import { createInternalApp } from './http/internal-app.js'
import { createPublicApp } from './http/public-app.js'
import { createLively } from './lively/create-lively.js'
import { closeServer, listen } from './listen.js'
import { createLog, type Log } from './log/create-log.js'
import { createMetrics, type Metrics } from './metrics/create-metrics.js'
import { createPasswordHasher } from './login/password-hasher.js'
import { samplePassword } from './login/sample-passwords.js'
import { openDialects } from './open-dialects.js'
import { openInbound } from './open-inbound.js'
import { openLogin } from './open-login.js'
import { openOutbound } from './open-outbound.js'
import { openUpkeep } from './open-upkeep.js'
import { openStores } from './open-stores.js'
import type { Operations } from './operations.js'
import { createKeyReload } from './reload-keys.js'
import { readOrMakeOperatorKey } from './operator-key.js'
import { createFindOperator } from './operator-keys.js'
import { sampleMembers, seed } from './seed/seed.js'
import { servedBy } from './served.js'
import { version } from './version.js'
import { watchGate } from './watch-gate.js'

export interface StartOptions {
  readonly config: Config
  readonly mode: 'dev' | 'serve'
  /** E-mail of the user who stands in when a token is missing or bad: the classic development mode. */
  readonly developmentUser?: string | undefined
  /** Development only: begin with new sample data. */
  readonly reset?: boolean | undefined
  /** Development only: sample customers write. */
  readonly lively?: boolean | undefined
  /** Sentences of `loadConfig` to be said at start. */
  readonly warnings?: readonly string[]
  /** Reads the configuration again, for keys that are changed while the server runs; files that hold them are watched. */
  readonly reload?: { readonly load: () => Promise<LoadedConfig>; readonly files: readonly string[] }
  /** Default: one made from the configuration. */
  readonly log?: Log
}

export interface RunningServer {
  readonly publicUrl: string
  readonly internalUrl: string
  /** Development only. */
  readonly samples?: { readonly agentTokens: readonly SampleToken[]; /** Of every sample user; `undefined` when nobody logs in here. */ readonly password: string | undefined }
  readonly operations: Operations
  /** Reads the keys of tokens again; without `reload` nothing happens. Never rejects. */
  reloadKeys(): Promise<void>
  /** Drains and stops; a second call waits for the first. `unclean` when a socket had to be cut off or a store failed to close. */
  stop(reason: string): Promise<'clean' | 'unclean'>
}

/** Milliseconds over which the delays of a drain are spread, and how long it may take. */
const drainMs = 5_000

/**
 * Starts a server: stores, gate, dialects, public and internal port.
 *
 * @throws StartError, DatabaseNotOpened, TypeError or RangeError with one line that says what to change.
 */
export const startServer = async (options: StartOptions): Promise<RunningServer> => {
  const { config, mode } = options
  const development = mode === 'dev'
  const log = options.log ?? createLog(config.log)
  const startedAt = Date.now()

  const told = (task: string) => (error: unknown): void => {
    log.write('error', { event: 'failure', task, detail: error instanceof Error ? error.message : 'unknown' })
  }
  let upgrade: ((request: IncomingMessage, connection: Duplex, head: Buffer) => void) | undefined
  let ready = false
  let inbound: InboundOptions | undefined
  const probes = createProbes(Date.now)
  const demoPage = development ? await readDemoPage(serverEndpoints) : undefined
  const pages = { mode: development ? 'development' : 'production', endpoints: serverEndpoints, ready: () => ready, inbound: () => inbound, onFailure: told('public port'), ...(demoPage ? { demoPage } : {}) } as const
  let publicApp = createPublicApp(pages)
  const publicServer = createHardenedServer({
    fastLane: config.listen.fastLane,
    onRequest: watchedBy(probes, asListener((request, env) => publicApp.fetch(request, env))),
    onUpgrade(request, connection, head) {
      probes.arrived(request)
      if (upgrade === undefined) refuse(connection, deny('overloaded', { detail: 'starting' }), 'starting')
      else upgrade(request, connection, head)
    },
    onMalformed({ reason, detail }, decisionId) {
      log.write(development ? 'debug' : 'info', { event: 'malformed', reason, decisionId, detail })
    },
  })
  // The ports first: a taken one is said before anything is touched.
  const publicPort = await listen(publicServer, config.listen.host, config.listen.port, 'SALLYPORT_LISTEN_PORT or --port')
  const undo: (() => Promise<void>)[] = [() => closeServer(publicServer)]
  try {
    if (development && options.reset === true) await removeDatabase(config.storage.path)
    const stores = await openStores(config, mode, (reached) => {
      log.write(reached ? 'info' : 'error', { event: 'store', store: 'users', state: reached ? 'back' : 'away', detail: undefined })
    })
    undo.unshift(() => stores.close())
    if (development) await seed(stores.conversations, { at: startedAt })
    const issuers = config.tokens.issuers.length > 0 ? config.tokens.issuers : [await developmentIssuer(config.dataDir)]
    const operatorKey = await readOrMakeOperatorKey(config.dataDir)

    const feed = createDecisionFeed()
    const dryRun = createDryRunCounts(new Set([...config.dryRun, ...(development || config.bans.ladder.mode === 'dry-run' ? ['ladder'] : [])]))
    const metrics: Metrics = createMetrics({
      sessions: () => gate.sessions.count,
      bans: () => gate.banCount,
      loopDelayMs: () => gate.load.loopDelayMs,
      inFlight: () => gate.load.inFlight,
      linesDropped: () => log.dropped,
      outbound: () => outbound.state,
      development,
    })
    const served = servedBy(config, development, publicPort)
    const gate = await createServerGate(options, stores, issuers, served, log, watchGate<User>(log, metrics, feed, dryRun, development, config.log.format === 'classic', probes))
    const outbound = openOutbound(config, stores, (event) => {
      dialects.feed.publish(event)
    }, log, metrics)
    const dialects = openDialects(gate, stores, outbound, config, log, metrics)
    upgrade = dialects.upgrade
    const lively = development && options.lively === true ? createLively({ failed: (detail) => log.write('warn', { event: 'warning', detail: `A sample customer was not heard: ${detail}` }) }) : undefined
    inbound = openInbound(config, lively?.sources ?? [], stores, dialects.feed, log, metrics)
    const hasher = createPasswordHasher()
    const addLogin = openLogin({ gate, stores, config, issuers, hasher, served, development, log, metrics })
    publicApp = createPublicApp({
      ...pages,
      api: {
        origins: served.origins,
        addRoutes: [
          openUpkeep({ gate, stores, config, served, development, publish: dialects.feed.publish, log }),
          ...(addLogin === undefined ? [] : [addLogin]), ...(config.carriers.includes('ticket') ? [addTicketRoutes(gate.tickets)] : []),
        ],
        refused: (page) => log.write('info', { event: 'page_refused', ...page }),
      },
    })

    const operations = createOperations({
      gate,
      users: stores.ownUsers,
      outsideUsers: stores.outsideUsers,
      audit: stores.audit,
      hasher,
      metrics,
      feed,
      publish: dialects.feed.publish,
      dryRun: () => ({ since: startedAt, items: dryRun.rows() }),
      log,
      mode: development ? 'development' : 'production',
      host: () => config.hosts?.[0] ?? `${hostText(config.listen.host)}:${String(publicPort)}`,
      protectedNetworks: { trustedProxies: config.trustedProxies, allowed: config.bans.allow },
      info: () => ({ version, node: process.version, mode: development ? 'development' : 'production', startedAt, sessions: gate.sessions.count, storage: 'sqlite' }),
      now: Date.now,
    })
    const internalApp = createInternalApp({
      operations,
      operatorKey,
      operatorBudget: config.internal.operatorBudget,
      findOperator: createFindOperator(config.dataDir, Date.now, told('operators')),
      checkup: { condition: () => readCondition(config, development ? 'development' : 'production', Date.now()), probes },
      now: Date.now,
      onFailure: told('internal port'),
    })
    const internalServer = createHardenedServer({
      fastLane: false,
      onRequest: asListener(internalApp.fetch),
      onUpgrade(_request, connection) {
        refuse(connection, deny('not_found'), 'internal')
      },
    })
    const internalPort = await listen(internalServer, config.internal.host, config.internal.port, 'SALLYPORT_INTERNAL_PORT')
    undo.unshift(() => closeServer(internalServer))

    const [issuer] = issuers
    const samples = development ? { agentTokens: await sampleTokens(issuer, stores.ownUsers, sampleMembers.map(({ userId }) => userId), Date.now()), password: addLogin && samplePassword } : undefined
    for (const detail of [...(options.warnings ?? []), ...gate.warnings]) log.write('warn', { event: 'warning', detail })
    const publicUrl = `http://${hostText(config.listen.host)}:${String(publicPort)}`
    const sweeper = createSqliteSweeper((ask) => stores.engine.write('sweep', ask), Date.now, told('sweep'))
    sweeper.start()
    await boundConnections(publicServer, log)
    outbound.start()
    ready = true
    lively?.start(publicUrl)
    log.write('info', { event: 'server', state: 'started', detail: `${development ? 'development' : 'production'} on ${publicUrl}` })

    const keyReload = options.reload && createKeyReload(options.reload.load, options.reload.files, gate, log)
    const halt = async (reason: string): Promise<'clean' | 'unclean'> => {
      ready = false
      log.write('info', { event: 'server', state: 'draining', detail: reason })
      await lively?.stop()
      keyReload?.stop()
      const [left] = await Promise.all([gate.drain(drainMs), outbound.stop()])
      gate.stop()
      feed.stop()
      sweeper.stop()
      dialects.stop()
      const closed = await Promise.allSettled(undo.map((close) => close()))
      const clean = left === 0 && closed.every(({ status }) => status === 'fulfilled')
      log.write('info', { event: 'server', state: 'stopped', detail: clean ? undefined : `${String(left)} sockets were cut off` })
      // A reader that has stopped keeps nobody from leaving.
      await log.close()
      return clean ? 'clean' : 'unclean'
    }
    let halting: Promise<'clean' | 'unclean'> | undefined
    return {
      publicUrl,
      internalUrl: `http://${hostText(config.internal.host)}:${String(internalPort)}`,
      ...(samples ? { samples } : {}),
      operations,
      reloadKeys: async () => keyReload?.reload(),
      stop: (reason) => (halting ??= halt(reason)),
    }
  } catch (error) {
    for (const close of undo) await close()
    throw error
  }
}

/** Probes that lost their upgrade on the way come in as plain requests. */
const watchedBy =
  (probes: Probes, answer: RequestListener): RequestListener =>
  (request, response) => {
    probes.arrived(request)
    answer(request, response)
  }

/** Node's listener of a fetch handler. */
const asListener = (fetch: Parameters<typeof getRequestListener>[0]): ((...args: Parameters<ReturnType<typeof getRequestListener>>) => void) => {
  const answer = getRequestListener(fetch)
  return (request, response) => void answer(request, response)
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const removeDatabase = async (path: string): Promise<void> => {
  for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
}
