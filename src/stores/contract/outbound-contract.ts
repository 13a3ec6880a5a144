import assert from 'node:assert/strict'
import type { Conversations } from '../../conversation/conversations.js'
import type { ClaimAsk, DeliveryResult, Outbound } from '../../conversation/outbound.js'
import type { ImportedConversation, WorkspaceImport, WorkspaceImports } from '../../conversation/workspace-import.js'
import type { ContractCase, Make } from './contract-case.js'

type Subject = Conversations & Outbound & WorkspaceImports

const t0 = Date.UTC(2026, 2, 1)

const conversation = (id: string, customer: number, source: string): ImportedConversation => ({
  id, customer, title: id, status: 'support_active', isActive: true, source, priority: 1, assignee: undefined, createdAt: t0, updatedAt: t0, messages: [],
})

const person = (sourceId: string): WorkspaceImport['customers'][number] => ({
  firstName: 'Ada', lastName: undefined, username: undefined, email: undefined, phoneNumber: undefined, description: undefined, source: 'telegram', sourceId,
  profilePicture: undefined, tags: [], data: {}, createdAt: t0, updatedAt: t0,
})

const workspace = (id: string, conversations: readonly ImportedConversation[]): WorkspaceImport => ({
  id, name: id, createdAt: t0, tags: [], customers: [person('s0'), person('s1')], conversations,
  members: [{ userId: id, email: `${id}@example.com`, username: `user${id}`, firstName: 'One', lastName: 'A', role: 'owner', active: true }],
})

const given = async (make: Make<Subject>): Promise<Subject> => {
  const store = await make()
  await store.importWorkspace(workspace('1', [conversation('c1', 0, 'telegram'), conversation('c2', 1, 'telegram'), conversation('c3', 0, 'instagram')]))
  await store.importWorkspace(workspace('2', [conversation('d1', 0, 'telegram')]))
  return store
}

const write = async (store: Subject, content: string, rest: Partial<Parameters<Subject['send']>[0]> = {}): Promise<string> => {
  const sent = await store.send({
    workspace: '1', conversation: 'c1', type: 'support', author: '1', key: undefined, content, after: undefined, at: t0, outbound: ['telegram'], ...rest,
  })
  if (sent.outcome !== 'stored') throw new Error(`The message is ${sent.outcome}`)
  return sent.message.id
}

const claim = async (store: Subject, at: number, rest: Partial<ClaimAsk> = {}) => {
  const { outgoing, nextDueAt } = await store.claim({ workspace: '1', source: 'telegram', limit: 10, at, until: at + 20_000, latest: at + 3_600_000, ...rest })
  return { contents: outgoing.map(({ message }) => message.content), attempts: outgoing.map(({ attempts }) => attempts), outgoing, nextDueAt }
}

const settle = (store: Subject, message: string, attempts: number, result: DeliveryResult, at = t0) => store.settle({ workspace: '1', message, attempts, result, at })

