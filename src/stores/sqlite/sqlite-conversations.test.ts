import { afterEach, describe, test } from 'vitest'
import { conversationsContract } from '../contract/conversations-contract.js'
import { openSqlite, type SqliteEngine } from './engine.js'
import { migrate } from './migrate.js'
import { createSqliteConversations } from './sqlite-conversations.js'

const open: SqliteEngine[] = []

afterEach(async () => {
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
