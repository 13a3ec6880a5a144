import { afterEach, describe, expect, test } from 'vitest'
import { conversationOrders, customerOrders, type ConversationFilter, type CustomerFilter } from '../../conversation/filter.js'
import { sampleOf } from './testing/small-workspace.js'
import type { ListSearch } from './list-search.js'
import {
  conversationList, conversationListSearch, countedMatches, countedRows, customerList, customerListSearch, type ListStatements,
} from './list-statements.js'
import { migrate } from './migrate.js'
import { createSqliteConversations } from './sqlite-conversations.js'
import type { Query } from './sql-value.js'
import { createEngines, type TestEngine } from './testing/engines.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const page = { workspace: '1', offset: 0, limit: 10 }

const inboxFilters: readonly ConversationFilter[] = [
  {}, { status: 'closed' }, { source: 'telegram' }, { priority: 3 }, { unanswered: true }, { assignee: '1' }, { tags: ['VIP'] }, { createdFrom: 1 },
  { createdBefore: 9 }, { search: 'hello' }, { search: 'he' }, { search: 'hello', status: 'closed', tags: ['VIP'] },
]
const peopleFilters: readonly CustomerFilter[] = [
  {}, { source: 'telegram' }, { tags: ['VIP'] }, { tagIds: [1] }, { hasEmail: true }, { hasPhone: false }, { conversationStatus: 'closed' },
  { unanswered: true }, { unanswered: false }, { createdFrom: 1 }, { createdBefore: 9 }, { activeFrom: 1 }, { activeBefore: 9 }, { search: 'hello' },
  { search: 'he' },
]

const plansOf = async (engine: TestEngine, queries: readonly Query[]): Promise<readonly string[]> => {
  const plans = await Promise.all(queries.map((query) => engine.read<{ detail: string }>('lists', `explain query plan ${query.sql}`, query.params)))
  return plans.flat().map(({ detail }) => detail)
}

const planOf = (engine: TestEngine, { page: sql, params, total }: ListStatements): Promise<readonly string[]> => plansOf(engine, [{ sql, params }, total])

const searchPlanOf = (engine: TestEngine, search: ListSearch): Promise<readonly string[]> => {
  const ways = [search.candidates, search.following ?? search.candidates].flatMap((each) => Object.values(each))
  return plansOf(engine, [
    ...(typeof search.way === 'string' ? [] : [search.way]),
    ...ways.map(({ sql, params }) => ({ sql, params: { ...params, from: 0, count: 300 } })),
    { sql: search.matches.sql, params: { ...search.matches.params, candidates: '[]' } },
  ])
}

// c, u, v, s, m and f stand for conversations, customers and messages in the statements. `search_pending` is read whole, see below.
const scansTable = (plan: readonly string[]): readonly string[] =>
  plan.filter((line) => /^SCAN (?:c|u|v|s|m|f|t|ft|conversations|customers|messages|conversation_totals|customer_totals)\b/u.test(line))