export const outboundContract: readonly ContractCase<Subject>[] = [
  {
    name: '[X1] a message is queued with itself when its source is reached, and its event says so',
    async run(make) {
      const store = await given(make)
      await write(store, 'one')
      await write(store, 'not reached', { outbound: [] })
      await write(store, 'elsewhere', { conversation: 'c3' })
      await write(store, 'his own', { type: 'customer' })
      await write(store, 'ai', { conversation: 'c2', type: 'AI', author: undefined })
      const events = (await store.since('1', 0, 10))?.events ?? []
      assert.deepEqual(events.map(({ change }) => change.type === 'message.created' && change.queued), [true, undefined, undefined, undefined, true])
      assert.deepEqual(await store.state(), { lanes: [{ workspace: '1', source: 'telegram', dueAt: t0 }], queued: 2, oldestAt: t0 })
      const { outgoing } = await claim(store, t0)
      assert.deepEqual(outgoing.map(({ message, customer, attempts, queuedAt }) => [message.content, customer.sourceId, attempts, queuedAt]), [
        ['one', 's0', 1, t0],
        ['ai', 's1', 1, t0],
      ])
    },
  },
  {
    name: 'a message that is sent again by its key is queued once',
    async run(make) {
      const store = await given(make)
      const ask = { workspace: '1', conversation: 'c1', type: 'support', author: '1', key: 'k', content: 'x', after: undefined, at: t0, outbound: ['telegram'] } as const
      await Promise.all(Array.from({ length: 5 }, () => store.send(ask)))
      assert.equal((await store.state()).queued, 1)
    },
  },
  {
    name: '[X3] of one conversation only the oldest message is due, and the next when it is settled',
    async run(make) {
      const store = await given(make)
      const first = await write(store, 'one')
      await write(store, 'two')
      await write(store, 'other', { conversation: 'c2' })
      assert.deepEqual((await claim(store, t0)).contents, ['one', 'other'])
      assert.deepEqual((await claim(store, t0)).contents, [])
      await settle(store, first, 1, { outcome: 'delivered' }, t0 + 5)
      assert.deepEqual((await claim(store, t0 + 5)).contents, ['two'])
    },
  },
  {
    name: 'many who claim at once never get the same message',
    async run(make) {
      const store = await given(make)
      for (const id of ['c1', 'c2']) await write(store, id, { conversation: id })
      const claims = await Promise.all(Array.from({ length: 8 }, () => claim(store, t0, { limit: 1 })))
      assert.deepEqual(claims.flatMap(({ contents }) => contents).toSorted(), ['c1', 'c2'])
    },
  },
  {
    name: '[X7] what nobody settles is due again when its claim ends, as the next try',
    async run(make) {
      const store = await given(make)
      await write(store, 'one')
      assert.equal((await claim(store, t0)).nextDueAt, t0 + 20_000)
      assert.deepEqual((await claim(store, t0 + 19_999)).contents, [])
      const again = await claim(store, t0 + 20_000)
      assert.deepEqual([again.contents, again.attempts], [['one'], [2]])
    },
  },
  {
    name: 'a postponed message comes at its time and keeps the others of its conversation back',
    async run(make) {
      const store = await given(make)
      const first = await write(store, 'one')
      await write(store, 'two')
      await claim(store, t0)
      assert.equal(await settle(store, first, 1, { outcome: 'postponed', dueAt: t0 + 1_000 }), undefined)
      const early = await claim(store, t0 + 999)
      assert.deepEqual([early.contents, early.nextDueAt], [[], t0 + 1_000])
      assert.deepEqual((await claim(store, t0 + 1_000)).contents, ['one'])
      assert.deepEqual((await store.since('1', 2, 10))?.events, [])
    },
  },
  {
    name: 'a delivery and a failure leave the queue with one event each, and are told once',
    async run(make) {
      const store = await given(make)
      const first = await write(store, 'one')
      const second = await write(store, 'two')
      await claim(store, t0)
      const delivered = await settle(store, first, 1, { outcome: 'delivered' }, t0 + 7)
      assert.deepEqual(delivered, { workspace: '1', offset: 3, at: t0 + 7, change: { type: 'message.delivery', message: first, conversation: 'c1', failure: null } })
      assert.equal(await settle(store, first, 1, { outcome: 'delivered' }), undefined)
      await claim(store, t0 + 7)
      const failed = await settle(store, second, 1, { outcome: 'failed', reason: 'expired' })
      assert.deepEqual(failed?.change, { type: 'message.delivery', message: second, conversation: 'c1', failure: 'expired' })
      assert.deepEqual((await store.since('1', 2, 10))?.events, [delivered, failed])
      assert.deepEqual(await store.state(), { lanes: [], queued: 0, oldestAt: undefined })
    },
  },
  {
    name: 'who comes too late with a failure changes nothing, and with a delivery ends the matter',
    async run(make) {
      const store = await given(make)
      const id = await write(store, 'one')
      await claim(store, t0)
      await claim(store, t0 + 20_000)
      assert.equal(await settle(store, id, 1, { outcome: 'failed', reason: 'expired' }), undefined)
      await settle(store, id, 1, { outcome: 'postponed', dueAt: t0 + 90_000 })
      assert.equal((await claim(store, t0 + 30_000)).nextDueAt, t0 + 40_000)
      assert.notEqual(await settle(store, id, 1, { outcome: 'delivered' }), undefined)
      assert.equal(await settle(store, id, 2, { outcome: 'failed', reason: 'expired' }), undefined)
    },
  },
  {
    name: '[X7] what is due later than anything is put off is due at once, counts as queued then, and so does what comes behind it',
    async run(make) {
      const store = await given(make)
      const year = 365 * 86_400_000
      const first = await write(store, 'one', { at: t0 + year })
      await write(store, 'two', { at: t0 + year })
      assert.equal((await claim(store, t0, { latest: t0 + year })).nextDueAt, t0 + year)
      assert.deepEqual((await claim(store, t0, { latest: t0 + year - 1 })).outgoing.map(({ message, queuedAt }) => [message.content, queuedAt]), [['one', t0]])
      await settle(store, first, 1, { outcome: 'delivered' }, t0 + 5)
      assert.deepEqual((await claim(store, t0 + 5)).outgoing.map(({ message, queuedAt }) => [message.content, queuedAt]), [['two', t0 + 5]])
    },
  },
  {
    name: 'lanes are apart: neither another source nor another workspace is claimed or settled',
    async run(make) {
      const store = await given(make)
      const id = await write(store, 'one')
      await write(store, 'three', { conversation: 'c3', outbound: ['telegram', 'instagram'] })
      await write(store, 'theirs', { workspace: '2', conversation: 'd1', author: '2' })
      assert.deepEqual((await claim(store, t0)).contents, ['one'])
      assert.deepEqual((await claim(store, t0, { source: 'instagram' })).contents, ['three'])
      assert.deepEqual((await claim(store, t0, { workspace: '2' })).contents, ['theirs'])
      assert.deepEqual((await claim(store, t0, { workspace: '77' })), { contents: [], attempts: [], outgoing: [], nextDueAt: undefined })
      assert.equal(await store.settle({ workspace: '2', message: id, attempts: 1, result: { outcome: 'delivered' }, at: t0 }), undefined)
      assert.equal((await store.state()).lanes.length, 3)
    },
  },
  {
    name: '[X9] a deleted conversation or customer takes its queued messages along',
    async run(make) {
      const store = await given(make)
      const first = await write(store, 'one')
      await write(store, 'two')
      await write(store, 'other', { conversation: 'c2' })
      const claimed = await claim(store, t0)
      await store.deleteConversation({ workspace: '1', conversation: 'c1', by: '1', at: t0 })
      assert.equal((await store.state()).queued, 1)
      assert.equal(await settle(store, first, 1, { outcome: 'delivered' }), undefined)
      await store.deleteCustomer({ workspace: '1', customer: claimed.outgoing[1]?.customer.id ?? 0, by: '1', at: t0 })
      assert.equal((await store.state()).queued, 0)
    },
  },
]
