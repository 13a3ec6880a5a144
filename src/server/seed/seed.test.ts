import { describe, expect, onTestFinished, test } from 'vitest'
import type { Conversations } from '../../conversation/conversations.js'
import { createMemoryConversations } from '../../stores/memory/memory-conversations.js'
import { openSqlite, type SqliteEngine } from '../../stores/sqlite/engine.js'
import { migrate } from '../../stores/sqlite/migrate.js'
import { createSqliteConversations } from '../../stores/sqlite/sqlite-conversations.js'
import { createSqliteMemberships } from '../../stores/sqlite/sqlite-memberships.js'
import { createSqliteUsers } from '../../stores/sqlite/sqlite-users.js'
import { sampleWorkspace } from './sample-workspace.js'
import { otherMembers, seed } from './seed.js'

const at = Date.UTC(2026, 4, 1)
const size = { id: '2', name: 'Sample', members: otherMembers, customers: 4, conversations: 6, at }

const inbox = (store: Conversations, workspace: string, limit = 500) =>
  store.conversations({ workspace, reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit })

const openSeeded = async (): Promise<SqliteEngine> => {
  const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
  onTestFinished(() => engine.close())
  await migrate(engine)
  await seed(createSqliteConversations(engine), { at })
  return engine
}

describe('the sample', () => {
  test('is the same for the same size and time, ids included', () => {
    expect(sampleWorkspace(size)).toEqual(sampleWorkspace(size))
  })

  test('happened before now, in order, and every id is unlike all others', () => {
    const workspace = sampleWorkspace({ ...size, customers: 40, conversations: 200 })
    const ids = workspace.conversations.flatMap(({ id, messages }) => [id, ...messages.map((message) => message.id)])
    expect(new Set(ids).size).toBe(ids.length)
    for (const { createdAt, updatedAt, messages } of workspace.conversations) {
      expect(createdAt).toBeLessThanOrEqual(updatedAt)
      expect(updatedAt).toBeLessThanOrEqual(at)
      expect(messages.map((message) => message.createdAt)).toEqual(messages.map((message) => message.createdAt).toSorted((a, b) => a - b))
    }
  })

  test('shows every status, both languages, waiting customers, AI answers with feedback, and tags', async () => {
    const store = createMemoryConversations()
    await seed(store, { at })
    const { rows, total } = await inbox(store, '1')
    expect(total).toBe(200)
    expect(new Set(rows.map(({ conversation: { status } }) => status)).size).toBe(4)
    expect(new Set(rows.map(({ conversation: { source } }) => source)).size).toBe(3)
    expect(rows.filter(({ conversation: { unansweredCount } }) => unansweredCount > 0).length).toBeGreaterThan(30)
    expect(rows.some(({ lastMessage }) => /[\u0600-\u06ff]/u.test(lastMessage?.content ?? ''))).toBe(true)
    expect(rows.some(({ lastMessage }) => lastMessage?.feedback.value === 'negative')).toBe(true)
    expect(rows.some(({ customer: { tags } }) => tags.some(({ name }) => name === 'VIP'))).toBe(true)
  })

  test('is not changed by a second seed, which leaves alone what was written since', async () => {
    const store = createMemoryConversations()
    expect((await seed(store, { at })).workspaces).toEqual(['Lantern & Loom', 'Second Tenant'])
    const conversation = (await inbox(store, '1', 1)).rows[0]?.conversation.id ?? ''
    await store.send({ workspace: '1', conversation, type: 'support', author: '1', key: undefined, content: 'mine', after: undefined, at })
    expect((await seed(store, { at: at + 1 })).workspaces).toEqual([])
    expect((await store.position('1'))?.offset).toBe(1)
  })

  test('gives agents 1 to 3 the whole inbox, and the disabled 4 and the other tenant nothing of it', async () => {
    const engine = await openSeeded()
    const store = createSqliteConversations(engine)
    const memberships = createSqliteMemberships(engine)
    const { rows, total } = await inbox(store, '1')
    expect(total).toBe(200)
    const id = rows[0]?.conversation.id ?? ''
    const may = await Promise.all(['1', '2', '3', '4', '5'].map((user) => memberships.mayEnter(user, id, Date.now() + 10_000)))
    expect(may).toEqual([true, true, true, false, false])
    const scopes = await Promise.all(['1', '4', '5'].map(async (user) => (await store.workspaceOf(user, id))?.id))
    expect(scopes).toEqual(['1', undefined, undefined])
    expect((await inbox(store, '2')).total).toBe(6)
  })

  test('has the users that tokens of the sample name', async () => {
    const users = createSqliteUsers(await openSeeded())
    const found = await Promise.all(['1', '2', '3', '4', '5', '6'].map((id) => users.find(id, Date.now() + 10_000)))
    expect(found.map((user) => user?.active)).toEqual([true, true, true, false, true, undefined])
    expect(found.map((user) => user?.role)).toEqual(['owner', 'admin', 'agent', 'agent', 'owner', undefined])
  })

  test('costs the same number of statements for a page of any length', async () => {
    const engine = await openSeeded()
    const asked: number[] = []
    const store = createSqliteConversations({
      ...engine,
      snapshot: (lane, queries, deadline) => {
        asked.push(Array.isArray(queries) ? queries.length : 0)
        return engine.snapshot(lane, queries, deadline)
      },
    })
    for (const limit of [1, 100]) {
      await inbox(store, '1', limit)
      await store.customers({ workspace: '1', filter: {}, order: { by: 'createdAt', descending: true }, offset: 0, limit })
    }
    expect(asked).toEqual([2, 3, 2, 3])
  })
})
