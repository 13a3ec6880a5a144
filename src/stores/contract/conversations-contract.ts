import assert from 'node:assert/strict'
import type { Conversations, ConversationsAsk, CustomersAsk } from '../../conversation/conversations.js'
import type { InboundMessage } from '../../conversation/inbound-message.js'
import type { ImportedConversation, ImportedMessage, WorkspaceImport, WorkspaceImports } from '../../conversation/workspace-import.js'
import type { ContractCase } from './contract-case.js'

type Subject = Conversations & WorkspaceImports

const day = 86_400_000
const t0 = Date.UTC(2026, 2, 1)

const message = (id: string, type: ImportedMessage['type'], content: string, at: number, rest: Partial<ImportedMessage> = {}): ImportedMessage => ({
  id, type, content, author: type === 'support' ? '1' : undefined, contentType: 'text', mediaUrl: undefined, isAnswered: false, feedback: 'none',
  feedbackComment: '', feedbackAt: undefined, createdAt: at, ...rest,
})

const conversation = (id: string, customer: number, at: number, rest: Partial<ImportedConversation> = {}): ImportedConversation => ({
  id, customer, title: `title of ${id}`, status: 'support_active', isActive: true, source: 'telegram', priority: 1, assignee: undefined,
  createdAt: at, updatedAt: at, messages: [message(`${id}a`, 'customer', `hello from ${id}`, at)], ...rest,
})

const person = (index: number, firstName: string | undefined, tags: readonly string[]): WorkspaceImport['customers'][number] => ({
  firstName, lastName: 'Doe', username: `user${String(index)}`, email: index % 2 === 0 ? `c${String(index)}@example.com` : undefined,
  phoneNumber: index === 1 ? '' : undefined, description: undefined, source: index === 2 ? 'instagram' : 'telegram', sourceId: `s${String(index)}`,
  profilePicture: undefined, tags, data: { place: index }, createdAt: t0 + index * day, updatedAt: t0 + index * day,
})

/** Three customers, four conversations: c1 waits, c2 is closed, c3 is the AI's, c4 has no message. */
const first: WorkspaceImport = {
  id: '1', name: 'First', createdAt: t0,
  members: [
    { userId: '1', email: 'one@example.com', username: 'one', firstName: 'One', lastName: 'A', role: 'owner', active: true },
    { userId: '2', email: 'two@example.com', username: 'two', firstName: 'Two', lastName: 'B', role: 'agent', active: true },
  ],
  tags: [
    { name: 'VIP', createdAt: t0, createdBy: '1' },
    { name: 'New', createdAt: t0, createdBy: undefined },
  ],
  customers: [person(0, 'Zoë', ['VIP', 'New']), person(1, 'كاظم', ['New']), person(2, undefined, [])],
  conversations: [
    conversation('c1', 0, t0 + day, { priority: 3 }),
    conversation('c2', 0, t0 + 2 * day, { status: 'closed', messages: [message('c2a', 'customer', '100% sure_thing', t0, { isAnswered: true })] }),
    conversation('c3', 1, t0 + 3 * day, {
      status: 'active', source: 'instagram', title: 'سفارش ۱۲',
      messages: [
        message('c3a', 'customer', 'one', t0), message('c3b', 'customer', 'two', t0), message('c3c', 'AI', 'answer', t0),
        message('c3d', 'customer', 'three', t0),
      ],
    }),
    conversation('c4', 2, t0 + 3 * day, { messages: [] }),
  ],
}

const second: WorkspaceImport = {
  id: '2', name: 'Second', createdAt: t0,
  members: [{ userId: '5', email: 'five@example.com', username: 'five', firstName: 'Five', lastName: 'E', role: 'owner', active: true }],
  tags: [{ name: 'VIP', createdAt: t0, createdBy: '5' }],
  customers: [person(0, 'Zoë', ['VIP'])],
  conversations: [conversation('d1', 0, t0)],
}

