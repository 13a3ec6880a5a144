import { expect, test } from 'vitest'
import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { Scope } from './access.js'
import type { NewMessage, SendResult } from './message-asks.js'
import { createMessageRate } from './message-rate.js'
import { createSends, type SendAsk } from './sends.js'

const scope: Scope = { userId: '1', workspace: { id: '9', name: 'Nine', epoch: 'e' } }
const ask: SendAsk = { userId: '1', scope: () => scope, conversation: 'c1', type: 'support', content: 'hello', key: undefined, after: undefined, at: 1_000 }

const made = (answer: (message: NewMessage) => Promise<SendResult>, max = 60) => {
  const told: unknown[] = []
  const stored: NewMessage[] = []
  const sends = createSends(
    {
      send: (message) => {
        stored.push(message)
        return answer(message)
      },
    },
    createMessageRate({ max, windowMs: 60_000 }),
    { limited: (userId) => told.push(['limited', userId]), failed: () => told.push('failed') },
  )
  return { sends, told, stored }
}

test('a message goes to the workspace of the scope, with what the advisory rules noticed, and is refused for nothing of it', async () => {
  const { sends, stored } = made(async () => ({ outcome: 'not_found' }))
  await sends.send({ ...ask, content: 'A'.repeat(24) })
  await sends.send(ask)
  expect(stored.map(({ workspace, author, marks }) => [workspace, author, marks])).toEqual([['9', '1', ['potential_spam']], ['9', '1', []]])
})

test('one too many is told with its wait, and neither the scope nor the store is asked', async () => {
  const { sends, told, stored } = made(async () => ({ outcome: 'not_found' }), 1)
  await sends.send(ask)
  const scopes: number[] = []
  const scoped = { ...ask, scope: () => void scopes.push(1) }
  expect(await sends.send(scoped)).toEqual({ outcome: 'limited', retryAfterMs: 60_000 })
  await sends.send(scoped)
  expect(await sends.send(scoped)).toMatchObject({ outcome: 'flood' })
  expect([stored.length, scopes.length, told.length]).toEqual([1, 0, 3])
})

test('a store that does not answer is never an acknowledgement, and a fault of ours is no word about the store', async () => {
  const away = made(() => Promise.reject(new StoreUnavailable('sqlite', 'away')))
  expect(await away.sends.send(ask)).toEqual({ outcome: 'not_stored' })
  expect(away.told).toEqual(['failed'])
  await expect(made(() => Promise.reject(new TypeError('ours'))).sends.send(ask)).rejects.toThrow('ours')
})
