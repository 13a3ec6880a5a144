import { expect, test } from 'vitest'
import { deferred, type Deferred } from '../admission/testing/deferred.js'
import type { DialectHandler } from './dialect-handler.js'
import { openInbox } from './inbox.js'
import { createTestSession } from './testing/test-session.js'

/** Lets everything that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A handler that answers when the test says so, and writes down what it sees. */
const made = (change: Partial<DialectHandler> = {}) => {
  const session = createTestSession()
  const seen: string[] = []
  const answers: Deferred<void>[] = []
  const failures: unknown[] = []
  const opened = deferred()
  const inbox = openInbox(
    session,
    {
      opened: () => opened.promise,
      async received(_session, text) {
        seen.push(text)
        const answer = deferred()
        answers.push(answer)
        await answer.promise
      },
      closed() {
        seen.push('closed')
      },
      ...change,
    },
    (error) => failures.push(error),
  )
  return { session, inbox, seen, failures, opened, answer: (index: number) => answers[index]?.resolve() }
}

test('[S10] no message is handed over before the dialect has opened', async () => {
  const { inbox, seen, opened } = made()
  inbox.receive('first')
  await settle()
  expect(seen).toEqual([])
  opened.resolve()
  await settle()
  expect(seen).toEqual(['first'])
})

test('[S10] messages are handled one at a time and in order', async () => {
  const { inbox, seen, opened, answer } = made()
  opened.resolve()
  for (const text of ['a', 'b', 'c']) inbox.receive(text)
  for (const expected of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
    await settle()
    expect(seen).toEqual(expected)
    answer(expected.length - 1)
  }
  await settle()
  inbox.receive('d')
  await settle()
  expect(seen).toEqual(['a', 'b', 'c', 'd'])
})

test('[S10] a peer that hurries is not read from while 32 wait, and is read again when half are done', async () => {
  const { session, inbox, seen, opened, answer } = made()
  for (let index = 0; index < 31; index++) inbox.receive(String(index))
  expect(session.socket.paused).toBe(false)
  inbox.receive('31')
  expect(session.socket.paused).toBe(true)
  // What had been read by then still comes, and is not lost.
  inbox.receive('32')
  opened.resolve()
  for (let index = 0; index < 33; index++) {
    await settle()
    // Behind every eighth a turn of the event loop is given to others.
    await settle()
    expect(seen).toHaveLength(index + 1)
    answer(index)
  }
  expect(session.socket.paused).toBe(false)
  expect(session.socket.pauses).toBe(1)
  expect(seen).toEqual(Array.from({ length: 33 }, (_, index) => String(index)))
})

test('[S11] a handler that rejects is told once, and nothing is handed over after it', async () => {
  const { inbox, failures, opened } = made({ received: () => Promise.reject(new Error('broken')) })
  opened.resolve()
  inbox.receive('a')
  inbox.receive('b')
  await settle()
  inbox.receive('c')
  await settle()
  expect(failures).toEqual([new Error('broken')])
})

test('[S11] a handler that throws at once, or fails to open, is told alike', async () => {
  const throwing = (): never => {
    throw new TypeError('broken')
  }
  const received = made({ received: throwing })
  received.opened.resolve()
  received.inbox.receive('a')
  const opening = made({ opened: throwing })
  opening.inbox.receive('a')
  await settle()
  expect([received.failures, opening.failures]).toEqual([[new TypeError('broken')], [new TypeError('broken')]])
  expect(opening.seen).toEqual([])
})

test('[S12] what waits when the session begins to close is not handled any more', async () => {
  const { session, inbox, seen, opened, answer } = made()
  opened.resolve()
  for (const text of ['a', 'b', 'c']) inbox.receive(text)
  await settle()
  session.state = { name: 'closing', reason: 'user_banned' }
  answer(0)
  inbox.receive('d')
  await settle()
  expect(seen).toEqual(['a'])
})

test('[S12] a session that closes while its dialect opens handles nothing', async () => {
  const { session, inbox, seen, opened } = made()
  inbox.receive('a')
  session.state = { name: 'closing', reason: 'user_banned' }
  opened.resolve()
  await settle()
  expect(seen).toEqual([])
})

test('[S14] the dialect hears that the socket is gone, and nothing after it', async () => {
  const { inbox, seen, opened, answer } = made()
  opened.resolve()
  inbox.receive('a')
  inbox.receive('b')
  await settle()
  inbox.close()
  answer(0)
  inbox.receive('c')
  await settle()
  expect(seen).toEqual(['a', 'closed'])
})

test('[S10] G7: of ten thousand messages that are handled at once, eight are in each turn of the event loop', async () => {
  const seen: string[] = []
  const { inbox, opened } = made({
    received(_session, text) {
      seen.push(text)
      return Promise.resolve()
    },
  })
  opened.resolve()
  await settle()
  const all = Array.from({ length: 10_000 }, (_, index) => String(index))
  for (const text of all) inbox.receive(text)
  let most = 0
  while (seen.length < all.length) {
    const before = seen.length
    await settle()
    most = Math.max(most, seen.length - before)
  }
  expect(seen).toEqual(all)
  // A turn of the test is not one of the inbox, but close to it.
  expect(most).toBeLessThanOrEqual(2 * 8)
})
