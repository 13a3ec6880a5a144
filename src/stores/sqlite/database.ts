import Libsql from 'libsql'
import { type Placeholders, placeholdersOf } from './placeholders.js'
import type { SqlParams, SqlValue } from './sql-value.js'

/**
 * One connection as procedures see it. Everything is synchronous, so it exists only inside worker threads.
 *
 * Statements are prepared once per SQL text and kept (512 of them), so write SQL as constants and never paste values into it.
 */
export interface Database {
  /**
   * All rows of a statement. The statement runs to its end, also one with `returning`.
   *
   * @throws SqliteError with a `code` such as `SQLITE_CONSTRAINT_UNIQUE`; TypeError when values and placeholders don't fit.
   */
  all<Row>(sql: string, params?: SqlParams): readonly Row[]
  /** The first row, `undefined` when there is none. */
  get<Row>(sql: string, params?: SqlParams): Row | undefined
  /** Runs a statement without rows; a statement with `returning` belongs into `all` or `get`. */
  run(sql: string, params?: SqlParams): { readonly changes: number }
  /** Runs a script of several statements without values. For migrations; never inside it `begin`, `commit` or `rollback`. */
  exec(script: string): void
}

/** What the worker itself may do besides. */
export interface Connection extends Database {
  readonly inTransaction: boolean
  close(): void
}

interface Prepared {
  readonly statement: Libsql.Statement
  /** Names of the columns; undefined for a statement that answers no rows. */
  readonly columns: readonly string[] | undefined
  readonly placeholders: Placeholders
}

type Bound = string | number | bigint | null

const maxStatements = 512

const bound = (value: SqlValue | undefined, at: number | string): Bound => {
  if (value === null) return null
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new TypeError(`Cannot bind value ${at} as text must not hold U+0000`)
    return value
  }
  // A plain number would be bound as a real, which turns `? / 2` into 2.5 and json_array(?) into [5.0].
  if (typeof value === 'number' && !Number.isNaN(value)) return Number.isSafeInteger(value) ? BigInt(value) : value
  // Anything else must not reach the driver: a boolean there aborts the whole process.
  throw new TypeError(`Cannot bind value ${at} as it must be text, a number or null: its type is ${typeof value}`)
}

const isPositional = (params: SqlParams): params is readonly SqlValue[] => Array.isArray(params)

const bind = (params: SqlParams, wanted: Placeholders): Bound[] | Record<string, Bound> => {
  if (isPositional(params)) {
    if (params.length !== wanted.positions || wanted.names.length > 0) {
      throw new TypeError(`Cannot bind ${params.length} values to ${wanted.positions} positions and ${wanted.names.length} names`)
    }
    return params.map((value, index) => bound(value, index + 1))
  }
  if (wanted.positions > 0 || Object.keys(params).length !== wanted.names.length) {
    const given = Object.keys(params).join(', ')
    throw new TypeError(`Cannot bind the names ${given} to ${wanted.positions} positions and the names ${wanted.names.join(', ')}`)
  }
  return Object.fromEntries(wanted.names.map((name) => [name, bound(params[name], `"${name}"`)]))
}

const rowOf = (columns: readonly string[], values: unknown): Readonly<Record<string, unknown>> => {
  const row: Record<string, unknown> = {}
  if (Array.isArray(values)) for (const [index, column] of columns.entries()) row[column] = values[index]
  return row
}

/** Opens a connection. Only for worker threads: every call blocks its thread. */
export const connect = (path: string, busyTimeoutMs: number): Connection => {
  const driver = new Libsql(path, { timeout: busyTimeoutMs })
  const statements = new Map<string, Prepared>()

  const prepare = (sql: string): Prepared => {
    const kept = statements.get(sql)
    if (kept !== undefined) return kept
    const statement = driver.prepare(sql)
    // Rows as lists: objects of the driver's own making take it twice as long.
    const columns = statement.reader ? statement.raw(true).columns().map(({ name }) => name) : undefined
    const prepared: Prepared = { statement, columns, placeholders: placeholdersOf(sql) }
    const oldest = statements.size >= maxStatements ? statements.keys().next() : undefined
    if (oldest?.done === false) statements.delete(oldest.value)
    statements.set(sql, prepared)
    return prepared
  }

  const all = <Row>(sql: string, params: SqlParams = []): readonly Row[] => {
    const { statement, columns = [], placeholders } = prepare(sql)
    // The row type is the caller's word about his own SQL; the schema is strict, so columns have the types they are declared with.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row type is the caller's word about his SQL
    return statement.all(bind(params, placeholders)).map((values) => rowOf(columns, values)) as readonly Row[]
  }

  return {
    all,
    // Not the driver's `get`, which stops at the first row and leaves a write with `returning` unfinished.
    get: <Row>(sql: string, params: SqlParams = []) => all<Row>(sql, params)[0],
    run: (sql, params = []) => {
      const { statement, columns, placeholders } = prepare(sql)
      if (columns !== undefined) throw new TypeError('Cannot run a statement that answers rows: use "all" or "get"')
      return { changes: statement.run(bind(params, placeholders)).changes }
    },
    exec: (script) => {
      driver.exec(script)
    },
    get inTransaction() {
      return driver.inTransaction
    },
    close: () => {
      statements.clear()
      driver.close()
    },
  }
}
