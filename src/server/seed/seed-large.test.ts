import { describe, expect, onTestFinished, test } from 'vitest'
import type { PartImports } from '../../stores/sqlite/sqlite-part-imports.js'
import type { WorkspaceImports } from '../../conversation/workspace-import.js'
import { openSqlite, type SqliteEngine } from '../../stores/sqlite/engine.js'
import { migrate } from '../../stores/sqlite/migrate.js'
import { createSqliteConversations } from '../../stores/sqlite/sqlite-conversations.js'
import { createSqlitePartImports } from '../../stores/sqlite/sqlite-part-imports.js'
import { largeSizes, seedLarge, type SeedProgress } from './seed-large.js'
import { seed } from './seed.js'

const at = Date.UTC(2026, 4, 1)
const tiny = { name: 'tiny', conversations: 60, messages: 12, perPart: 20 }
const silent = (): void => undefined

interface Opened {
  readonly engine: SqliteEngine
  readonly store: WorkspaceImports & PartImports
}

const openEmpty = async (): Promise<Opened> => {
  const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
  onTestFinished(() => engine.close())
  await migrate(engine)
  return { engine, store: { ...createSqliteConversations(engine), ...createSqlitePartImports(engine) } }
}

/** A store whose machine stops after so many parts. */
const interrupted = (store: Opened['store'], parts: number): Opened['store'] => ({
  ...store,
  importPart: (part) => (part.part < parts ? store.importPart(part) : Promise.reject(new Error('the machine stopped'))),
})

/** All that is seeded, in an order of its own. */
const contents = async ({ engine }: Opened) =>
  engine.snapshot<[Record<string, unknown>, Record<string, unknown>, Record<string, unknown>, Record<string, unknown>]>('lists', [
    { sql: 'select * from messages order by id', params: [] },
    { sql: 'select * from conversations order by id', params: [] },
    { sql: 'select * from customers order by id', params: [] },
    { sql: 'select * from customer_tags order by customer, tag', params: [] },
  ])

const found = async ({ engine }: Opened, search: string): Promise<number> => {
  const { rows } = await createSqliteConversations(engine).conversations({
    workspace: '1', reader: '1', filter: { search }, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 500,
  })
  return rows.length
}

describe('a large seed', () => {
  test('holds as many conversations and messages as it says, each once, and tells how far it is', async () => {
    const opened = await openEmpty()
    const told: SeedProgress[] = []
    const { workspaces } = await seedLarge(opened.store, tiny, at, (progress) => told.push(progress))
    expect(workspaces).toEqual(['Lantern & Loom', 'Second Tenant'])
    expect(told.map(({ done }) => done)).toEqual([0, 20, 40, 60])
    const [messages, conversations, customers] = await contents(opened)
    expect(conversations.filter(({ workspace }) => workspace === 1)).toHaveLength(60)
    expect(messages.filter(({ conversation }) => conversations.some(({ id, workspace }) => id === conversation && workspace === 1))).toHaveLength(720)
    expect(customers.filter(({ workspace }) => workspace === 1)).toHaveLength(12)
  })

  test('goes on after the last whole part when it was interrupted, and makes the same', async () => {
    const [whole, broken] = [await openEmpty(), await openEmpty()]
    await seedLarge(whole.store, tiny, at, silent)
    await expect(seedLarge(interrupted(broken.store, 2), tiny, at, silent)).rejects.toThrow('the machine stopped')
    const told: number[] = []
    // A day later, which must not show in what is left.
    expect((await seedLarge(broken.store, tiny, at + 86_400_000, ({ done }) => told.push(done))).workspaces).toEqual(['Lantern & Loom'])
    expect(told).toEqual([40, 60])
    expect(await contents(broken)).toEqual(await contents(whole))
  })

  test('changes nothing the second time, and nothing where there is something else', async () => {
    const seeded = await openEmpty()
    await seedLarge(seeded.store, tiny, at, silent)
    expect((await seedLarge(seeded.store, tiny, at, silent)).workspaces).toEqual([])
    const half = await openEmpty()
    await expect(seedLarge(interrupted(half.store, 1), tiny, at, silent)).rejects.toThrow('the machine stopped')
    await expect(seedLarge(half.store, largeSizes.m, at, silent)).rejects.toThrow('the size tiny was begun and not finished')
    const small = await openEmpty()
    await seed(createSqliteConversations(small.engine), { at })
    await expect(seedLarge(small.store, largeSizes.m, at, silent)).rejects.toThrow('there is a workspace 1 already, with 200 conversations')
  })

  test('refuses a part whose turn it is not', async () => {
    const { store } = await openEmpty()
    const parts: number[] = []
    await seedLarge({ ...store, importPart: (part) => store.importPart({ ...part, part: (parts.push(part.part), part.part === 1 ? 0 : part.part) }) }, tiny, at, silent).then(
      () => expect.unreachable(),
      (error: unknown) => expect(String(error)).toContain('Procedure'),
    )
    expect(parts).toEqual([0, 1])
  })

  test('is in the search index from its end on, and what is written after it too', async () => {
    const opened = await openEmpty()
    await seedLarge(opened.store, tiny, at, silent)
    const [messages] = await contents(opened)
    const number = String(messages.find(({ content }) => String(content).startsWith('SP-') && String(content).length === 8)?.['content'])
    expect(await found(opened, number)).toBeGreaterThan(0)
    const store = createSqliteConversations(opened.engine)
    const conversation = String(messages[0]?.['conversation'])
    // More than the 256 that are indexed at once, so that both triggers must be there again.
    for (let index = 0; index < 300; index++) {
      await store.send({ workspace: '1', conversation, type: 'support', author: '1', key: undefined, content: `zebra ${String(index)}`, after: undefined, at })
    }
    expect(await found(opened, 'zebra 7')).toBe(1)
    expect(await found(opened, 'zebra 299')).toBe(1)
  })
})