describe('no list scans a table', () => {
  test('of conversations, whatever filter and sort', async () => {
    const engine = await engines.openMigrated()
    for (const filter of inboxFilters) {
      for (const by of conversationOrders) {
        const ask = { ...page, reader: '1', filter, order: { by, descending: true } }
        const search = conversationListSearch(1, ask)
        const plan = await (search === undefined ? planOf(engine, conversationList(1, ask)) : searchPlanOf(engine, search))
        expect(scansTable(plan), JSON.stringify([filter, by])).toEqual([])
        if (search === undefined) expect(plan.filter((line) => line.includes('ORDER BY')), by).toEqual([])
      }
    }
  })

  test('of customers, whatever filter and sort', async () => {
    const engine = await engines.openMigrated()
    for (const filter of peopleFilters) {
      for (const by of customerOrders) {
        const ask = { ...page, filter, order: { by, descending: false } }
        const search = customerListSearch(1, ask)
        const plan = await (search === undefined ? planOf(engine, customerList(1, ask)) : searchPlanOf(engine, search))
        expect(scansTable(plan), JSON.stringify([filter, by])).toEqual([])
        if (search === undefined) expect(plan.filter((line) => line.includes('ORDER BY')), by).toEqual([])
      }
    }
  })

  test('but the texts that wait for the search index, of which there are never more than 255', async () => {
    const engine = await engines.openMigrated()
    const waiting = async () => Number((await engine.read<{ n: number }>('lists', 'select count(*) as n from search_pending'))[0]?.n)
    await engine.write('importWorkspace', sampleOf('1', 200))
    expect(await waiting()).toBeLessThan(256)
    for (let sent = 0; sent < 300; sent += 1) {
      await engine.write('sendMessage', {
        workspace: 1, conversation: 'c1', type: 'support', author: undefined, key: undefined, content: `word ${String(sent)}`, after: undefined, at: sent,
      })
      expect(await waiting()).toBeLessThan(256)
    }
    const found = async (search: string) => (await createSqliteConversations(engine).conversations({ ...page, reader: '1', filter: { search }, order: { by: 'updatedAt', descending: true } })).rows.length
    // One that is in the index by now, one that waits, and one of nobody.
    expect([await found('word 3'), await found('word 299'), await found('word 300')]).toEqual([1, 1, 0])
  })

  test('[S22] and one that goes on beside a row begins at its place in the index, in every sort and both directions', async () => {
    const engine = await engines.openMigrated()
    const places = { createdAt: 1, updatedAt: 1, title: 'a', status: 'closed', priority: 1, firstName: 'a' }
    for (const descending of [true, false]) {
      for (const side of ['following', 'preceding']) {
        for (const by of conversationOrders) {
          const ask = { ...page, reader: '1', filter: {}, order: { by, descending }, [side]: { key: places[by], id: 'c1' } }
          const { page: sql, params } = conversationList(1, ask)
          // Both parts of the row's place bound the range: nothing before it is read.
          expect(await plansOf(engine, [{ sql, params }]), by).toEqual([expect.stringMatching(/^SEARCH c USING COVERING INDEX \w+ \(workspace=\? AND \(.+,id\)[<>]\(\?,\?\)\)$/u)])
        }
        for (const by of customerOrders) {
          for (const key of by === 'firstName' ? [places[by], undefined] : [places[by]]) {
            const { page: sql, params } = customerList(1, { ...page, filter: {}, order: { by, descending }, [side]: { key, id: '1' } })
            // Row numbers are no part of a range beside another column: rows that are equal in the sort are passed over in the index.
            expect(await plansOf(engine, [{ sql, params }]), by).toEqual([expect.stringMatching(/^SEARCH u USING COVERING INDEX \w+ \(workspace=\? AND \w+[<>]\?\)$/u)])
          }
        }
      }
    }
  })

  test('[S22] and a deep page of a list whose length is known is walked to from its nearer end', async () => {
    const engine = await engines.openMigrated()
    const { page: sql, params } = conversationList(1, { ...page, offset: 50_000, reader: '1', filter: {}, order: { by: 'title', descending: true } })
    const plan = await plansOf(engine, [{ sql, params }])
    expect(plan.filter((line) => line.includes('ORDER BY') || line.startsWith('SCAN c'))).toEqual([])
    expect(plan.filter((line) => line.startsWith('SEARCH c USING COVERING INDEX conversations_by_title (workspace=?)'))).toHaveLength(2)
  })

  test('and tags are read from the tag to its wearers, not from all customers of the workspace', async () => {
    const engine = await engines.openMigrated()
    for (const filter of [{ tags: ['VIP'] }, { tags: ['VIP'], status: 'closed' }]) {
      const plan = await planOf(engine, conversationList(1, { ...page, reader: '1', filter, order: { by: 'updatedAt', descending: true } }))
      expect(plan.filter((line) => / ft /u.test(line)).every((line) => line === 'SEARCH ft USING COVERING INDEX customer_tags_by_tag (workspace=? AND tag=?)')).toBe(true)
    }
    const alone = conversationList(1, { ...page, reader: '1', filter: { tags: ['VIP'] }, order: { by: 'updatedAt', descending: true } })
    expect(await plansOf(engine, [alone.total])).toContain('SEARCH o USING COVERING INDEX conversations_by_customer (workspace=? AND customer=?)')
  })

  test('and a search reads the rows of its own workspace in the index only', async () => {
    const engine = await engines.openMigrated()
    const search = conversationListSearch(1, { ...page, reader: '1', filter: { search: 'hello' }, order: { by: 'updatedAt', descending: true } })
    const plan = search === undefined ? [] : await searchPlanOf(engine, search)
    const index = plan.filter((line) => line.includes('_search VIRTUAL TABLE'))
    expect(index.length).toBeGreaterThan(0)
    // `<` and `>` are FTS5's marks for an upper and a lower bound of the row number.
    for (const line of index) expect(line).toMatch(/VIRTUAL TABLE INDEX \d+:(?=.*<)(?=.*>)/u)
  })
})

