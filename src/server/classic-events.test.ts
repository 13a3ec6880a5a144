import { expect, test } from 'vitest'
import { StoreUnavailable } from '../admission/store-unavailable.js'
import { classicEvents, logPeople, logTold } from './classic-events.js'
import { createLog } from './log/create-log.js'
import { createMetrics } from './metrics/create-metrics.js'

const metrics = createMetrics({
  sessions: () => 0, bans: () => 0, loopDelayMs: () => 0, inFlight: () => 0, linesDropped: () => 0, outbound: () => ({ queued: 0, oldestAt: undefined }), development: false,
})

const recorded = (level: 'debug' | 'info' = 'debug') => {
  const lines: string[] = []
  const log = createLog({ format: 'classic', level, sink: { write: (line) => lines.push(line.trim().replace(/ +/g, ' ')) } })
  return { log, lines }
}

test('a list is said with its filters, but not with what somebody looks for, nor with anything that may be a token', () => {
  const { log, lines } = recorded()
  const token = `eyJhbGciOiJIUzUxMiIs.${'a'.repeat(40)}.b`
  classicEvents(log, metrics, true).sent?.({
    userId: '7', list: 'conversations', rows: 1, total: 2, page: 1,
    filters: { status: 'active', search: 'Emma', priority: 3, unread_only: true, source: token, [token]: 1, tags: ['a'], date_from: '2026-11-23T08:00:00Z' },
  })
  expect(lines).toEqual([
    'message.consumers DEBUG Sent 1/2 conversations to user 7 (page 1) with filters: {"status":"active","search":"…","priority":3,"unread_only":true,"source":"…","tags":"…","date_from":"2026-11-23T08:00:00Z"}',
  ])
})

test('nothing of it is said above DEBUG, except what failed', () => {
  const { log, lines } = recorded('info')
  const events = classicEvents(log, metrics, true)
  events.sent?.({ userId: '7', list: 'messages', rows: 1, total: 2, page: 1, filters: undefined })
  events.optionsSent?.('customers', '7')
  events.failed?.('customers', new StoreUnavailable('customers', 'no answer'), 'getting customers', '7')
  events.failed?.('chat', new Error('odd'), 'saving message', '7')
  expect(lines).toEqual(['message.consumers ERROR Timeout getting customers for user 7', 'message.consumers ERROR Error saving message for user 7: odd'])
})

test('merged filters and pages are said in the classic format only, without what may be a token or about a person', () => {
  const { log, lines } = recorded()
  const token = `eyJhbGciOiJIUzUxMiIs.${'a'.repeat(40)}.b`
  const events = classicEvents(log, metrics, true)
  events.merged?.({ url: { page_size: 5 }, filters: { search: 'Emma', page: token, status: 'closed' }, result: { page_size: 5, search: 'Emma', page: token } })
  events.paged?.({ pageSize: 5, page: 1, offset: 0 }, [{ name: 'page', value: token }, { name: 'offset', value: ['a'] }, { name: 'page_size', value: 'ten' }])
  expect(lines).toEqual([
    'message.consumers DEBUG Merged filters: query_params={"page_size":5}, filters={"search":"…","page":"…","status":"closed"}, result={"page_size":5,"search":"…","page":"…"}',
    'message.websocket_pagination WARNING Invalid page value: …',
    'message.websocket_pagination WARNING Invalid offset value: …',
    'message.websocket_pagination WARNING Invalid page_size value: ten',
    'message.websocket_pagination DEBUG Pagination calculated: page_size=5, page=1, offset=0',
  ])
  const others = classicEvents(log, metrics, false)
  expect([others.merged, others.paged]).toEqual([undefined, undefined])
})

test('agents who come and go are said, and those who write are not', () => {
  const { log, lines } = recorded()
  const visitor = { workspace: '1', conversation: 'Ab3', userId: '7', name: 'Sara' }
  logPeople(log)({ type: 'presence', visitor, online: true })
  logPeople(log)({ type: 'typing', visitor, active: true, from: { typing: () => {}, leave: () => {} } })
  expect(lines).toEqual(['message.consumers DEBUG User 7 marked as online for conversation Ab3'])
})

test('a deletion and a feedback are said', () => {
  const { log, lines } = recorded()
  const event = { workspace: '1', offset: 1, at: 0 }
  logTold(log).event({ ...event, change: { type: 'conversation.deleted', conversation: 'Ab3', by: '7' } })
  logTold(log).event({ ...event, change: { type: 'message.feedback', message: 'm1', conversation: 'Ab3', feedback: { value: 'positive', comment: '', at: 0 } } })
  logTold(log).event({ ...event, change: { type: 'conversation.read', conversation: 'Ab3', userId: '7', upTo: 1, readCount: 1 } })
  expect(lines).toEqual(['message.consumers DEBUG Notified conversation deletion: Ab3', 'message.consumers DEBUG Notified feedback update for message m1'])
})
