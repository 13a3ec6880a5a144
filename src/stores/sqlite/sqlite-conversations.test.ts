import { afterEach, describe, expect, test } from 'vitest'
import { conversationsContract } from '../contract/conversations-contract.js'
import { openSqlite, type SqliteEngine } from './engine.js'
import { migrate } from './migrate.js'
import { createSqliteConversations } from './sqlite-conversations.js'
import { createSqliteUsers } from './sqlite-users.js'
import { createEngines } from './testing/engines.js'
import { sampleOf } from './testing/small-workspace.js'

const open: SqliteEngine[] = []
const engines = createEngines()

afterEach(async () => {
  await engines.closeAll()
  await Promise.all(open.splice(0).map((engine) => engine.close()))
})

describe('SQLite keeps the contract of conversations', () => {
  test.each(conversationsContract)('$name', ({ run }) =>
    run(async () => {
      const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
      open.push(engine)
      await migrate(engine)
      return createSqliteConversations(engine)
    }),
  )
})

test('a change of a conversation and its tags that breaks in between is not stored at all', async () => {
  const path = await engines.newPath()
  const writer = await engines.openMigrated({ path })
  const engine = await openSqlite({ path, deadlineMs: 15_000 })
  open.push(engine)
  const store = createSqliteConversations(engine)
  await store.importWorkspace(sampleOf('1', 1))
  const before = await store.conversation('1', 'c0', 'u1')
  const ask = { workspace: '1', conversation: 'c0', priority: 7, tags: ['Bulky'], by: 'u1', at: 1_000 }
  for (const table of ['customer_tags', 'conversations']) {
    const event = table === 'conversations' ? 'update' : 'insert'
    await writer.write('script', `create trigger breaks before ${event} on ${table} begin select raise(abort, 'broken'); end`)
    await expect(store.update(ask), table).rejects.toThrow('broken')
    await writer.write('script', 'drop trigger breaks')
    expect(await store.conversation('1', 'c0', 'u1'), table).toEqual(before)
    expect((await store.position('1'))?.offset, table).toBe(0)
    expect((await store.filterValues('1')).tags.map(({ name }) => name), table).toEqual(['VIP'])
  }
  expect((await store.update(ask)).outcome).toBe('changed')
})

test('a conversation is assigned to nobody who is disabled, and stays with whom it was', async () => {
  const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
  open.push(engine)
  await migrate(engine)
  const store = createSqliteConversations(engine)
  await store.importWorkspace(sampleOf('1', 2))
  const users = createSqliteUsers(engine)
  const assign = async (conversation: string, priority: number) =>
    (await store.update({ workspace: '1', conversation, assignee: 'u1', priority, by: 'u1', at: 1_000 })).outcome
  expect(await assign('c0', 7)).toBe('changed')
  await users.setActive('u1', false, 'cli', 1_000)
  expect(await assign('c1', 7)).toBe('no_assignee')
  expect(await assign('c0', 8)).toBe('changed')
})
