import { expect, test } from 'vitest'
import type { Admitted, Denied } from '../../admission/decision.js'
import { noFacts } from '../../admission/testing/no-facts.js'
import { deny } from '../../protocol/denial.js'
import { createMetrics } from './create-metrics.js'

const address = '203.0.113.77'
const userId = 'user-4711'
const conversation = 'conversation-0815'

const common = {
  id: '01a20836-87b8-72da-8ab6-bc90d2c7d04b',
  receivedAt: 0,
  steps: [],
  policyVersion: 'p',
  marks: [{ step: 'limits', rule: 'userConnects' }],
  client: { address, key: address, forwarded: false },
  path: `/ws/chat/${conversation}/`,
  origin: 'https://app.example',
  dialect: 'classic.v2',
  facts: noFacts(),
} as const

const user = { id: userId, active: true, role: 'agent', email: 'a@b.example' } as const

const admitted: Admitted = {
  ...common,
  outcome: 'admitted',
  endpoint: { name: 'chat', conversation },
  principal: { user, claims: undefined, expiresAt: undefined, development: false },
  lease: { userId, addressKey: address },
}
const denied: Denied = { ...common, outcome: 'denied', endpoint: undefined, denial: deny('address_banned', { detail: address }), step: 'address_ban', userId }

const create = () => {
  const state = { sessions: 0, loopDelayMs: 0 }
  const metrics = createMetrics({
    sessions: () => state.sessions,
    bans: () => 2,
    loopDelayMs: () => state.loopDelayMs,
    inFlight: () => 3,
    linesDropped: () => 4,
    outbound: () => ({ queued: 6, oldestAt: Date.now() - 90_000 }),
    development: true,
  })
  return { metrics, state }
}

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads the text format of Prometheus, version 0.0.4; a line it does not know is an error. */
const parse = (text: string): readonly Sample[] => {
  expect(text.endsWith('\n')).toBe(true)
  const typed = new Set<string>()
  return text.split('\n').flatMap((line) => {
    if (line === '' || /^# HELP [a-z_]+ .+$/.test(line)) return []
    const type = /^# TYPE ([a-z_]+) (?:counter|gauge|histogram)$/.exec(line)?.[1]
    if (type !== undefined) {
      expect(typed.has(type)).toBe(false)
      typed.add(type)
      return []
    }
    const sample = /^([a-z_]+)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})? (\S+)$/.exec(line)
    const [, name, labels = '', value] = sample ?? []
    if (name === undefined) throw new Error(`not a line of the format: ${line}`)
    expect(typed).toContain(typed.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, ''))
    const pairs = [...labels.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = '', text_ = '']) => [key, text_] as const)
    expect(Number(value)).not.toBeNaN()
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}

const read = async (metrics: ReturnType<typeof createMetrics>) => {
  const samples = parse(await metrics.text())
  return (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    samples.find((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value
}

test('decisions are counted by outcome, reason, step and endpoint, and their time is measured', async () => {
  const { metrics } = create()
  metrics.decided(admitted, 2)
  metrics.decided(admitted, 4)
  metrics.decided(denied, 0.4)
  const value = await read(metrics)
  expect(value('sallyport_admissions_total', { outcome: 'admitted', reason: 'admitted', step: 'none', endpoint: 'chat' })).toBe(2)
  expect(value('sallyport_admissions_total', { outcome: 'denied', reason: 'address_banned', step: 'address_ban', endpoint: 'none' })).toBe(1)
  expect(value('sallyport_dry_run_marks_total', { rule: 'userConnects' })).toBe(3)
  expect(value('sallyport_admission_duration_seconds_count')).toBe(3)
  expect(value('sallyport_admission_duration_seconds_sum')).toBeCloseTo(0.0064, 6)
  expect(value('sallyport_admission_duration_seconds_bucket', { le: '0.0005' })).toBe(1)
})

test('sessions, pushes, messages and failures are counted', async () => {
  const { metrics } = create()
  metrics.sessionClosed('chat', 'client')
  metrics.delivered('critical', 'written')
  metrics.delivered('critical', 'written')
  metrics.delivered('ephemeral', 'dropped')
  metrics.received(10)
  metrics.received(5)
  metrics.failed('feed')
  metrics.deliveryTried('shop', 'postponed')
  const value = await read(metrics)
  expect(value('sallyport_sessions_ended_total', { endpoint: 'chat', reason: 'client' })).toBe(1)
  expect(value('sallyport_pushes_total', { class: 'critical', delivery: 'written' })).toBe(2)
  expect(value('sallyport_pushes_total', { class: 'ephemeral', delivery: 'dropped' })).toBe(1)
  expect(value('sallyport_messages_received_total')).toBe(2)
  expect(value('sallyport_received_bytes_total')).toBe(15)
  expect(value('sallyport_failures_total', { task: 'feed' })).toBe(1)
  expect(value('sallyport_deliveries_total', { connector: 'shop', outcome: 'postponed' })).toBe(1)
})

test('gauges are read at the moment somebody asks', async () => {
  const { metrics, state } = create()
  expect((await read(metrics))('sallyport_sessions')).toBe(0)
  state.sessions = 7
  state.loopDelayMs = 12
  const value = await read(metrics)
  expect(value('sallyport_sessions')).toBe(7)
  expect(value('sallyport_event_loop_delay_seconds')).toBeCloseTo(0.012, 6)
  expect(value('sallyport_bans')).toBe(2)
  expect(value('sallyport_handshakes_in_flight')).toBe(3)
  expect(value('sallyport_log_lines_dropped')).toBe(4)
  expect(value('sallyport_outbound_queued')).toBe(6)
  expect(value('sallyport_outbound_oldest_seconds')).toBeGreaterThanOrEqual(90)
  expect(value('sallyport_development')).toBe(1)
})

test('no label names a user, an address, a conversation or a path', async () => {
  const { metrics } = create()
  metrics.decided(admitted, 1)
  metrics.decided(denied, 1)
  metrics.sessionClosed('chat', 'client')
  metrics.delivered('state', 'waiting')
  metrics.failed('feed')
  metrics.deliveryTried('shop', 'delivered')
  const text = await metrics.text()
  for (const private_ of [address, userId, conversation, '/ws/', 'app.example', 'b.example', admitted.id]) expect(text).not.toContain(private_)
  const labels = new Set(parse(text).flatMap((sample) => Object.keys(sample.labels)))
  expect([...labels].toSorted()).toEqual(['class', 'connector', 'delivery', 'endpoint', 'le', 'outcome', 'reason', 'rule', 'step', 'task'])
})

test('two servers in one process count for themselves', async () => {
  const [one, other] = [create().metrics, create().metrics]
  one.received(10)
  expect((await read(one))('sallyport_messages_received_total')).toBe(1)
  expect((await read(other))('sallyport_messages_received_total')).toBe(0)
})
