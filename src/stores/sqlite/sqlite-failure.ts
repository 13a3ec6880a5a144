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

/** Whether a result code speaks of the store's state, so that the same call may succeed later. */
export const isUnavailable = (code: string): boolean => unavailable.some(([base]) => code.startsWith(base))

/** The error a caller sees for one failed ask. */
export const errorOf = (failure: Failure): Error => {
  switch (failure.kind) {
    case 'late':
      return new StoreUnavailable('sqlite', 'The database did not get to the call before its deadline.')
    case 'fault':
      return new ProcedureFailed(failure.message)
    case 'sqlite': {
      const cause = new SqliteFailure(failure.code, failure.message)
      const row = unavailable.find(([base]) => failure.code.startsWith(base))
      return row === undefined ? cause : new StoreUnavailable('sqlite', row[1], cause)
    }
  }
}

/** What a worker tells of something it caught. */
export const failureOf = (caught: unknown): Exclude<Failure, { kind: 'late' }> => {
  if (!(caught instanceof Error)) return { kind: 'fault', message: 'Something other than an error was thrown' }
  if ('code' in caught && typeof caught.code === 'string' && caught.code.startsWith('SQLITE_')) {
    return { kind: 'sqlite', code: caught.code, message: caught.message }
  }
  return { kind: 'fault', message: `${caught.name}: ${caught.message}` }
}