const given = async (make: () => Subject | Promise<Subject>): Promise<Subject> => {
  const store = await make()
  assert.equal(await store.importWorkspace(first), 'imported')
  assert.equal(await store.importWorkspace(second), 'imported')
  return store
}

const inbox = (rest: Partial<ConversationsAsk> = {}): ConversationsAsk => ({
  workspace: '1', reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 50, ...rest,
})

const people = (rest: Partial<CustomersAsk> = {}): CustomersAsk => ({
  workspace: '1', filter: {}, order: { by: 'createdAt', descending: true }, offset: 0, limit: 50, ...rest,
})

const idsOf = async (store: Subject, rest: Partial<ConversationsAsk> = {}): Promise<readonly string[]> =>
  (await store.conversations(inbox(rest))).rows.map((row) => row.conversation.id)

const namesOf = async (store: Subject, rest: Partial<CustomersAsk> = {}): Promise<readonly (string | undefined)[]> =>
  (await store.customers(people(rest))).rows.map(({ customer }) => customer.firstName)

const at = t0 + 30 * day

const write = (rest: Partial<Parameters<Subject['send']>[0]> = {}): Parameters<Subject['send']>[0] => ({
  workspace: '1', conversation: 'c1', type: 'support', author: '1', key: undefined, content: 'hi', after: undefined, at, ...rest,
})

const inbound = (rest: Partial<InboundMessage> = {}): InboundMessage => ({
  workspace: '1', source: 'telegram', customer: { sourceId: 'n1', firstName: 'Ada', username: 'ada' }, key: 'm1', content: 'hello', contentType: 'text',
  mediaUrl: undefined, aiAnswers: false, at, ...rest,
})