describe('a database of the first version', () => {
  test('is brought up to date with everything in it listed, counted and found', async () => {
    const old = await engines.open()
    await old.write('applyNextMigration', { at: 0 })
    await old.write('importWorkspace', sampleOf('1', 30))
    await migrate(old)
    const fresh = await engines.openMigrated()
    await fresh.write('importWorkspace', sampleOf('1', 30))
    const asks = inboxFilters.map((filter) => ({ ...page, limit: 100, reader: '1', filter, order: { by: 'title', descending: false } as const }))
    const [before, after] = await Promise.all([old, fresh].map(async (engine) => {
      const store = createSqliteConversations(engine)
      const pages = await Promise.all(asks.map((ask) => store.conversations(ask)))
      return pages.map(({ rows, total }) => [rows.map(({ conversation: { id } }) => id), total])
    }))
    expect(before).toEqual(after)
    expect(before?.[0]?.[1]).toBe(30)
    expect(before?.[9]?.[1]).toBe(30)
  })
})

describe('a total', () => {
  test('of a search is exact up to a bound, and beyond it always more than has been shown', async () => {
    const engine = await engines.openMigrated()
    await engine.write('importWorkspace', sampleOf('1', countedMatches + 50))
    const store = createSqliteConversations(engine)
    const search = (offset: number) =>
      store.conversations({ workspace: '1', reader: '1', filter: { search: 'hello' }, order: { by: 'updatedAt', descending: true }, offset, limit: 10 })
    const totals = await Promise.all([0, countedMatches, countedMatches + 30, countedMatches + 40, 10_000].map(async (offset) => (await search(offset)).total))
    expect(totals).toEqual([200, 211, 241, 250, 250])
    expect(countedRows).toBe(10_000)
  })

  test('follows each change in its own transaction, also one that is undone', async () => {
    const engine = await engines.openMigrated()
    await engine.write('importWorkspace', sampleOf('1', 6))
    const totals = async (): Promise<unknown> => engine.read('lists', 'select status, waiting, count from conversation_totals order by status, waiting')
    const start = await totals()
    expect(start).toEqual([{ status: 'active', waiting: 1, count: 3 }, { status: 'closed', waiting: 1, count: 3 }])
    await expect(engine.write('failAfter', { sql: `update conversations set status = 'closed' where id <> ?`, params: ['x'] })).rejects.toThrow('mind')
    expect(await totals()).toEqual(start)
    await engine.write('sql', { sql: `update conversations set unanswered_count = 0 where status = 'closed'` })
    await engine.write('sql', { sql: `delete from conversations where id = ?`, params: ['c0'] })
    expect(await totals()).toEqual([{ status: 'active', waiting: 1, count: 2 }, { status: 'closed', waiting: 0, count: 3 }])
  })
})
