import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.js'
import { at, given, inbound, people, write, type Subject } from './two-workspaces.js'

export const inboundContract: readonly ContractCase<Subject>[] = [
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
]
