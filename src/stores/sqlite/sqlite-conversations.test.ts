import { afterEach, describe, expect, test } from 'vitest'
import { seed } from '../../server/seed/seed.js'
import { conversationsContract } from '../contract/conversations-contract.js'
import { openSqlite, type SqliteEngine } from './engine.js'
import { migrate } from './migrate.js'
import { createSqliteConversations } from './sqlite-conversations.js'
import { createSqliteMemberships } from './sqlite-memberships.js'

const open: SqliteEngine[] = []

const make = async (): Promise<{ readonly engine: SqliteEngine; readonly store: ReturnType<typeof createSqliteConversations> }> => {
  const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
  open.push(engine)
  await migrate(engine)
  return { engine, store: createSqliteConversations(engine) }
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()))
})

describe('SQLite keeps the contract of conversations', () => {
  test.each(conversationsContract)('$name', ({ run }) => run(async () => (await make()).store))
})

describe('the sample in SQLite', () => {
  test('gives agents 1 to 3 the whole inbox, and 4 and strangers nothing', async () => {
    const { engine, store } = await make()
    await seed(store, { at: Date.UTC(2026, 4, 1) })
    const memberships = createSqliteMemberships(engine)
    const page = await store.conversations({
      workspace: '1', reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 500,
    })
    expect(page.total).toBe(200)
    const id = page.rows[0]?.conversation.id ?? ''
    const may = await Promise.all(['1', '2', '3', '4', '5'].map((user) => memberships.mayEnter(user, id, Date.now() + 10_000)))
    expect(may).toEqual([true, true, true, false, false])
    expect(await store.workspaceOf('4', id)).toBeUndefined()
  })

  test('a page costs the same number of statements whatever its length', async () => {
    const { engine, store } = await make()
    await seed(store, { at: Date.UTC(2026, 4, 1) })
    const asked: number[] = []
    const counting = createSqliteConversations({
      ...engine,
      snapshot: (lane, queries, deadline) => {
        asked.push(Array.isArray(queries) ? queries.length : 0)
        return engine.snapshot(lane, queries, deadline)
      },
    })
    for (const limit of [1, 100]) {
      // One after another, so that the counts stand in this order.
      // oxlint-disable-next-line no-await-in-loop
      await counting.conversations({ workspace: '1', reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit })
      // oxlint-disable-next-line no-await-in-loop
      await counting.customers({ workspace: '1', filter: {}, order: { by: 'createdAt', descending: true }, offset: 0, limit })
    }
    expect(asked).toEqual([2, 3, 2, 3])
  })
})
