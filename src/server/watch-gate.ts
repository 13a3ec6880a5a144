import type { Decision } from '../admission/decision.js'
import type { Handshake } from '../admission/handshake.js'
import { shownPath } from '../admission/shown-path.js'
import { defaultCarriers, findCredential } from '../admission/steps/credential.js'
import { readQuery } from '../admission/steps/query.js'
import { readOffer } from '../admission/steps/subprotocols.js'
import { tokenPreview } from '../admission/token/token-preview.js'
import type { User } from '../admission/user.js'
import type { GateEvents } from '../gate-options.js'
import { denials, statusOf, type Denial, type Reason } from '../protocol/denial.js'
import { probeHeader, type Probes } from './checkup/probes.js'
import type { DecisionFeed } from './decision-feed.js'
import type { DryRunCounts } from './dry-run-counts.js'
import type { Log } from './log/create-log.js'
import { logFailure } from './log/log-failure.js'
import type { Metrics } from './metrics/create-metrics.js'

/** What a peer did wrong on an open socket; other ends are daily business. */
const misdeeds: ReadonlySet<string> = new Set<Reason>(['frame_protocol', 'frame_wrong_type', 'frame_not_utf8', 'frame_too_big', 'slow_consumer', 'too_many_messages'])

const shownCarriers = new Set(defaultCarriers)

/** The part of a token that may be shown, for the debug lines of the classic format; `undefined` when there was none. */
const previewOf = (handshake: Handshake): string | undefined => {
  const offer = readOffer(handshake.headers, true)
  if ('reason' in offer) return undefined
  const credential = findCredential(handshake.headers, offer, readQuery(handshake.target), shownCarriers)
  return 'reason' in credential ? undefined : tokenPreview(credential.token)
}

/** A user of our own table has one; of another one it depends on what the look-up answers. */
const emailOf = (user: object): string | undefined => ('email' in user && typeof user.email === 'string' ? user.email : undefined)

/** Whether the server is to blame for a refusal; a broken first frame has no status, and is its client's. */
const isOurFault = ({ reason }: Denial): boolean => (denials[reason].http ?? 0) >= 500

/**
 * Turns what a gate tells into log lines and counts, and hands decisions to who watches; the only place that decides what is logged at which level.
 *
 * @param development - Whether admissions are logged at DEBUG, as the old service did in development.
 * @param classic - Whether lines are in the classic words, which show the first characters of a token and the e-mail of who was let in.
 */
export const watchGate = <U extends User>(log: Log, metrics: Metrics, feed: DecisionFeed, dryRun: DryRunCounts, development: boolean, classic: boolean, probes: Pick<Probes, 'decided'>): GateEvents<U> => ({
  decided(decision: Decision<U>, durationMs, handshake) {
    metrics.decided(decision, durationMs)
    feed.publish(decision)
    dryRun.decided(decision)
    probes.decided(handshake.headers[probeHeader]?.[0], decision)
    const denial = decision.outcome === 'denied' ? decision.denial : undefined
    const level = denial && isOurFault(denial) ? 'error' : development ? 'debug' : 'info'
    if (!classic && !log.writes(level)) return
    const isDevelopment = decision.outcome === 'admitted' && decision.principal.development
    const concernsToken = isDevelopment || (denial !== undefined && statusOf(denial) === 401)
    log.write(level, {
      event: 'admission',
      outcome: decision.outcome,
      reason: denial?.reason,
      decisionId: decision.id,
      userId: decision.outcome === 'admitted' ? decision.principal.user.id : decision.userId,
      address: decision.client?.address,
      endpoint: decision.endpoint?.name,
      path: decision.path,
      durationMs,
      development: isDevelopment,
      step: decision.outcome === 'denied' ? decision.step : undefined,
      detail: classic && concernsToken ? previewOf(handshake) : denial?.detail,
      ...(classic && decision.outcome === 'admitted' ? { email: emailOf(decision.principal.user) } : {}),
    })
  },
  opened(session) {
    log.write('debug', { event: 'session_opened', sessionId: session.id, userId: session.user.id, ...(session.principal.development ? { development: true } : {}), endpoint: session.endpoint.name, conversation: session.endpoint.conversation })
  },
  closed(session, code, reason) {
    metrics.sessionClosed(session.endpoint.name, reason)
    const durationMs = Date.now() - session.openedAt
    log.write(misdeeds.has(reason) ? 'warn' : 'debug', { event: 'session_closed', sessionId: session.id, userId: session.user.id, endpoint: session.endpoint.name, conversation: session.endpoint.conversation, reason, code, durationMs })
  },
  delivered(push, delivery) {
    metrics.delivered(push.class, delivery)
  },
  laddered({ outcome, ban: { subject } }) {
    log.write('warn', { event: 'ladder', outcome, subject: subject.kind === 'user' ? subject.userId : subject.network })
  },
  ticket(answer, path) {
    const denial = answer.outcome === 'denied' ? answer.denial : undefined
    const { outcome, id, userId, address } = answer
    const level = denial === undefined ? 'debug' : isOurFault(denial) ? 'error' : 'info'
    log.write(level, { event: 'ticket', outcome, reason: denial?.reason, decisionId: id, userId, address, path: shownPath(path), detail: denial?.detail })
  },
  loading(bans) {
    log.write('info', { event: 'server', state: 'loading', detail: `${String(bans)} bans so far` })
  },
  followed(reached) {
    log.write(reached ? 'info' : 'error', { event: 'store', store: 'control log', state: reached ? 'back' : 'away', detail: undefined })
  },
  listed(reached) {
    log.write(reached ? 'info' : 'error', { event: 'store', store: 'allow-list', state: reached ? 'back' : 'away', detail: undefined })
  },
  keys({ issuer, state, detail }) {
    log.write(state === 'away' ? 'error' : 'info', { event: 'keys', issuer, state, detail })
  },
  failed(task, error) {
    metrics.failed(task)
    logFailure(log, task, error)
  },
})
