import { StoreUnavailable } from '../../admission/store-unavailable.js'
import type { Failure } from './messages.js'

/** SQLite refused a statement; the cause of a `StoreUnavailable`, or thrown itself when the statement is at fault. */
export class SqliteFailure extends Error {
  override readonly name = 'SqliteFailure'
  /** Result code of SQLite, extended where it has one, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** A procedure threw or a value did not fit a statement: a fault of ours, never the client's. */
export class ProcedureFailed extends Error {
  readonly code = 'ERR_STORE_PROCEDURE'
  override readonly name = 'ProcedureFailed'
}

// The state of disk, file or lock, not of the statement. Extended codes begin with the base code.
const unavailable: readonly (readonly [code: string, sentence: string])[] = [
  ['SQLITE_BUSY', 'Another process holds the write lock of the database.'],
  ['SQLITE_LOCKED', 'Another connection holds a lock on the database.'],
  ['SQLITE_FULL', 'The disk that holds the database is full.'],
  ['SQLITE_IOERR', 'The disk that holds the database failed.'],
  ['SQLITE_NOMEM', 'The database ran out of memory.'],
  ['SQLITE_CANTOPEN', 'The database file cannot be opened.'],
  ['SQLITE_CORRUPT', 'The database file is damaged.'],
  ['SQLITE_NOTADB', 'The file is not a database.'],
  ['SQLITE_READONLY', 'The database file cannot be written.'],
  ['SQLITE_PERM', 'The database file may not be used.'],
  ['SQLITE_PROTOCOL', 'The lock of the database could not be agreed on.'],
  ['SQLITE_INTERRUPT', 'The statement was interrupted.'],
]

/** The error a caller sees for one failed ask. */
export const errorOf = (failure: Failure): Error => {
  switch (failure.kind) {
    case 'late':
      return new StoreUnavailable('sqlite', 'The database did not get to the call before its deadline.')
    case 'given_up':
      return new StoreUnavailable('sqlite', `The database gave up a search that took longer than ${String(failure.afterMs)} ms.`)
    case 'fault':
      return new ProcedureFailed(failure.message)
    case 'sqlite': {
      const cause = new SqliteFailure(failure.code, failure.message)
      const row = unavailable.find(([base]) => failure.code.startsWith(base))
      return row === undefined ? cause : new StoreUnavailable('sqlite', row[1], cause)
    }
  }
}

// The primary result codes, which are the low byte of every extended one (sqlite.org/rescode.html). The driver has no names for the newer
// extended codes, such as SQLITE_READONLY_DIRECTORY.
const primary: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  17: 'SQLITE_SCHEMA',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  26: 'SQLITE_NOTADB',
}

const codeOf = (error: Error): string | undefined => {
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_')) return error.code
  return 'rawCode' in error && typeof error.rawCode === 'number' ? (primary[error.rawCode & 0xff] ?? 'SQLITE_ERROR') : undefined
}

/** What a worker tells of something it caught. */
export const failureOf = (caught: unknown): Exclude<Failure, { kind: 'late' | 'given_up' }> => {
  if (!(caught instanceof Error)) return { kind: 'fault', message: 'Something other than an error was thrown' }
  const code = codeOf(caught)
  if (code === undefined) return { kind: 'fault', message: `${caught.name}: ${caught.message}` }
  return { kind: 'sqlite', code, message: caught.message }
}
