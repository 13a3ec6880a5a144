import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WorkspaceEvent } from '../../conversation/log.js'
import type { OutboundLane } from '../../conversation/outbound.js'
import { createMemoryConversations } from '../../stores/memory/memory-conversations.js'
import { seed } from '../seed/seed.js'
import { createDeliveries, type Deliveries, type Delivery } from './deliveries.js'
import type { Posted } from './post-webhook.js'

const start = Date.UTC(2026, 10, 23, 8)
const timeoutMs = 10_000
const giveUpMs = 60_000
const accepted: Posted = { outcome: 'accepted', detail: 'answered 200' }
const failed: Posted = { outcome: 'failed', detail: 'answered 500', retryAfterMs: undefined }

beforeEach(() => {
  vi.useFakeTimers({ now: start })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A memory store with the sample, and deliveries to a connector that answers as the test says. */
const makeStage = async (answer: (content: string, lane: OutboundLane, stop: AbortSignal) => Posted | Promise<Posted>) => {
  const store = createMemoryConversations()
  await seed(store, { at: start })
  const { rows } = await store.conversations({ workspace: '1', reader: '', filter: { source: 'telegram' }, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 50 })
  const conversations = rows.map(({ conversation }) => conversation.id)
  const posted: string[] = []
  const events: WorkspaceEvent[] = []
  const tries: Delivery[] = []
  const failures: unknown[] = []
  const make = (): Deliveries => createDeliveries({
    outbound: store,
    post: async (lane, { message }, stop) => {
      posted.push(message.content)
      return answer(message.content, lane, stop)
    },
    timeoutMs,
    giveUpMs,
    parallel: 3,
    publish: (event) => events.push(event),
    tried: (delivery) => tries.push(delivery),
    failed: (error) => failures.push(error),
    now: Date.now,
    random: () => 0,
  })
  const write = async (content: string, place = 0, source = 'telegram'): Promise<string> => {
    const sent = await store.send({
      workspace: '1', conversation: conversations[place] ?? '', type: 'support', author: '1', key: undefined, content, after: undefined, at: Date.now(), outbound: [source],
    })
    if (sent.outcome !== 'stored') throw new Error(sent.outcome)
    return sent.message.id
  }
  return { store, posted, events, tries, failures, make, write }
}

const lane = { workspace: '1', source: 'telegram' }
const settled = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

test('[X3] a queued message is posted when it is told of, and within 2 s when nobody tells', async () => {
  const { make, write, posted, events } = await makeStage(() => accepted)
  const deliveries = make()
  deliveries.start()
  await settled()
  const id = await write('told')
  deliveries.wake(lane)
  await settled()
  expect(posted).toEqual(['told'])
  expect(events.map(({ change }) => change)).toMatchObject([{ type: 'message.delivery', message: id, failure: null }])
  await write('untold')
  await settled(2_000)
  expect(posted).toEqual(['told', 'untold'])
  await deliveries.stop()
})

test('[X7] what was queued while the clock was ahead is posted within 2 s once it is right again, and given up in its time', async () => {
  const { make, write, posted, tries } = await makeStage(() => failed)
  vi.setSystemTime(start + 365 * 86_400_000)
  await write('ahead')
  vi.setSystemTime(start)
  const deliveries = make()
  deliveries.start()
  await settled(2_000)
  expect(posted).toContain('ahead')
  await settled(2 * giveUpMs)
  expect(tries.at(-1)?.result).toEqual({ outcome: 'failed', reason: 'expired' })
  await deliveries.stop()
})

test('[X3] of one conversation one at a time and in order, of others as many as may be under way at once', async () => {
  const open: (() => void)[] = []
  const { make, write, posted } = await makeStage(() => new Promise((resolve) => open.push(() => {
    resolve(accepted)
  })))
  const deliveries = make()
  for (const content of ['a1', 'a2', 'a3']) await write(content, 0)
  for (const place of [1, 2, 3, 4]) await write(`${'abcde'.charAt(place)}1`, place)
  deliveries.wake(lane)
  await settled()
  expect(posted).toEqual(['a1', 'b1', 'c1'])
  await settled(1)
  open.shift()?.()
  await settled()
  expect(posted).toEqual(['a1', 'b1', 'c1', 'd1'])
  while (open.length > 0) {
    open.shift()?.()
    await settled()
  }
  expect(posted.filter((content) => content.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  expect(posted.toSorted()).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'd1', 'e1'])
  await deliveries.stop()
})

test('[X3] a connector that hangs keeps no other waiting', async () => {
  const { make, write, posted, store } = await makeStage((_content, { source }) => (source === 'telegram' ? new Promise(() => {}) : accepted))
  const { rows } = await store.conversations({ workspace: '1', reader: '', filter: { source: 'instagram' }, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 1 })
  for (const place of [0, 1, 2, 3]) await write('hangs', place)
  await store.send({
    workspace: '1', conversation: rows[0]?.conversation.id ?? '', type: 'support', author: '1', key: undefined, content: 'goes', after: undefined, at: start, outbound: ['instagram'],
  })
  make().start()
  await settled(10)
  expect(posted).toEqual(['hangs', 'hangs', 'hangs', 'goes'])
})

test('[X4] [X5] what fails is tried again after 1, 2 and 4 s, and those behind it wait', async () => {
  let left = 3
  const { make, write, posted, tries, events } = await makeStage(() => (left-- > 0 ? failed : accepted))
  const deliveries = make()
  await write('one')
  await write('two')
  deliveries.wake(lane)
  await settled(999)
  expect(posted).toEqual(['one'])
  await settled(1)
  expect(posted).toEqual(['one', 'one'])
  await settled(2_000)
  await settled(3_999)
  expect(posted).toEqual(['one', 'one', 'one'])
  await settled(1)
  expect(posted).toEqual(['one', 'one', 'one', 'one', 'two'])
  expect(tries.map(({ result, outgoing }) => [result.outcome, outgoing.attempts])).toEqual([['postponed', 1], ['postponed', 2], ['postponed', 3], ['delivered', 4], ['delivered', 1]])
  expect(events).toHaveLength(2)
  await deliveries.stop()
})

test('[X4] what the connector refuses for good fails at once, and the next one goes', async () => {
  const { make, write, posted, events } = await makeStage((content) => (content === 'no' ? { outcome: 'refused', detail: 'answered 410' } : accepted))
  const deliveries = make()
  const id = await write('no')
  await write('yes')
  deliveries.wake(lane)
  await settled()
  expect(posted).toEqual(['no', 'yes'])
  expect(events[0]?.change).toMatchObject({ type: 'message.delivery', message: id, failure: 'refused' })
  await deliveries.stop()
})

test('[X6] the last try is when its time is over, whatever the wait would be', async () => {
  const { make, write, tries, events } = await makeStage(() => failed)
  const deliveries = make()
  const id = await write('never')
  deliveries.wake(lane)
  await settled(giveUpMs - 1)
  expect(events).toEqual([])
  await settled(1)
  expect(tries.map(({ outgoing }) => outgoing.attempts)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(events.map(({ change }) => change)).toMatchObject([{ type: 'message.delivery', message: id, failure: 'expired' }])
  await settled(giveUpMs)
  expect(tries).toHaveLength(7)
  await deliveries.stop()
})

test('[X7] what a process that died had under way is due again after twice the time an answer may take', async () => {
  const { make, write, posted } = await makeStage(() => (posted.length === 1 ? new Promise(() => {}) : accepted))
  await write('one')
  make().wake(lane)
  await settled()
  const next = make()
  next.start()
  await settled(2 * timeoutMs - 1)
  expect(posted).toEqual(['one'])
  await settled(2_000)
  expect(posted).toEqual(['one', 'one'])
  await next.stop()
})

test('[X7] a stop waits 2 s for what is under way, then breaks it off and leaves it due at once', async () => {
  const { make, write, store } = await makeStage((_content, _lane, stop) => new Promise((resolve) => {
    stop.addEventListener('abort', () => {
      resolve(failed)
    })
  }))
  await write('one')
  const deliveries = make()
  deliveries.wake(lane)
  await settled()
  let isStopped = false
  void deliveries.stop().then(() => {
    isStopped = true
  })
  await settled(1_999)
  expect(isStopped).toBe(false)
  await settled(1)
  expect(isStopped).toBe(true)
  expect((await store.state()).lanes).toEqual([{ ...lane, dueAt: start + 2_000 }])
})

test('a store that fails is told of and asked again', async () => {
  const { make, write, store, posted, failures } = await makeStage(() => accepted)
  const state = vi.spyOn(store, 'state').mockRejectedValueOnce(new Error('away'))
  const deliveries = make()
  deliveries.start()
  await write('one')
  await settled(1_999)
  expect([posted, failures.length]).toEqual([[], 1])
  await settled(1)
  expect(posted).toEqual(['one'])
  expect(state).toHaveBeenCalledTimes(2)
  expect(deliveries.state.queued).toBe(1)
  await deliveries.stop()
})

test('[X9] what waits of a conversation that is deleted is not posted any more', async () => {
  const { make, write, store, posted, events } = await makeStage(() => failed)
  const deliveries = make()
  const id = await write('one')
  await write('two')
  deliveries.wake(lane)
  await settled()
  const conversation = (await store.since('1', 0, 10))?.events?.flatMap(({ change }) => (change.type === 'message.created' && change.message.id === id ? change.message.conversation : []))[0]
  await store.deleteConversation({ workspace: '1', conversation: conversation ?? '', by: '1', at: start })
  await settled(giveUpMs)
  expect([posted, events]).toEqual([['one'], []])
  await deliveries.stop()
})
