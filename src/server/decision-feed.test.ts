import { expect, test } from 'vitest'
import { outlineOf } from '../admission/decision-outline.js'
import type { Denied } from '../admission/decision.js'
import { handshakeOf } from '../admission/testing/staircase.js'
import { Walk } from '../admission/walk.js'
import { deny, type Reason } from '../protocol/denial.js'
import { createDecisionFeed } from './decision-feed.js'
import { passes } from './decision-filter.js'

const denied = (reason: Reason = 'bad_request', rest: Partial<Denied> = {}): Denied => ({
  ...new Walk(handshakeOf(), 'v1', 'plain').deny('well_formed', deny(reason)),
  ...rest,
})

test('a reader gets what is made after it came and passes its filter, in order, also what came while it was away', async () => {
  const feed = createDecisionFeed()
  feed.publish(denied())
  const reader = feed.follow({ reason: 'not_found' }, 'ada')
  const asked = reader?.next()
  const [first, second, third] = [denied('not_found'), denied('not_found'), denied('not_found')]
  feed.publish(denied('bad_request'))
  feed.publish(first)
  expect(await asked).toEqual({ decisions: [first], dropped: 0 })
  feed.publish(second)
  feed.publish(third)
  expect(await reader?.next()).toEqual({ decisions: [second, third], dropped: 0 })
})

test('for a reader that does not fetch only so many are kept; the others are counted, and it is told once', async () => {
  const feed = createDecisionFeed(3)
  const [slow, quick] = [feed.follow({}, 'ada'), feed.follow({}, 'ada')]
  const all = Array.from({ length: 5 }, () => denied())
  for (const [index, one] of all.entries()) {
    feed.publish(one)
    expect(await quick?.next(), String(index)).toEqual({ decisions: [one], dropped: 0 })
  }
  expect(await slow?.next()).toEqual({ decisions: all.slice(0, 3), dropped: 2 })
  const next = denied()
  feed.publish(next)
  expect(await slow?.next()).toEqual({ decisions: [next], dropped: 0 })
})

test('there are only so many readers; one that stops makes room, and a waiting one is woken by the end', async () => {
  const feed = createDecisionFeed(10, 2)
  const [first, second] = [feed.follow({}, 'ada'), feed.follow({}, 'ada')]
  expect(feed.follow({}, 'ada')).toBeUndefined()
  const waiting = first?.next()
  first?.stop()
  expect(await waiting).toBeUndefined()
  expect(feed.follow({}, 'ada')).toBeDefined()
  const other = second?.next()
  feed.stop()
  expect(await other).toBeUndefined()
  expect(await second?.next()).toBeUndefined()
})

test('[E12] nobody takes all places: of one name there are only so many readers', () => {
  const feed = createDecisionFeed(10, 3, 2)
  const [first] = [feed.follow({}, 'ada'), feed.follow({}, 'ada')]
  expect(feed.follow({}, 'ada')).toBeUndefined()
  expect(feed.follow({}, 'mona')).toBeDefined()
  expect(feed.follow({}, 'vera')).toBeUndefined()
  first?.stop()
  expect(feed.follow({}, 'ada')).toBeDefined()
})

test('a filter looks at outcome, reason, address or range, user and endpoint, and all of it must hold', () => {
  const decision = denied('token_expired', {
    client: { address: '203.0.113.7', key: '203.0.113.7', forwarded: false },
    userId: '7',
    endpoint: { name: 'inbox', conversation: undefined },
  })
  const right = { outcome: 'denied', reason: 'token_expired', address: '203.0.113.0/24', userId: '7', endpoint: 'inbox' } as const
  expect(passes(right, outlineOf(decision))).toBe(true)
  expect(passes({ address: '::ffff:203.0.113.7' }, outlineOf(decision))).toBe(true)
  const wrong = { outcome: 'admitted', reason: 'token_invalid', address: '203.0.114.0/24', userId: '8', endpoint: 'root' } as const
  for (const [name, value] of Object.entries(wrong)) expect(passes({ ...right, [name]: value }, outlineOf(decision)), name).toBe(false)
  // Nothing is known of one that was refused at the first stair.
  expect(passes({ address: '0.0.0.0/0' }, outlineOf(denied()))).toBe(false)
})
