import { afterEach, describe, expect, test } from 'vitest'
import { createSqliteConversations } from './sqlite-conversations.js'
import { createEngines } from './testing/engines.js'
import { sampleOf } from './testing/small-workspace.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const ask = (asker: string, search: string | undefined) => ({
  workspace: '1', reader: asker, asker, filter: search === undefined ? {} : { search }, order: { by: 'updatedAt', descending: true } as const, offset: 0, limit: 10,
})

describe('who searches a lot', () => {
  test('is overtaken by who searches once', async () => {
    const engine = await engines.openMigrated()
    await engine.write('importWorkspace', sampleOf('1', 300))
    const store = createSqliteConversations(engine)
    const order: string[] = []
    const many = Array.from({ length: 500 }, () => store.conversations(ask('busy', 'hello')).then(() => order.push('busy')))
    // Let the first ones be under way.
    await many[0]
    await Promise.all([store.conversations(ask('calm', 'hello')).then(() => order.push('calm')), store.customers(ask('third', 'ada')).then(() => order.push('third'))])
    expect(order.filter((who) => who === 'busy').length).toBeLessThan(10)
    await Promise.all(many)
  })

  test('holds up neither a look-up of admission nor a list', async () => {
    const engine = await engines.openMigrated()
    await engine.write('importWorkspace', sampleOf('1', 3_000))
    const store = createSqliteConversations(engine)
    let searches = 0
    const searching = Array.from({ length: 20 }, () => store.conversations(ask('busy', 'hello')).then(() => (searches += 1)))
    await searching[0]
    expect((await store.workspaceOf('u1', 'c1'))?.id).toBe('1')
    const afterLookUp = searches
    expect((await store.conversations(ask('calm', undefined))).total).toBe(3_000)
    expect([afterLookUp < 20, searches < 20]).toEqual([true, true])
    await Promise.all(searching)
  })
})
