import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Conversations } from '../../conversation/conversations.js'
import type { ConversationsAsk, CustomersAsk } from '../../conversation/lists.js'
import { conversationOrders, customerOrders } from '../../conversation/filter.js'
import { conversationStatuses } from '../../conversation/records.js'
import type { WorkspaceImports } from '../../conversation/workspace-import.js'
import { createMemoryConversations } from '../../stores/memory/memory-conversations.js'
import { openSqlite, type SqliteEngine } from '../../stores/sqlite/engine.js'
import { migrate } from '../../stores/sqlite/migrate.js'
import { createSqliteConversations } from '../../stores/sqlite/sqlite-conversations.js'
import { sampleThreads } from './sample-threads.js'
import { sampleWorkspace } from './sample-workspace.js'
import { otherMembers, sampleMembers } from './seed.js'

type Store = Conversations & WorkspaceImports

const at = Date.UTC(2026, 4, 1)
const day = 86_400_000
const sample = sampleWorkspace({ id: '1', name: 'Sample', members: sampleMembers, customers: 60, conversations: 150, at })
const foreign = sampleWorkspace({ id: '2', name: 'Foreign', members: otherMembers, customers: 20, conversations: 50, at })

/** Sends through the store, so that some texts are in the search index and some wait for it. */
const fill = async (store: Store): Promise<void> => {
  await store.importWorkspace(sample)
  await store.importWorkspace(foreign)
  for (let index = 0; index < 300; index++) {
    const conversation = sample.conversations[(index * 7) % 150]?.id ?? ''
    await store.send({
      workspace: '1', conversation, type: index % 3 === 0 ? 'customer' : 'support', author: index % 3 === 0 ? undefined : '1', key: undefined,
      content: `zebra${String(index % 11)} crossing`, after: undefined, at: at + index,
    })
  }
  await store.update({ workspace: '1', conversation: sample.conversations[3]?.id ?? '', status: 'closed', priority: 7, by: '1', at: at + 400 })
  await store.deleteConversation({ workspace: '1', conversation: sample.conversations[5]?.id ?? '', by: '1', at: at + 401 })
}

const texts = [...sampleThreads.flatMap(({ turns }) => turns.map(([, text]) => text)), 'zebra1 crossing', ...sample.conversations.map(({ title }) => title), '+1 555 0142', '٪"*', 'nobody says this']
const words = fc.tuple(fc.constantFrom(...texts), fc.nat(60), fc.integer({ min: 1, max: 12 })).map(([text, from, length]) => {
  const letters = Array.from(text)
  return letters.slice(from % letters.length, (from % letters.length) + length).join('')
})
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined, freq: 2 })
const date = fc.integer({ min: at - 60 * day, max: at })
const tags = fc.array(fc.constantFrom('VIP', 'New', 'Refund', 'Telegram', 'none'), { maxLength: 3 })
const paged = { offset: fc.constantFrom(0, 0, 3, 40, 149, 1_000), limit: fc.constantFrom(1, 10, 500) }

const inboxes: fc.Arbitrary<ConversationsAsk> = fc.record({
  workspace: fc.constantFrom('1', '1', '1', '2', '3'),
  reader: fc.constant('1'),
  filter: fc.record({
    search: maybe(words), status: maybe(fc.constantFrom(...conversationStatuses)), source: maybe(fc.constantFrom('telegram', 'instagram', 'x')),
    priority: maybe(fc.constantFrom(1, 2, 7)), tags: maybe(tags), createdFrom: maybe(date), createdBefore: maybe(date),
    unanswered: maybe(fc.constant(true as const)), assignee: maybe(fc.constantFrom('1', '2')),
  }),
  order: fc.record({ by: fc.constantFrom(...conversationOrders), descending: fc.boolean() }),
  ...paged,
})

const people: fc.Arbitrary<CustomersAsk> = fc.record({
  workspace: fc.constantFrom('1', '1', '1', '2', '3'),
  filter: fc.record({
    search: maybe(words), source: maybe(fc.constantFrom('telegram', 'unknown')), tags: maybe(tags), hasEmail: maybe(fc.boolean()),
    hasPhone: maybe(fc.boolean()), conversationStatus: maybe(fc.constantFrom(...conversationStatuses)), unanswered: maybe(fc.boolean()),
    createdFrom: maybe(date), createdBefore: maybe(date), activeFrom: maybe(date), activeBefore: maybe(date),
  }),
  order: fc.record({ by: fc.constantFrom(...customerOrders), descending: fc.boolean() }),
  ...paged,
})

describe('whatever is asked of a list, the indexed store answers what the plain one answers', () => {
  const plain = createMemoryConversations()
  let engine: SqliteEngine
  let indexed: Store

  beforeAll(async () => {
    engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
    await migrate(engine)
    indexed = createSqliteConversations(engine)
    await Promise.all([fill(plain), fill(indexed)])
  })
  afterAll(() => engine.close())

  test('of conversations', async () => {
    await fc.assert(
      fc.asyncProperty(inboxes, async (ask) => {
        const [want, got] = await Promise.all([plain.conversations(ask), indexed.conversations(ask)])
        expect(got.rows.map(({ conversation }) => conversation)).toEqual(want.rows.map(({ conversation }) => conversation))
        expect(got.total).toBe(want.total)
      }),
      { numRuns: 400 },
    )
  })

  test('of customers', async () => {
    await fc.assert(
      fc.asyncProperty(people, async (ask) => {
        const [want, got] = await Promise.all([plain.customers(ask), indexed.customers(ask)])
        expect(got.rows.map(({ customer, conversations }) => [customer.id, conversations.map(({ conversation }) => conversation.id)])).toEqual(
          want.rows.map(({ customer, conversations }) => [customer.id, conversations.map(({ conversation }) => conversation.id)]),
        )
        expect(got.total).toBe(want.total)
      }),
      { numRuns: 400 },
    )
  })
})
