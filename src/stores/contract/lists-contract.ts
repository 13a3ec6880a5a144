import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.js'
import { conversation, day, given, idsOf, inbox, message, namesOf, people, person, second, t0, write, type Subject } from './two-workspaces.js'

export const listsContract: readonly ContractCase<Subject>[] = [
  {
    name: 'the inbox shows each conversation with its customer, last message and counts',
    async run(make) {
      const store = await given(make)
      const { rows, total } = await store.conversations(inbox())
      assert.equal(total, 4)
      const row = rows.find(({ conversation: { id } }) => id === 'c3')
      assert.deepEqual(
        [row?.conversation.lastSeq, row?.conversation.customerCount, row?.conversation.unansweredCount, row?.lastMessage?.id, row?.readCount],
        [4, 3, 3, 'c3d', 0],
      )
      assert.equal(row?.customer.firstName, 'كاظم')
      assert.deepEqual(row?.customer.data, { place: 1 })
      assert.deepEqual(row?.customer.tags.map(({ name }) => name), ['New'])
      assert.equal(rows.find(({ conversation: { id } }) => id === 'c4')?.lastMessage, undefined)
    },
  },
  {
    name: 'rows that are equal in the sort have one order, so that pages neither skip nor repeat',
    async run(make) {
      const store = await given(make)
      assert.deepEqual(await idsOf(store), ['c4', 'c3', 'c2', 'c1'])
      assert.deepEqual(await idsOf(store, { order: { by: 'updatedAt', descending: false } }), ['c1', 'c2', 'c3', 'c4'])
      assert.deepEqual(await idsOf(store, { order: { by: 'status', descending: false } }), ['c3', 'c2', 'c1', 'c4'])
      assert.deepEqual(await idsOf(store, { order: { by: 'priority', descending: true } }), ['c1', 'c4', 'c3', 'c2'])
      const pages = [await idsOf(store, { limit: 2 }), await idsOf(store, { limit: 2, offset: 2 }), await idsOf(store, { offset: 4 })]
      assert.deepEqual(pages, [['c4', 'c3'], ['c2', 'c1'], []])
      assert.deepEqual(await idsOf(store, { offset: Number.MAX_SAFE_INTEGER }), [])
    },
  },
  {
    name: 'a list goes on after a row, whatever was added before it meanwhile',
    async run(make) {
      const store = await given(make)
      const following = { at: t0 + 3 * day, id: 'c3' }
      assert.deepEqual(await idsOf(store, { following }), ['c2', 'c1'])
      await store.send(write({ conversation: 'c4' }))
      assert.deepEqual(await idsOf(store, { following }), ['c2', 'c1'])
      const customers = await store.customers(people())
      const [newest] = customers.rows
      assert.ok(newest)
      const rest = await namesOf(store, { following: { at: newest.customer.createdAt, id: String(newest.customer.id) } })
      assert.deepEqual(rest, ['كاظم', 'Zoë'])
    },
  },
  {
    name: 'the inbox is narrowed by each condition, and by all together',
    async run(make) {
      const store = await given(make)
      assert.deepEqual(await idsOf(store, { filter: { status: 'closed' } }), ['c2'])
      assert.deepEqual(await idsOf(store, { filter: { status: 'pending' } }), [])
      assert.deepEqual(await idsOf(store, { filter: { source: 'instagram' } }), ['c3'])
      assert.deepEqual(await idsOf(store, { filter: { priority: 3 } }), ['c1'])
      assert.deepEqual(await idsOf(store, { filter: { unanswered: true } }), ['c3', 'c1'])
      assert.deepEqual(await idsOf(store, { filter: { createdFrom: t0 + 2 * day, createdBefore: t0 + 3 * day } }), ['c2'])
      assert.deepEqual(await idsOf(store, { filter: { status: 'support_active', unanswered: true, priority: 3 } }), ['c1'])
      assert.equal((await store.conversations(inbox({ filter: { unanswered: true }, limit: 1 }))).total, 2)
    },
  },
  {
    name: 'two tags of one customer show a conversation once',
    async run(make) {
      const store = await given(make)
      const page = await store.conversations(inbox({ filter: { tags: ['VIP', 'New'] } }))
      assert.deepEqual(page.rows.map((row) => row.conversation.id), ['c3', 'c2', 'c1'])
      assert.equal(page.total, 3)
      assert.deepEqual(await idsOf(store, { filter: { tags: ['VIP'] } }), ['c2', 'c1'])
      assert.deepEqual(await idsOf(store, { filter: { tags: ['none'] } }), [])
    },
  },
  {
    name: 'search finds title, names and messages in any case and letter form, and its words are never a pattern',
    async run(make) {
      const store = await given(make)
      const cases: readonly (readonly [string, readonly string[]])[] = [
        ['TITLE OF C1', ['c1']], ['کاظم', ['c3']], ['سفارش 12', ['c3']], ['100%', ['c2']], ['e_t', ['c2']], ['%', ['c2']], ['_', ['c2']],
        ['\\', []], ["' or 1=1 --", []], ['zoë', ['c2', 'c1']], ['hello from c', ['c1']], ['c0@example', ['c2', 'c1']], ['d1', []],
      ]
      for (const [search, ids] of cases) {
        assert.deepEqual(await idsOf(store, { filter: { search } }), ids, search)
      }
    },
  },
  {
    name: 'customers come with their conversations, newest change first',
    async run(make) {
      const store = await given(make)
      const { rows, total } = await store.customers(people())
      assert.equal(total, 3)
      assert.deepEqual(rows.map(({ conversations }) => conversations.map((of) => of.conversation.id)), [['c4'], ['c3'], ['c2', 'c1']])
      assert.equal(rows[1]?.conversations[0]?.lastMessage?.id, 'c3d')
      assert.deepEqual(rows[2]?.customer.tags.map(({ name, createdBy }) => [name, createdBy]), [['VIP', '1'], ['New', undefined]])
      assert.deepEqual(await namesOf(store, { limit: 1, offset: 1 }), ['كاظم'])
    },
  },
  {
    name: 'lists are bounded: a last message is cut at 1,000 characters, and a customer shows his newest conversations',
    async run(make) {
      const store = await make()
      const long = '😀'.repeat(1_500)
      const people12 = Array.from({ length: 450 }, (_, index) => person(index, 'P', []))
      const many = Array.from({ length: 15 }, (_, index) => conversation(`e${String(index)}`, 449, t0 + index, {
        messages: [message(`e${String(index)}a`, 'customer', long, t0)],
      }))
      await store.importWorkspace({ ...second, customers: people12, conversations: many })
      const alone = await store.customers(people({ workspace: '2', limit: 1 }))
      assert.equal(alone.rows[0]?.conversations.length, 15)
      const crowd = await store.customers(people({ workspace: '2', limit: 500 }))
      assert.deepEqual(crowd.rows[0]?.conversations.map((of) => of.conversation.id), ['e14', 'e13', 'e12', 'e11', 'e10', 'e9', 'e8', 'e7', 'e6', 'e5', 'e4'])
      const page = await store.conversations(inbox({ workspace: '2', limit: 1 }))
      assert.equal(page.rows[0]?.lastMessage?.content, '😀'.repeat(1_000))
      const whole = await store.messages({ workspace: '2', conversation: 'e1', offset: 0, limit: 1 })
      assert.equal(whole.rows[0]?.content, long)
    },
  },
  {
    name: 'customers are narrowed by each condition',
    async run(make) {
      const store = await given(make)
      assert.deepEqual(await namesOf(store, { filter: { hasEmail: true } }), [undefined, 'Zoë'])
      assert.deepEqual(await namesOf(store, { filter: { hasEmail: false } }), ['كاظم'])
      assert.deepEqual(await namesOf(store, { filter: { hasPhone: true } }), [])
      assert.deepEqual(await namesOf(store, { filter: { unanswered: true } }), ['كاظم', 'Zoë'])
      assert.deepEqual(await namesOf(store, { filter: { unanswered: false } }), [undefined])
      assert.deepEqual(await namesOf(store, { filter: { conversationStatus: 'closed' } }), ['Zoë'])
      assert.deepEqual(await namesOf(store, { filter: { source: 'instagram' } }), [undefined])
      assert.deepEqual(await namesOf(store, { filter: { tags: ['New', 'VIP'] } }), ['كاظم', 'Zoë'])
      assert.deepEqual(await namesOf(store, { filter: { activeFrom: t0 + 3 * day } }), [undefined, 'كاظم'])
      assert.deepEqual(await namesOf(store, { filter: { activeBefore: t0 + 3 * day } }), ['Zoë'])
      assert.deepEqual(await namesOf(store, { filter: { search: 'USER2' } }), [undefined])
      assert.deepEqual(await namesOf(store, { order: { by: 'firstName', descending: false } }), ['Zoë', 'كاظم', undefined])
      const { tags } = await store.filterValues('1')
      const tagIds = tags.filter(({ name }) => name === 'VIP').map(({ id }) => id)
      assert.deepEqual(await namesOf(store, { filter: { tagIds } }), ['Zoë'])
      const foreign = await store.filterValues('2')
      assert.deepEqual(await namesOf(store, { filter: { tagIds: foreign.tags.map(({ id }) => id) } }), [])
    },
  },
  {
    name: 'filter values are distinct, sorted and the own ones',
    async run(make) {
      const values = await (await given(make)).filterValues('1')
      assert.deepEqual(values.statuses, ['active', 'closed', 'support_active'])
      assert.deepEqual(values.conversationSources, ['instagram', 'telegram'])
      assert.deepEqual(values.priorities, [1, 3])
      assert.deepEqual(values.tags.map(({ name }) => name), ['New', 'VIP'])
    },
  },
]
