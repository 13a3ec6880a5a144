import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.js'
import { at, given, idsOf, namesOf, people, write, type Subject } from './two-workspaces.js'

export const changesContract: readonly ContractCase<Subject>[] = [
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
      assert.equal((await store.update({ ...ask, assignee: '5' })).outcome, 'no_assignee')
      const freed = await store.update({ ...ask, assignee: null })
      assert.equal(freed.outcome === 'changed' && freed.row.conversation.assignee, undefined)
      assert.equal((await store.position('1'))?.offset, 2)
    },
  },
  {
    name: 'a change of a conversation that names tags changes its customer with it, or neither',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c1', by: '1', at }
      const tagsOf = async () => (await store.conversation('1', 'c1', '1'))?.customer.tags.map(({ name }) => name).toSorted()
      const before = await tagsOf()
      assert.equal((await store.update({ ...ask, priority: 7, assignee: '5', tags: ['Bulky'] })).outcome, 'no_assignee')
      assert.deepEqual(await tagsOf(), before)
      assert.equal((await store.position('1'))?.offset, 0)
      const both = await store.update({ ...ask, priority: 7, tags: ['Bulky'] })
      assert.ok(both.outcome === 'changed')
      assert.deepEqual([both.row.conversation.priority, both.tagged?.offset, both.event.offset], [7, 1, 2])
      assert.ok(both.row.customer.tags.some(({ name }) => name === 'Bulky'))
      assert.deepEqual(await tagsOf(), both.row.customer.tags.map(({ name }) => name).toSorted())
      const again = await store.update({ ...ask, priority: 7, tags: ['Bulky'] })
      assert.deepEqual(again, { outcome: 'unchanged', tagged: undefined })
      const tags = await store.update({ ...ask, tags: [] })
      assert.equal(tags.outcome === 'unchanged' && tags.tagged?.change.type, 'customer.changed')
      assert.equal((await store.position('1'))?.offset, 3)
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
]