export const conversationsContract: readonly ContractCase<Subject>[] = [
  {
    name: 'a workspace is taken in once, and a second time changes nothing',
    async run(make) {
      const store = await given(make)
      assert.equal(await store.importWorkspace({ ...first, name: 'Other', conversations: [] }), 'exists')
      assert.equal((await store.conversations(inbox())).total, 4)
      assert.equal((await store.membershipsOf('1'))[0]?.workspace.name, 'First')
    },
  },
  {
    name: 'a member has a scope in the own workspace, and nowhere else',
    async run(make) {
      const store = await given(make)
      assert.deepEqual((await store.membershipsOf('1')).map(({ workspace, member }) => [workspace.id, member.role]), [['1', 'owner']])
      assert.deepEqual(await store.membershipsOf('nobody'), [])
      assert.equal((await store.workspaceOf('2', 'c1'))?.id, '1')
      for (const [user, id] of [['1', 'd1'], ['5', 'c1'], ['1', 'none'], ['9', 'c1'], ['1', 'c1\0'], ['1\0', 'c1'], ['', 'c1']] as const) {
        assert.equal(await store.workspaceOf(user, id), undefined, JSON.stringify([user, id]))
      }
    },
  },
  {
    name: 'no question of one workspace answers anything of another',
    async run(make) {
      const store = await given(make)
      assert.deepEqual(await idsOf(store, { workspace: '2' }), ['d1'])
      assert.equal((await store.customers(people({ workspace: '2' }))).total, 1)
      assert.equal((await store.messages({ workspace: '2', conversation: 'c1', offset: 0, limit: 10 })).conversation, undefined)
      assert.equal(await store.conversation('2', 'c1', '5'), undefined)
      assert.deepEqual((await store.filterValues('2')).tags.map(({ name }) => name), ['VIP'])
      assert.equal((await store.send(write({ workspace: '2' }))).outcome, 'not_found')
      const ask = { workspace: '2', conversation: 'c1', userId: '5', upTo: 9, at }
      assert.equal((await store.markRead(ask)).outcome, 'not_found')
      assert.equal((await store.markAnswered(ask)).outcome, 'not_found')
      assert.equal((await store.update({ workspace: '2', conversation: 'c1', status: 'closed', by: '5', at })).outcome, 'not_found')
      const feedback = { workspace: '2', conversation: undefined, message: 'c3c', userId: '5', value: 'positive', comment: '', at } as const
      assert.equal((await store.giveFeedback(feedback)).outcome, 'not_found')
      for (const workspace of ['3', '', 'x', '1 or 1=1', '-1', '1.5', '99999999999999999999']) {
        assert.deepEqual(await idsOf(store, { workspace }), [], workspace)
      }
    },
  },
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
    name: 'a page of messages is oldest first and counted from the newest',
    async run(make) {
      const store = await given(make)
      const page = async (rest: object) => (await store.messages({ workspace: '1', conversation: 'c3', offset: 0, limit: 2, ...rest })).rows.map(({ seq }) => seq)
      assert.deepEqual(await page({}), [3, 4])
      assert.deepEqual(await page({ offset: 2 }), [1, 2])
      assert.deepEqual(await page({ offset: 3 }), [1])
      assert.deepEqual(await page({ offset: 4 }), [])
      assert.deepEqual(await page({ before: 3 }), [1, 2])
      assert.deepEqual(await page({ after: 1 }), [2, 3])
      const whole = await store.messages({ workspace: '1', conversation: 'c3', offset: 0, limit: 50 })
      assert.deepEqual([whole.total, whole.conversation?.id, whole.customer?.firstName], [4, 'c3', 'كاظم'])
      assert.deepEqual(whole.rows.map(({ customerCount }) => customerCount), [1, 2, 2, 3])
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
  {
    name: 'a message gets the next number, and everything about its conversation is as new as it',
    async run(make) {
      const store = await given(make)
      const sent = await store.send(write({ type: 'customer', author: undefined, content: 'salam' }))
      assert.equal(sent.outcome, 'stored')
      if (sent.outcome !== 'stored') return
      assert.deepEqual([sent.message.seq, sent.message.customerCount, sent.message.type, sent.message.author], [2, 2, 'customer', undefined])
      assert.match(sent.message.id, /^[2-9A-HJ-NP-Za-km-z]{10}$/u)
      const row = await store.conversation('1', 'c1', '1')
      assert.deepEqual([row?.conversation.lastSeq, row?.conversation.unansweredCount, row?.conversation.updatedAt], [2, 2, at])
      assert.equal(row?.lastMessage?.content, 'salam')
      assert.equal((await idsOf(store))[0], 'c1')
      assert.deepEqual(await idsOf(store, { filter: { search: 'SALAM' } }), ['c1'])
    },
  },
  {
    name: 'the same key of an author stores once and answers what was stored, also when it is sent many times at once',
    async run(make) {
      const store = await given(make)
      const results = await Promise.all(Array.from({ length: 20 }, (_, index) => store.send(write({ key: 'k', content: `try ${String(index)}` }))))
      assert.equal(results.filter(({ outcome }) => outcome === 'stored').length, 1)
      assert.equal(results.filter(({ outcome }) => outcome === 'repeated').length, 19)
      assert.equal(new Set(results.map((result) => ('message' in result ? result.message.id : ''))).size, 1)
      assert.equal((await store.send(write({ key: 'k', author: '2' }))).outcome, 'stored')
      assert.equal((await store.send(write({ key: 'k', conversation: 'c2' }))).outcome, 'key_reused')
      assert.equal((await store.conversation('1', 'c1', '1'))?.conversation.lastSeq, 3)
    },
  },
  {
    name: 'messages sent at once get one number each, and one gapless event each',
    async run(make) {
      const store = await given(make)
      const results = await Promise.all(Array.from({ length: 30 }, (_, index) => store.send(write({ content: `m${String(index)}` }))))
      const stored = results.flatMap((result) => (result.outcome === 'stored' ? [result] : []))
      const counted = Array.from({ length: 30 }, (_, index) => index)
      assert.deepEqual(stored.map(({ message: { seq } }) => seq).toSorted((a, b) => a - b), counted.map((index) => index + 2))
      assert.deepEqual(stored.map(({ event }) => event.offset).toSorted((a, b) => a - b), counted.map((index) => index + 1))
      const log = await store.since('1', 0, 100)
      assert.deepEqual(log?.events?.map(({ offset }) => offset), counted.map((index) => index + 1))
    },
  },
  {
    name: 'who has not seen the newest message is shown it instead of sending past it',
    async run(make) {
      const store = await given(make)
      const stale = await store.send(write({ conversation: 'c3', after: 2 }))
      assert.deepEqual(stale.outcome === 'stale' && stale.unseen.map(({ seq }) => seq), [3, 4])
      assert.equal((await store.conversation('1', 'c3', '1'))?.conversation.lastSeq, 4)
      assert.equal((await store.send(write({ conversation: 'c3', after: 4 }))).outcome, 'stored')
    },
  },
  {
    name: 'the log answers everything after an offset, or that it cannot',
    async run(make) {
      const store = await given(make)
      const before = await store.position('1')
      assert.equal(before?.offset, 0)
      await store.send(write())
      await store.send(write())
      const slice = await store.since('1', 1, 10)
      assert.deepEqual(slice?.position, { epoch: before?.epoch, offset: 2 })
      assert.deepEqual(slice?.events?.map(({ offset, change }) => [offset, change.type]), [[2, 'message.created']])
      assert.deepEqual((await store.since('1', 2, 10))?.events, [])
      assert.equal((await store.since('1', 3, 10))?.events, undefined)
      assert.equal((await store.since('1', 0, 1))?.events, undefined)
      assert.equal(await store.since('77', 0, 1), undefined)
      assert.equal(await store.position('77'), undefined)
      assert.equal((await store.position('2'))?.offset, 0)
      assert.notEqual((await store.position('2'))?.epoch, before?.epoch)
    },
  },
  {
    name: 'a read mark is personal, moves forward only, and counts customer messages',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c3', userId: '1', at }
      const marked = await store.markRead({ ...ask, upTo: 2 })
      assert.equal(marked.outcome === 'changed' && marked.event.change.type, 'conversation.read')
      assert.equal((await store.conversation('1', 'c3', '1'))?.readCount, 2)
      assert.equal((await store.conversation('1', 'c3', '2'))?.readCount, 0)
      assert.equal((await store.markRead({ ...ask, upTo: 1 })).outcome, 'unchanged')
      assert.equal((await store.markRead({ ...ask, upTo: Number.MAX_SAFE_INTEGER })).outcome, 'changed')
      assert.equal((await store.conversation('1', 'c3', '1'))?.readCount, 3)
      assert.equal((await store.conversation('1', 'c3', '1'))?.conversation.unansweredCount, 3)
    },
  },
  {
    name: 'marking as answered spares what the AI has not answered yet while the AI answers',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c3', userId: '1', upTo: Number.MAX_SAFE_INTEGER, at }
      const marked = await store.markAnswered(ask)
      assert.equal(marked.outcome === 'changed' && marked.row.conversation.unansweredCount, 1)
      assert.equal((await store.markAnswered(ask)).outcome, 'unchanged')
      assert.equal((await store.update({ workspace: '1', conversation: 'c3', status: 'support_active', by: '1', at })).outcome, 'changed')
      const rest = await store.markAnswered(ask)
      assert.equal(rest.outcome === 'changed' && rest.row.conversation.unansweredCount, 0)
      assert.deepEqual((await store.messages({ workspace: '1', conversation: 'c3', offset: 0, limit: 9 })).rows.map(({ isAnswered }) => isAnswered), [true, true, false, true])
    },
  },
  {
    name: 'feedback is for the AI’s messages and replaces the one before',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c3', message: 'c3c', userId: '1', value: 'negative', comment: 'no', at } as const
      const given1 = await store.giveFeedback(ask)
      assert.deepEqual(given1.outcome === 'stored' && given1.message.feedback, { value: 'negative', comment: 'no', at })
      assert.equal((await store.giveFeedback({ ...ask, value: 'positive', comment: '', conversation: undefined })).outcome, 'stored')
      assert.equal((await store.giveFeedback({ ...ask, message: 'c3a' })).outcome, 'not_ai')
      assert.equal((await store.giveFeedback({ ...ask, conversation: 'c1' })).outcome, 'not_found')
      assert.equal((await store.giveFeedback({ ...ask, message: 'nope' })).outcome, 'not_found')
      const { rows } = await store.messages({ workspace: '1', conversation: 'c3', offset: 0, limit: 9 })
      assert.equal(rows[2]?.feedback.value, 'positive')
    },
  },
  {
    name: 'a change of a conversation is appended once, and what is so already is not',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c1', by: '1', at }
      const changed = await store.update({ ...ask, status: 'closed', priority: 0, assignee: '2' })
      assert.equal(changed.outcome, 'changed')
      if (changed.outcome !== 'changed') return
      const { status, priority, assignee, updatedAt } = changed.row.conversation
      assert.deepEqual([status, priority, assignee, updatedAt], ['closed', 0, '2', at])
      assert.equal((await store.update({ ...ask, status: 'closed' })).outcome, 'unchanged')
      assert.equal((await store.update({ ...ask, assignee: '5' })).outcome, 'not_found')
      const freed = await store.update({ ...ask, assignee: null })
      assert.equal(freed.outcome === 'changed' && freed.row.conversation.assignee, undefined)
      assert.equal((await store.position('1'))?.offset, 2)
    },
  },
  {
    name: 'a change of a customer is appended once, makes the tags it names, and keeps those that connectors set',
    async run(make) {
      const store = await given(make)
      const id = (await store.customers(people({ filter: { search: 'Zoë' } }))).rows[0]?.customer.id ?? 0
      const ask = { workspace: '1', customer: id, by: '1', at }
      const changed = await store.updateCustomer({ ...ask, firstName: 'Zara', email: null, phoneNumber: '+98 21', tags: ['Fresh', 'VIP', 'Fresh', 'Telegram'] })
      assert.equal(changed.outcome, 'changed')
      if (changed.outcome !== 'changed') return
      const { firstName, lastName, email, tags, updatedAt } = changed.customer
      assert.deepEqual([firstName, lastName, email, updatedAt], ['Zara', 'Doe', undefined, at])
      // A tag that only connectors set is neither given nor taken by hand.
      assert.deepEqual(tags.map(({ name, createdBy }) => `${name} by ${createdBy ?? 'nobody'}`).toSorted(), ['Fresh by 1', 'VIP by 1'])
      assert.deepEqual(changed.event.change, { type: 'customer.changed', customer: changed.customer })
      const [row] = (await store.customers(people({ filter: { search: '+98 21' } }))).rows
      assert.deepEqual(row?.customer, changed.customer)
      assert.equal((await store.customers(people({ filter: { search: 'Zoë' } }))).total, 0)
      assert.equal((await store.updateCustomer({ ...ask, firstName: 'Zara', tags: ['VIP', 'Fresh'] })).outcome, 'unchanged')
      assert.equal((await store.position('1'))?.offset, 1)
      assert.equal((await store.updateCustomer({ ...ask, customer: 999_999, firstName: 'x' })).outcome, 'not_found')
      assert.equal((await store.updateCustomer({ ...ask, workspace: '2', firstName: 'x' })).outcome, 'not_found')
      const text = await store.updateCustomer({ ...ask, description: 'a\0b' })
      assert.equal(text.outcome === 'changed' && text.customer.description, 'a\uFFFDb')
    },
  },
  {
    name: 'a deleted conversation is gone with its messages, and a deleted customer with all his conversations',
    async run(make) {
      const store = await given(make)
      const id = (await store.customers(people({ filter: { search: 'Zoë' } }))).rows[0]?.customer.id ?? 0
      await store.send(write({ conversation: 'c1', key: 'k' }))
      await store.markRead({ workspace: '1', conversation: 'c1', userId: '1', upTo: 1, at })
      assert.equal((await store.deleteConversation({ workspace: '2', conversation: 'c1', by: '5', at })).outcome, 'not_found')
      const deleted = await store.deleteConversation({ workspace: '1', conversation: 'c1', by: '1', at })
      assert.deepEqual(deleted.outcome === 'deleted' && [deleted.event.offset, deleted.event.change], [3, { type: 'conversation.deleted', conversation: 'c1', by: '1' }])
      assert.equal((await store.deleteConversation({ workspace: '1', conversation: 'c1', by: '1', at })).outcome, 'not_found')
      assert.equal((await store.messages({ workspace: '1', conversation: 'c1', offset: 0, limit: 9 })).conversation, undefined)
      assert.equal((await store.send(write({ conversation: 'c1' }))).outcome, 'not_found')
      assert.equal(await store.workspaceOf('1', 'c1'), undefined)
      assert.equal((await store.giveFeedback({ workspace: '1', conversation: undefined, message: 'c1a', userId: '1', value: 'none', comment: '', at })).outcome, 'not_found')
      assert.deepEqual(await idsOf(store), ['c4', 'c3', 'c2'])
      // Its keys are free again.
      assert.equal((await store.send(write({ conversation: 'c2', key: 'k' }))).outcome, 'stored')
      assert.equal((await store.deleteCustomer({ workspace: '2', customer: id, by: '5', at })).outcome, 'not_found')
      const gone = await store.deleteCustomer({ workspace: '1', customer: id, by: '1', at })
      assert.deepEqual(gone.outcome === 'deleted' && gone.event.change, { type: 'customer.deleted', customer: id, conversations: ['c2'], by: '1' })
      assert.deepEqual(await idsOf(store), ['c4', 'c3'])
      assert.deepEqual(await namesOf(store), [undefined, 'كاظم'])
      assert.equal((await store.deleteCustomer({ workspace: '1', customer: id, by: '1', at })).outcome, 'not_found')
      assert.deepEqual((await store.since('1', 2, 50))?.events?.map(({ change }) => change.type), ['conversation.deleted', 'message.created', 'customer.deleted'])
    },
  },
  {
    name: 'a customer who is new gets a record and a conversation, and the next message of his goes there too',
    async run(make) {
      const store = await given(make)
      const opened = await store.receive(inbound())
      assert.equal(opened.outcome, 'stored')
      if (opened.outcome !== 'stored') return
      assert.deepEqual(opened.events.map(({ offset, change }) => [offset, change.type]), [[1, 'customer.changed'], [2, 'message.created']])
      const row = await store.conversation('1', opened.message.conversation, '1')
      assert.deepEqual(
        [row?.conversation.title, row?.conversation.status, row?.conversation.source, row?.conversation.unansweredCount, row?.customer.sourceId],
        ['telegram - Ada (@ada) | telegram', 'support_active', 'telegram', 1, 'n1'],
      )
      assert.equal((await store.customers(people({ filter: { search: 'ada' } }))).total, 1)
      const next = await store.receive(inbound({ key: 'm2', customer: { sourceId: 'n1', firstName: 'Ada', lastName: 'Byron' } }))
      assert.deepEqual(next.outcome === 'stored' && [next.message.conversation, next.message.seq, next.events.length], [opened.message.conversation, 2, 2])
      const third = await store.receive(inbound({ key: 'm3', customer: { sourceId: 'n1' }, content: '', contentType: 'image', mediaUrl: 'https://m.example/1' }))
      assert.deepEqual(third.outcome === 'stored' && [third.events.length, third.message.contentType, third.message.mediaUrl], [1, 'image', 'https://m.example/1'])
      assert.equal((await store.receive(inbound({ workspace: '99' }))).outcome, 'no_workspace')
    },
  },
  {
    name: 'the same source message again, also many times at once, is one message; another text under its id is told',
    async run(make) {
      const store = await given(make)
      const results = await Promise.all(Array.from({ length: 20 }, () => store.receive(inbound())))
      assert.deepEqual(results.map(({ outcome }) => outcome).toSorted(), [...Array.from({ length: 19 }, () => 'repeated'), 'stored'])
      assert.equal(new Set(results.map((result) => ('message' in result ? result.message.id : ''))).size, 1)
      // Nothing of a repetition counts, its profile neither.
      assert.equal((await store.receive(inbound({ customer: { sourceId: 'n1', firstName: 'Eve' } }))).outcome, 'repeated')
      assert.equal((await store.customers(people({ filter: { search: 'eve' } }))).total, 0)
      assert.equal((await store.receive(inbound({ content: 'another' }))).outcome, 'key_reused')
      assert.equal((await store.position('1'))?.offset, 2)
      // Ids of another customer, source or workspace are other ids.
      for (const rest of [{ customer: { sourceId: 'n2' } }, { source: 'instagram' }, { workspace: '2' }]) {
        assert.equal((await store.receive(inbound(rest))).outcome, 'stored', JSON.stringify(rest))
      }
    },
  },
  {
    name: 'a closed conversation stays closed: its customer gets a new one, answered by the AI where source and owner want that',
    async run(make) {
      const store = await given(make)
      const opened = await store.receive(inbound())
      const id = opened.outcome === 'stored' ? opened.message.conversation : ''
      await store.update({ workspace: '1', conversation: id, status: 'closed', by: '1', at })
      const again = await store.receive(inbound({ key: 'm2', aiAnswers: true }))
      assert.deepEqual(again.outcome === 'stored' && [again.status, again.message.conversation === id], ['active', false])
      const known = await store.receive(inbound({ customer: { sourceId: 's1' }, aiAnswers: true }))
      assert.equal(known.outcome, 'stored')
    },
  },
  {
    name: 'one key sent twenty times at once stores one message, and everybody is answered that one',
    async run(make) {
      const store = await given(make)
      const results = await Promise.all(Array.from({ length: 20 }, () => store.send(write({ key: 'once' }))))
      assert.equal(results.filter(({ outcome }) => outcome === 'stored').length, 1)
      assert.equal(new Set(results.map((result) => ('message' in result ? result.message.id : ''))).size, 1)
      assert.equal((await store.messages({ workspace: '1', conversation: 'c1', offset: 0, limit: 50 })).total, 2)
    },
  },
  {
    name: 'marks of the advisory rules are kept with their message',
    async run(make) {
      const store = await given(make)
      await store.send(write({ content: 'X', marks: ['potential_spam', 'content_too_long'] }))
      await store.send(write({ content: 'y', marks: [] }))
      const { rows } = await store.messages({ workspace: '1', conversation: 'c1', offset: 0, limit: 2 })
      assert.deepEqual(rows.map(({ marks = [] }) => marks.toSorted()), [['content_too_long', 'potential_spam'], []])
    },
  },
  {
    name: 'any text is kept as it is, but what no database keeps becomes U+FFFD',
    async run(make) {
      const store = await given(make)
      for (const content of ['سلام 👩‍👩‍👧‍👦', '\u202Eabc', "'; drop table messages; --", '\uFFFE', 'a'.repeat(10_000)]) {
        const sent = await store.send(write({ content }))
        assert.equal(sent.outcome === 'stored' && sent.message.content, content)
      }
      await store.send(write({ content: 'a\0b\uD800c' }))
      const { rows } = await store.messages({ workspace: '1', conversation: 'c1', offset: 0, limit: 1 })
      assert.equal(rows[0]?.content, 'a\uFFFDb\uFFFDc')
    },
  },
]
