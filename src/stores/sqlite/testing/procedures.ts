import type { Database } from '../database.js'
import { procedures as production } from '../procedures.js'
import type { SqlParams } from '../sql-value.js'

/** What tests make the writer do besides: hold still, fail, die. */
export const procedures = {
  ...production,
  /** Any statement, for rows that no procedure makes yet. */
  sql: (db: Database, { sql, params = [] }: { readonly sql: string; readonly params?: SqlParams }): readonly unknown[] => db.all(sql, params),
  script: (db: Database, script: string): void => {
    db.exec(script)
  },
  /** Says in `gate[0]` that it has begun, then keeps the writer until somebody sets `gate[1]`. */
  hold: (_db: Database, gate: Int32Array): void => {
    Atomics.store(gate, 0, 1)
    Atomics.wait(gate, 1, 0)
  },
  /** Writes, then fails. */
  failAfter: (db: Database, { sql, params }: { readonly sql: string; readonly params: SqlParams }): void => {
    db.run(sql, params)
    throw new RangeError('the procedure changed its mind')
  },
  /** Writes, then ends the worker without a word. */
  dieAfter: (db: Database, { sql, params }: { readonly sql: string; readonly params: SqlParams }): void => {
    db.run(sql, params)
    process.exit(9)
  },
  asynchronous: async (db: Database): Promise<void> => {
    db.run(`insert into counters (name, value) values ('asynchronous', 1)`)
    await Promise.resolve()
  },
} as const
