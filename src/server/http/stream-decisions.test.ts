import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Denied } from '../../admission/decision.js'
import { handshakeOf } from '../../admission/testing/staircase.js'
import { Walk } from '../../admission/walk.js'
import { deny } from '../../protocol/denial.js'
import { createDecisionFeed } from '../decision-feed.js'
import { streamDecisions } from './stream-decisions.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const denied = (): Denied => new Walk(handshakeOf(), 'v1', 'plain').deny('well_formed', deny('bad_request'))

const opened = (mayRead: () => Promise<boolean>) => {
  const feed = createDecisionFeed(3, 1, 1)
  const reader = feed.follow({}, 'ada')
  if (reader === undefined) throw new Error('There is no place')
  const { body }: { readonly body: ReadableStream<Uint8Array> | null } = streamDecisions(reader, mayRead)
  if (body === null) throw new Error('There is no stream')
  return { feed, client: body.getReader() }
}

test('[E16] of a client that takes nothing, no timer and no place is left when its key is taken away', async () => {
  let may = true
  const { feed } = opened(async () => may)
  for (let count = 0; count < 10; count += 1) feed.publish(denied())
  await vi.advanceTimersByTimeAsync(60_000)
  expect(vi.getTimerCount()).toBe(2)
  expect(feed.follow({}, 'bob')).toBeUndefined()
  may = false
  await vi.advanceTimersByTimeAsync(2_000)
  expect(vi.getTimerCount()).toBe(0)
  expect(feed.follow({}, 'bob')).toBeDefined()
})

test('a client that takes nothing is kept one batch and the buffer of the feed, and told what is missing when it goes on', async () => {
  const { feed, client } = opened(async () => true)
  const text = async (): Promise<string> => new TextDecoder().decode((await client.read()).value)
  expect(await text()).toBe('\n')
  feed.publish(denied())
  await vi.advanceTimersByTimeAsync(0)
  // Of 50 that come while it takes nothing, three are kept.
  for (let count = 0; count < 50; count += 1) feed.publish(denied())
  await vi.advanceTimersByTimeAsync(600_000)
  expect((await text()).split('\n')).toHaveLength(2)
  expect((await text()).trim().split('\n').map((line): unknown => JSON.parse(line))).toEqual([
    expect.objectContaining({ reason: 'bad_request' }), expect.objectContaining({ reason: 'bad_request' }), expect.objectContaining({ reason: 'bad_request' }), { dropped: 47 },
  ])
  await client.cancel()
  expect(vi.getTimerCount()).toBe(0)
})

test('whether the key is good still is asked one question at a time', async () => {
  let asked = 0
  let answer: (may: boolean) => void = () => undefined
  const { client } = opened(() => {
    asked += 1
    return new Promise((resolve) => {
      answer = resolve
    })
  })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toBe(1)
  answer(true)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked).toBe(2)
  answer(false)
  expect((await client.read()).done).toBe(false)
  expect((await client.read()).done).toBe(true)
})
