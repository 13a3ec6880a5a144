import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.js'
import { at, first, given, idsOf, inbox, people, write, type Subject } from './two-workspaces.js'

export const tenantsContract: readonly ContractCase<Subject>[] = [
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
]
