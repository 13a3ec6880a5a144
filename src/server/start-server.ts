import { nextTurn } from '../admission/next-turn.js'
import type { User } from '../admission/user.js'
import { removeDatabase } from '../stores/sqlite/remove-database.js'
import { createSqliteSweeper } from '../stores/sqlite/sqlite-sweeper.js'
import { boundConnections } from './bound-connections.js'
import { createProbes } from './checkup/probes.js'
import type { Config } from './config/config.js'
import type { LoadedConfig } from './config/load-config.js'
import { createServerGate } from './create-server-gate.js'
import { createDecisionFeed } from './decision-feed.js'
import { createDryRunCounts } from './dry-run-counts.js'
import { developmentIssuer, sampleTokens, type SampleToken } from './development.js'
import { createInternalPort } from './internal-port.js'
import { createLively } from './lively/create-lively.js'
import { closeServer, hostText, listen } from './listen.js'
import { createLog, type Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import { createMetrics, type Metrics } from './metrics/create-metrics.js'
import { createPasswordHasher } from './login/password-hasher.js'
import { samplePassword } from './login/sample-passwords.js'
import { openDialects } from './open-dialects.js'
import { openInbound } from './open-inbound.js'
import { openOutbound } from './open-outbound.js'
import { openPublicApi } from './open-public-api.js'
import { openStores } from './open-stores.js'
import type { Operations } from './operations.js'
import { exposedKeyWarning, readOrMakeOperatorKey } from './operator-key.js'
import { createPublicPort } from './public-port.js'
import { createKeyReload } from './reload-keys.js'
import { sampleMembers, seed } from './seed/seed.js'
import { servedBy } from './served.js'
import { watchGate } from './watch-gate.js'

/** What a server starts with. */
export interface StartOptions {
  /** As `loadConfig` answers it. */
  readonly config: Config
  /** `dev` binds loopback, brings sample data and says so everywhere; `serve` is production. */
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
  readonly reload?: {
    /** What `loadConfig` answers now. */
    readonly load: () => Promise<LoadedConfig>
    /** Paths of the files that are watched: `keyFiles` of what was loaded first. */
    readonly files: readonly string[]
  }
  /** Default: one made from the configuration. */
  readonly log?: Log
}

/** A server that listens. */
export interface RunningServer {
  /** Where clients reach it from this machine, with the port it got. */
  readonly publicUrl: string
  /** The same of the port for operators. */
  readonly internalUrl: string
  /** Development only. */
  readonly samples?: { readonly agentTokens: readonly SampleToken[]; /** Of every sample user; `undefined` when nobody logs in here. */ readonly password: string | undefined }
  /** What an operator can do, without the way over HTTP. */
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
 * @throws StartError, DatabaseNotOpened, TypeError or RangeError with one line that says what to change; then nothing of it runs on.
 * @example
 * const { config, warnings } = await loadConfig({ mode: 'dev', env: process.env, cwd: process.cwd() })
 * const server = await startServer({ config, mode: 'dev', warnings })
 * console.log(server.publicUrl)
 * await server.stop('SIGTERM')
 */
export const startServer = async (options: StartOptions): Promise<RunningServer> => {
  const log = options.log ?? createLog(options.config.log)
  /** What ends each thing that was opened, in the order of opening. */
  const closers: (() => Promise<void> | void)[] = []
  /** Whether all of it ended well. */
  const closeAll = async (): Promise<boolean> => {
    let clean = true
    for (const close of closers.toReversed()) {
      try {
        await close()
      } catch (error) {
        logFailure(log, 'stop', error)
        clean = false
      }
    }
    return clean
  }
  try {
    return await open(options, log, closers, closeAll)
  } catch (error) {
    await closeAll()
    // One that was handed in is its owner's.
    if (options.log === undefined) await log.close()
    throw error
  }
}

const open = async (options: StartOptions, log: Log, closers: (() => Promise<void> | void)[], closeAll: () => Promise<boolean>): Promise<RunningServer> => {
  const { config, mode } = options
  const development = mode === 'dev'
  const startedAt = Date.now()
  const probes = createProbes(Date.now)
  const publicPort = await createPublicPort({ fastLane: config.listen.fastLane, development, probes, log })
  // The ports first: a taken one is said before anything is touched.
  const publicPortNumber = await listen(publicPort.server, config.listen.host, config.listen.port, 'SALLYPORT_LISTEN_PORT or --port')
  closers.push(() => closeServer(publicPort.server))

  if (development && options.reset === true) await removeDatabase(config.storage.path)
  const stores = await openStores(config, mode, (reached) => {
    log.write(reached ? 'info' : 'error', { event: 'store', store: 'users', state: reached ? 'back' : 'away', detail: undefined })
  })
  closers.push(() => stores.close())
  if (development) await seed(stores.conversations, { at: startedAt })
  const issuers = config.tokens.issuers.length > 0 ? config.tokens.issuers : [await developmentIssuer(config.dataDir)]
  const operatorKey = await readOrMakeOperatorKey(config.dataDir)
  const exposed = await exposedKeyWarning(config.dataDir)

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
  const served = servedBy(config, development, publicPortNumber)
  const gate = await createServerGate(options, stores, issuers, served, log, watchGate<User>(log, metrics, feed, dryRun, development, config.log.format === 'classic', probes))
  closers.push(() => {
    gate.stop()
  })
  // Who asks for health or a socket meanwhile is answered between the parts: each of them takes milliseconds to put together.
  await nextTurn()
  const outbound = openOutbound(config, stores, (event) => {
    dialects.feed.publish(event)
  }, log, metrics)
  const dialects = openDialects(gate, stores, outbound, config, log, metrics)
  closers.push(() => {
    dialects.stop()
  })
  const { publish } = dialects.feed
  await nextTurn()
  const lively = development && options.lively === true ? createLively({ failed: (detail) => log.write('warn', { event: 'warning', detail: `A sample customer was not heard: ${detail}` }) }) : undefined
  const hasher = createPasswordHasher()
  const api = openPublicApi({ gate, stores, config, issuers, hasher, served, development, publish, log, metrics })
  await nextTurn()
  publicPort.serve({ upgrade: dialects.upgrade, inbound: openInbound(config, lively?.sources ?? [], stores, dialects.feed, log, metrics), api })

  await nextTurn()
  const internalPort = createInternalPort({ gate, stores, config, hasher, metrics, feed, dryRun, publish, probes, operatorKey, publicPort: publicPortNumber, development, startedAt, log })
  const internalPortNumber = await listen(internalPort.server, config.internal.host, config.internal.port, 'SALLYPORT_INTERNAL_PORT')
  closers.push(() => closeServer(internalPort.server))
  // Before its port: who watches is told the end, and not cut off.
  closers.push(() => {
    feed.stop()
  })

  const [issuer] = issuers
  const samples = development ? { agentTokens: await sampleTokens(issuer, stores.ownUsers, sampleMembers.map(({ userId }) => userId), Date.now()), password: api.offersLogin ? samplePassword : undefined } : undefined
  for (const detail of [...(options.warnings ?? []), ...gate.warnings, ...(exposed === undefined ? [] : [exposed])]) log.write('warn', { event: 'warning', detail })
  const publicUrl = `http://${hostText(config.listen.host)}:${String(publicPortNumber)}`
  const sweeper = createSqliteSweeper((ask) => stores.engine.write('sweep', ask), Date.now, (error) => {
    logFailure(log, 'sweep', error)
  })
  sweeper.start()
  closers.push(() => {
    sweeper.stop()
  })
  await boundConnections(publicPort.server, log)
  outbound.start()
  publicPort.ready = true
  lively?.start(publicUrl)
  log.write('info', { event: 'server', state: 'started', detail: `${development ? 'development' : 'production'} on ${publicUrl}` })

  const keyReload = options.reload && createKeyReload(options.reload.load, options.reload.files, gate, log)
  const halt = async (reason: string): Promise<'clean' | 'unclean'> => {
    publicPort.ready = false
    log.write('info', { event: 'server', state: 'draining', detail: reason })
    await lively?.stop()
    keyReload?.stop()
    const [left] = await Promise.all([gate.drain(drainMs), outbound.stop()])
    // Whoever asks now would meet stores that are closing.
    await closeServer(publicPort.server)
    const closed = await closeAll()
    log.write('info', { event: 'server', state: 'stopped', detail: left > 0 ? `${String(left)} sockets were cut off` : undefined })
    // A reader that has stopped keeps nobody from leaving.
    await log.close()
    return left === 0 && closed ? 'clean' : 'unclean'
  }
  let halting: Promise<'clean' | 'unclean'> | undefined
  return {
    publicUrl,
    internalUrl: `http://${hostText(config.internal.host)}:${String(internalPortNumber)}`,
    ...(samples ? { samples } : {}),
    operations: internalPort.operations,
    reloadKeys: async () => keyReload?.reload(),
    stop: (reason) => (halting ??= halt(reason)),
  }
}
