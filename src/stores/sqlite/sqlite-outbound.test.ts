import { afterEach, describe, test } from 'vitest'
import { outboundContract } from '../contract/outbound-contract.js'
import { openSqlite, type SqliteEngine } from './engine.js'
import { migrate } from './migrate.js'
import { createSqliteConversations } from './sqlite-conversations.js'
import { createSqliteOutbound } from './sqlite-outbound.js'

const open: SqliteEngine[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()))
})

describe('SQLite keeps the contract of outbound messages', () => {
  test.each(outboundContract)('$name', ({ run }) =>
    run(async () => {
      const engine = await openSqlite({ path: ':temporary:', deadlineMs: 15_000 })
      open.push(engine)
      await migrate(engine)
      return { ...createSqliteConversations(engine), ...createSqliteOutbound(engine) }
    }),
  )
})
