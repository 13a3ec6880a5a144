import { WebSocketServer, type ServerOptions } from 'ws'
import { createClassicHandler } from '../classic/classic-handler.js'
import { createFeed, type Feed } from '../conversation/feed.js'
import { createMessageRate } from '../conversation/message-rate.js'
import { createPeople } from '../conversation/people.js'
import { createSends } from '../conversation/sends.js'
import { createModernHandler } from '../conversation/modern/modern-handler.js'
import type { Gate, UpgradeListener } from '../gate.js'
import { receiveText } from '../node/receive-text.js'
import { deny } from '../protocol/denial.js'
import { modern } from '../protocol/subprotocol.js'
import { systemClock } from '../session/clock.js'
import { createFrameRates } from '../session/frame-rates.js'
import { defaultPulse } from '../session/pulse.js'
import type { Session } from '../session/session.js'
import type { Config } from './config/config.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import type { Metrics } from './metrics/create-metrics.js'
import type { OpenOutbound } from './open-outbound.js'
import type { OpenStores } from './open-stores.js'
import { classicEvents, logPeople, shownValue, logTold } from './classic-events.js'
import { sendEvents } from './send-events.js'

/** The dialects of a running server, behind one listener. */
export interface OpenDialects {
  readonly upgrade: UpgradeListener
  /** Where what this process has committed is told. */
  readonly feed: Pick<Feed, 'publish'>
  stop(): void
}

/** Connects admitted sockets to the dialect they speak. */
export const openDialects = (gate: Gate, stores: OpenStores, outbound: Pick<OpenOutbound, 'reached' | 'wake'>, config: Config, log: Log, metrics: Metrics): OpenDialects => {
  const failed = (task: string, error: unknown): void => {
    metrics.failed(task)
    logFailure(log, task, error)
  }
  const { conversations } = stores
  const feed = createFeed(conversations, (error) => {
    failed('feed', error)
  })
  feed.listen(logTold(log))
  // Before the dialects: who was taken out of a workspace is told nothing that stands behind it in the log.
  feed.listen({
    event({ change }) {
      if (change.type === 'member.removed') gate.sessions.forUser(change.userId).close(deny('session_ended'))
    },
    lost() {
      // The control log ends them then.
    },
  })
  feed.start()
  const people = createPeople()
  people.listen(logPeople(log))
  const told = sendEvents(log, metrics, (error) => {
    failed('send', error)
  })
  const sends = createSends(conversations, createMessageRate(config.limits.messages), { ...told, queued: outbound.wake }, outbound.reached)
  const shared = { conversations, sessions: gate.sessions, feed, people, sends, clock: systemClock }
  const classic = createClassicHandler({
    ...shared,
    greeting: config.classic.greeting,
    refreshPauseMs: 200,
    events: {
      ...classicEvents(log, metrics, config.log.format === 'classic'),
      ignored(endpoint) {
        metrics.ignored(endpoint)
      },
      badParameter(name, value) {
        log.write('warn', { event: 'bad_parameter', name, value: shownValue(value) })
      },
    },
  })
  const modernHandler = createModernHandler({
    ...shared,
    heartbeatMs: defaultPulse.heartbeatMs,
    frameBytes: config.limits.frameBytes,
    async reauthenticate(session: Session, token: string) {
      const verdict = await gate.reauthenticate(session, token)
      return 'reason' in verdict ? { ok: false, denial: verdict } : { ok: true, expiresAt: verdict.expiresAt }
    },
    events: {
      failed(task, error) {
        failed(`modern ${task}`, error)
      },
    },
  })
  const options: ServerOptions & { readonly closeTimeout: number; readonly maxFragments: number; readonly maxBufferedChunks: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: config.limits.frameBytes,
    perMessageDeflate: false,
    // The first offered name is not always ours, and a bearer is never chosen.
    handleProtocols: (offered) => (offered.has(modern) ? modern : false),
    closeTimeout: 2_000,
    maxFragments: 128,
    // A piece that waits for the rest of its frame costs hundreds of bytes, however small it is.
    maxBufferedChunks: 1_024,
  }
  const wss = new WebSocketServer(options)
  const rates = createFrameRates(config.limits)
  const upgrade = gate.upgrade(wss, (webSocket, session) => {
    receiveText(webSocket, session, gate.sessions, session.dialect === modern ? modernHandler : classic, {
      allowance: (bytes) => rates.take(session, bytes, systemClock.monotonic()),
      limited(rule, outcome) {
        metrics.limited(rule, outcome)
      },
      received(bytes) {
        metrics.received(bytes)
      },
      failed(error) {
        failed(`dialect ${session.dialect}`, error)
      },
    })
  })
  return {
    upgrade,
    feed,
    stop() {
      feed.stop()
    },
  }
}
