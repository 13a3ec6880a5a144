import { Gauge, Histogram, Registry } from 'prom-client'
import type { Decision } from '../../admission/decision.js'
import type { OutboundState } from '../../conversation/outbound.js'
import type { FrameRule } from '../../session/frame-rates.js'
import type { Delivery } from '../../session/outbox.js'
import type { PushClass } from '../../session/push.js'
import { createCounted } from './counted.js'

/** What is read at the moment somebody asks. */
export interface Gauges {
  readonly sessions: () => number
  readonly bans: () => number
  readonly loopDelayMs: () => number
  readonly inFlight: () => number
  readonly linesDropped: () => number
  /** Messages on their way to customers. */
  readonly outbound: () => Pick<OutboundState, 'queued' | 'oldestAt'>
  readonly development: boolean
}

/** The counters of one server; no label ever names a user, an address or a conversation. */
export interface Metrics {
  decided(decision: Decision, durationMs: number): void
  sessionClosed(endpoint: string, reason: string): void
  delivered(pushClass: PushClass, delivery: Delivery): void
  received(bytes: number): void
  /** A message was refused by a rate. */
  limited(rule: 'messages' | FrameRule, outcome: 'limited' | 'flood'): void
  /** A classic message of a type nobody knows. */
  ignored(endpoint: string): void
  failed(task: string): void
  loggedIn(action: string, outcome: string): void
  /** One try to bring a message to a connector. */
  deliveryTried(connector: string, outcome: string): void
  text(): Promise<string>
}

export const createMetrics = (gauges: Gauges): Metrics => {
  const registry = new Registry()
  const counted = (name: string, help: string, labelNames: readonly string[] = []) => createCounted(registry, name, help, labelNames)
  const admissions = counted('sallyport_admissions_total', 'Decisions by outcome, reason, step and endpoint.', ['outcome', 'reason', 'step', 'endpoint'])
  const duration = new Histogram({ name: 'sallyport_admission_duration_seconds', help: 'Time from handshake to decision.', buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5], registers: [registry] })
  const marks = counted('sallyport_dry_run_marks_total', 'Refusals that rules in dry-run would have made.', ['rule'])
  const newlyRefused = counted('sallyport_dry_run_newly_refused_total', 'Sockets that were admitted and would be refused if the rule left dry-run.', ['rule'])
  const ended = counted('sallyport_sessions_ended_total', 'Sockets that ended, by endpoint and reason.', ['endpoint', 'reason'])
  const pushes = counted('sallyport_pushes_total', 'Pushes by class and what became of them.', ['class', 'delivery'])
  const messages = counted('sallyport_messages_received_total', 'Messages from clients.')()
  const bytes = counted('sallyport_received_bytes_total', 'Bytes of messages from clients.')()
  const limited = counted('sallyport_messages_limited_total', 'Messages that a rate refused; with the outcome flood the socket was closed.', ['rule', 'outcome'])
  const ignored = counted('sallyport_classic_ignored_total', 'Classic messages of unknown types, which are ignored.', ['endpoint'])
  const failures = counted('sallyport_failures_total', 'Background tasks that failed.', ['task'])
  const logins = counted('sallyport_logins_total', 'Log-ins, refreshes and log-outs by outcome.', ['action', 'outcome'])
  const deliveries = counted('sallyport_deliveries_total', 'Tries to bring a message to a connector, by what came of them.', ['connector', 'outcome'])
  const gauge = (name: string, help: string, read: () => number): void => {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read())
        },
      }),
    )
  }
  gauge('sallyport_sessions', 'Sockets that are open.', gauges.sessions)
  gauge('sallyport_bans', 'Bans in memory: those in force, and those that ended within a day.', gauges.bans)
  gauge('sallyport_event_loop_delay_seconds', 'Delay of the event loop, resolution taken off.', () => gauges.loopDelayMs() / 1000)
  gauge('sallyport_handshakes_in_flight', 'Handshakes that wait for somebody else.', gauges.inFlight)
  gauge('sallyport_log_lines_dropped', 'Log lines dropped because nobody read.', gauges.linesDropped)
  gauge('sallyport_outbound_queued', 'Messages on their way to customers.', () => gauges.outbound().queued)
  gauge('sallyport_outbound_oldest_seconds', 'Age of the oldest of them.', () => Math.max(0, Date.now() - (gauges.outbound().oldestAt ?? Date.now())) / 1000)
  gauge('sallyport_development', '1 in development mode.', () => (gauges.development ? 1 : 0))

  return {
    decided(decision, durationMs) {
      const endpoint = decision.endpoint?.name ?? 'none'
      if (decision.outcome === 'denied') admissions('denied', decision.denial.reason, decision.step, endpoint).value += 1
      else admissions('admitted', 'admitted', 'none', endpoint).value += 1
      duration.observe(durationMs / 1000)
      for (const { rule } of decision.marks) {
        marks(rule).value += 1
        if (decision.outcome === 'admitted') newlyRefused(rule).value += 1
      }
    },
    sessionClosed(endpoint, reason) {
      ended(endpoint, reason).value += 1
    },
    delivered(pushClass, delivery) {
      pushes(pushClass, delivery).value += 1
    },
    received(length) {
      messages.value += 1
      bytes.value += length
    },
    limited(rule, outcome) {
      limited(rule, outcome).value += 1
    },
    ignored(endpoint) {
      ignored(endpoint).value += 1
    },
    failed(task) {
      failures(task).value += 1
    },
    loggedIn(action, outcome) {
      logins(action, outcome).value += 1
    },
    deliveryTried(connector, outcome) {
      deliveries(connector, outcome).value += 1
    },
    text: async () => await registry.metrics(),
  }
}
