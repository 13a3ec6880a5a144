import assert from 'node:assert/strict'
import { conversationOrders, customerOrders, type ConversationOrderBy, type Order } from '../../conversation/filter.js'
import { conversationPlace, customerPlace, type Place } from '../../conversation/lists.js'
import type { ContractCase } from './contract-case.js'
import { conversation, day, given, idsOf, inbox, message, namesOf, people, person, second, t0, write, type Subject } from './two-workspaces.js'

const ordersOf = <By extends string>(sorts: readonly By[]): readonly Order<By>[] => sorts.flatMap((by) => [{ by, descending: true }, { by, descending: false }])

const placeAt = async (store: Subject, order: Order<ConversationOrderBy>, id: string): Promise<Place> => {
  const row = await store.conversation('2', id, '1')
  return row === undefined ? assert.fail(`There is no ${id}`) : conversationPlace(order, row.conversation)
}

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
      const following = { key: t0 + 3 * day, id: 'c3' }
      assert.deepEqual(await idsOf(store, { following }), ['c2', 'c1'])
      await store.send(write({ conversation: 'c4' }))
      assert.deepEqual(await idsOf(store, { following }), ['c2', 'c1'])
      const customers = await store.customers(people())
      const [newest] = customers.rows
      assert.ok(newest)
      const rest = await namesOf(store, { following: customerPlace(people().order, newest.customer) })
      assert.deepEqual(rest, ['كاظم', 'Zoë'])
    },
  },
  {
    name: '[S22] in every sort and direction, the rows after a row and those before it are the list without what is on the other side',
    async run(make) {
      const store = await given(make)
      for (const order of ordersOf(conversationOrders)) {
        const { rows, total } = await store.conversations(inbox({ order }))
        const ids = rows.map(({ conversation: { id } }) => id)
        for (const [index, row] of rows.entries()) {
          const place = conversationPlace(order, row.conversation)
          const said = JSON.stringify([order, index])
          assert.deepEqual(await idsOf(store, { order, following: place }), ids.slice(index + 1), said)
          assert.deepEqual(await idsOf(store, { order, following: place, limit: 1 }), ids.slice(index + 1, index + 2), said)
          assert.deepEqual(await idsOf(store, { order, preceding: place }), ids.slice(0, index), said)
          assert.deepEqual(await idsOf(store, { order, preceding: place, limit: 2 }), ids.slice(Math.max(0, index - 2), index), said)
          assert.deepEqual(await idsOf(store, { order, preceding: place, offset: 1, limit: 1 }), ids.slice(Math.max(0, index - 2), Math.max(0, index - 1)), said)
          assert.equal((await store.conversations(inbox({ order, following: place, limit: 1 }))).total, total, said)
        }
      }
      for (const order of ordersOf(customerOrders)) {
        const { rows } = await store.customers(people({ order }))
        const names = rows.map(({ customer: { firstName } }) => firstName)
        for (const [index, { customer }] of rows.entries()) {
          const place = customerPlace(order, customer)
          assert.deepEqual(await namesOf(store, { order, following: place }), names.slice(index + 1), JSON.stringify([order, index]))
          assert.deepEqual(await namesOf(store, { order, preceding: place }), names.slice(0, index), JSON.stringify([order, index]))
        }
      }
    },
  },
  {
    name: '[S22] a search goes on beside a row as well',
    async run(make) {
      const store = await given(make)
      const filter = { search: 'hello from' }
      for (const order of ordersOf(conversationOrders)) {
        const { rows } = await store.conversations(inbox({ filter, order }))
        assert.equal(rows.length, 1)
        const [found] = rows
        assert.ok(found)
        const first = { key: order.by === 'title' || order.by === 'status' ? '' : 0, id: '0' }
        assert.deepEqual(await idsOf(store, { filter, order, following: first }), order.descending ? [] : ['c1'])
        assert.deepEqual(await idsOf(store, { filter, order, preceding: first }), order.descending ? ['c1'] : [])
        assert.deepEqual(await idsOf(store, { filter, order, following: conversationPlace(order, found.conversation) }), [])
      }
    },
  },
  {
    name: '[S22] a page deep in a list is the same from whichever end it is walked to',
    async run(make) {
      const store = await make()
      const customers = Array.from({ length: 2_600 }, (_, index) => person(index, index % 7 === 0 ? undefined : `N${String(index % 500)}`, []))
      const conversations = Array.from({ length: 2_600 }, (_, index) =>
        conversation(`e${String(index)}`, index, t0 + (index % 400), { priority: index % 5, status: index % 3 === 0 ? 'closed' : 'active', messages: [] }))
      await store.importWorkspace({ ...second, customers, conversations })
      const workspace = '2'
      for (const order of [{ by: 'updatedAt', descending: true }, { by: 'title', descending: false }, { by: 'priority', descending: true }] as const) {
        for (const filter of [{}, { status: 'active' }]) {
          const all: string[] = []
          for (let more = true; more;) {
            const last = all.at(-1)
            const following = last === undefined ? undefined : await placeAt(store, order, last)
            const ids = await idsOf(store, { workspace, filter, order, limit: 500, following })
            all.push(...ids)
            more = ids.length > 0
          }
          assert.equal(new Set(all).size, all.length)
          for (const offset of [999, 1_000, 1_299, 1_301, 1_733, 2_595, 2_600, 9_999]) {
            assert.deepEqual(await idsOf(store, { workspace, filter, order, offset, limit: 10 }), all.slice(offset, offset + 10), JSON.stringify([order, filter, offset]))
          }
        }
      }
      for (const order of ordersOf(customerOrders)) {
        const pages = await Promise.all([0, 500, 1_000, 1_500, 2_000, 2_500].map((offset) => store.customers(people({ workspace, order, offset, limit: 500 }))))
        const ids = pages.flatMap(({ rows }) => rows.map(({ customer: { id } }) => id))
        assert.equal(new Set(ids).size, 2_600)
        const walked = (await store.customers(people({ workspace, order, limit: 500, following: customerPlace(order, pages[3]?.rows[499]?.customer ?? assert.fail()) }))).rows
        assert.deepEqual(walked.map(({ customer: { id } }) => id), ids.slice(2_000, 2_500))
      }
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
