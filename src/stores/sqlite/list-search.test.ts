import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Order } from '../../conversation/filter.js'
import type { ConversationOrderBy } from '../../conversation/filter.js'
import { connect, type Connection } from './database.js'
import { searchList, type ListSearch, type Way } from './list-search.js'
import { conversationListSearch } from './list-statements.js'
import { migrations } from './migrations.js'
import { importWorkspace } from './procedures/conversations-import.js'
import { recentConversations } from './search-conditions.js'
import { errorOf } from './sqlite-failure.js'
import { sampleOf } from './testing/small-workspace.js'

let db: Connection

beforeEach(() => {
  db = connect(':memory:', 100)
  for (const { script } of migrations) db.exec(script)
})
afterEach(() => db.close())

const newestFirst: Order<ConversationOrderBy> = { by: 'updatedAt', descending: true }

const searchFor = (text: string, rest: object = {}): ListSearch => {
  const search = conversationListSearch(1, { workspace: '1', reader: '1', filter: { search: text }, order: newestFirst, offset: 0, limit: 10, ...rest })
  if (search === undefined) throw new Error('Nothing is looked for')
  return search
}

const never = (): boolean => false

describe('a search', () => {
  test('finds the same, in the same order, whichever way it goes', () => {
    importWorkspace(db, sampleOf('1', 1_200))
    for (const text of ['hello', 'hello 11', 'zanzibar']) {
      for (const order of [newestFirst, { by: 'title', descending: false } as const]) {
        for (const rest of [{}, { offset: 190 }, { following: { at: 900, id: 'c900' } }]) {
          const search = searchFor(text, { order, ...rest })
          const found = (['few', 'many', 'most'] as const).map((way: Way) => searchList(db, { ...search, way }, never))
          expect(found[1], text).toEqual(found[0])
          expect(found[2], text).toEqual(found[0])
        }
      }
    }
    expect(searchList(db, searchFor('hello 1199'), never)).toEqual({ ids: ['c1199'], total: 1 })
  })

  test('that takes too long is given up after a step, and its caller hears that the store did not answer', () => {
    importWorkspace(db, sampleOf('1', 1_200))
    // Every conversation holds these pieces, and none of them the text.
    const search = { ...searchFor('hello'), matches: searchFor('goodbye').matches }
    let looks = 0
    expect(searchList(db, search, () => (looks += 1) > 3)).toBeUndefined()
    expect(looks).toBe(4)
    expect(searchList(db, search, never)).toEqual({ ids: [], total: 0 })
    expect(errorOf({ kind: 'given_up', afterMs: 1_000 })).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', message: expect.stringContaining('1000 ms') })
  })

  test('for one or two letters looks in the conversations that changed last, 700 of them, and for three in all', () => {
    importWorkspace(db, sampleOf('1', recentConversations + 2))
    // `c1` is the second oldest; what it says it shares with the tenth newest.
    db.run(`update messages set search_text = 'qx qxy' where conversation in ('c1', ?)`, [`c${String(recentConversations - 8)}`])
    expect(recentConversations).toBe(700)
    expect(searchList(db, searchFor('qx'), never)?.ids).toEqual(['c692'])
    expect(searchList(db, searchFor('qxy'), never)?.ids).toEqual(['c692', 'c1'])
    db.run('update conversations set updated_at = 9000000000 where id = ?', ['c1'])
    expect(searchList(db, searchFor('qx'), never)?.ids).toEqual(['c1', 'c692'])
  })
})
