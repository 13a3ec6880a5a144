import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.js'
import { at, given, idsOf, write, type Subject } from './two-workspaces.js'

export const messagesContract: readonly ContractCase<Subject>[] = [
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
      const results = await Promise.all(Array.from({ length: 20 }, () => store.send(write({ key: 'k' }))))
      assert.equal(results.filter(({ outcome }) => outcome === 'stored').length, 1)
      assert.equal(results.filter(({ outcome }) => outcome === 'repeated').length, 19)
      assert.equal(new Set(results.map((result) => ('message' in result ? result.message.id : ''))).size, 1)
      assert.equal((await store.send(write({ key: 'k', author: '2' }))).outcome, 'stored')
      assert.equal((await store.send(write({ key: 'k', conversation: 'c2' }))).outcome, 'key_reused')
      assert.equal((await store.send(write({ key: 'k', content: 'another' }))).outcome, 'key_reused')
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
