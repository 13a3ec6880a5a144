import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Decision } from '../../admission/decision.js'
import type { Delivery } from '../../session/outbox.js'
import type { PushClass } from '../../session/push.js'

/** What is read at the moment somebody asks. */
export interface Gauges {
  readonly sessions: () => number
  readonly bans: () => number
  readonly loopDelayMs: () => number
  readonly inFlight: () => number
  readonly linesDropped: () => number
  readonly development: boolean
}

/** The counters of one server; no label ever names a user, an address or a conversation. */
export interface Metrics {
  decided(decision: Decision, durationMs: number): void
  sessionClosed(endpoint: string, reason: string): void
  delivered(pushClass: PushClass, delivery: Delivery): void
  received(bytes: number): void
  failed(task: string): void
  text(): Promise<string>
}

export const createMetrics = (gauges: Gauges): Metrics => {
  const registers = [new Registry()]
  const [registry] = registers
  const admissions = new Counter({ name: 'sallyport_admissions_total', help: 'Decisions by outcome, reason, step and endpoint.', labelNames: ['outcome', 'reason', 'step', 'endpoint'], registers })
  const duration = new Histogram({ name: 'sallyport_admission_duration_seconds', help: 'Time from handshake to decision.', buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5], registers })
  const marks = new Counter({ name: 'sallyport_dry_run_marks_total', help: 'Refusals that rules in dry-run would have made.', labelNames: ['rule'], registers })
  const ended = new Counter({ name: 'sallyport_sessions_ended_total', help: 'Sockets that ended, by endpoint and reason.', labelNames: ['endpoint', 'reason'], registers })
  const pushes = new Counter({ name: 'sallyport_pushes_total', help: 'Pushes by class and what became of them.', labelNames: ['class', 'delivery'], registers })
  const frames = new Counter({ name: 'sallyport_messages_received_total', help: 'Messages from clients.', registers })
  const bytes = new Counter({ name: 'sallyport_received_bytes_total', help: 'Bytes of messages from clients.', registers })
  const failures = new Counter({ name: 'sallyport_failures_total', help: 'Background tasks that failed.', labelNames: ['task'], registers })
  const gauge = (name: string, help: string, read: () => number): void => {
    registers.forEach(
      () =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(read())
          },
        }),
    )
  }
  gauge('sallyport_sessions', 'Sockets that are open.', gauges.sessions)
  gauge('sallyport_bans', 'Bans in force, ended ones included until they are swept.', gauges.bans)
  gauge('sallyport_event_loop_delay_seconds', 'Delay of the event loop, resolution taken off.', () => gauges.loopDelayMs() / 1000)
  gauge('sallyport_handshakes_in_flight', 'Handshakes that wait for somebody else.', gauges.inFlight)
  gauge('sallyport_log_lines_dropped', 'Log lines dropped because nobody read.', gauges.linesDropped)
  gauge('sallyport_development', '1 in development mode.', () => (gauges.development ? 1 : 0))

  // Looking a label set up costs more than counting, and there are few of them.
  const children = new Map<string, Counter.Internal>()
  const child = (counter: Counter, name: string, labels: Readonly<Record<string, string>>): Counter.Internal => {
    const known = children.get(name)
    if (known !== undefined) return known
    const made = counter.labels(labels)
    children.set(name, made)
    return made
  }

  return {
    decided(decision, durationMs) {
      const endpoint = decision.endpoint?.name ?? 'none'
      const reason = decision.outcome === 'denied' ? decision.denial.reason : 'admitted'
      const step = decision.outcome === 'denied' ? decision.step : 'none'
      child(admissions, `a ${reason} ${step} ${endpoint}`, { outcome: decision.outcome, reason, step, endpoint }).inc()
      duration.observe(durationMs / 1000)
      for (const { rule } of decision.marks) child(marks, `m ${rule}`, { rule }).inc()
    },
    sessionClosed(endpoint, reason) {
      child(ended, `e ${endpoint} ${reason}`, { endpoint, reason }).inc()
    },
    delivered(pushClass, delivery) {
      child(pushes, `p ${pushClass} ${delivery}`, { class: pushClass, delivery }).inc()
    },
    received(length) {
      frames.inc()
      bytes.inc(length)
    },
    failed(task) {
      child(failures, `f ${task}`, { task }).inc()
    },
    text: async () => (registry === undefined ? '' : await registry.metrics()),
  }
}
