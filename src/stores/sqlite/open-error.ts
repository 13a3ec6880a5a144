import type { OpenFailure } from './messages.js'

/** A database could not be opened; the message names the file and the remedy. */
export class DatabaseNotOpened extends Error {
  readonly code = 'ERR_DATABASE_OPEN'
  override readonly name = 'DatabaseNotOpened'
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist; create it or name another one',
  ENOTDIR: 'its folder is a file; name another folder',
  EISDIR: 'it is a folder; name a file',
  ELOOP: 'a link of its path leads to itself; name another folder',
  EACCES: 'the folder or the file may not be written by this user; change its owner or mode, or name another folder',
  EPERM: 'the folder or the file may not be written by this user; change its owner or mode, or name another folder',
  EROFS: 'the file system is read-only; name a folder that can be written',
  ENOSPC: 'the disk is full; free some space',
  SQLITE_CANTOPEN: 'the file cannot be opened; look at its owner and mode and those of its folder',
  SQLITE_READONLY: 'the file may not be written by this user; change its owner or mode',
  SQLITE_NOTADB: 'the file is not a database, or is damaged; move it away, or put back a backup',
  SQLITE_CORRUPT: 'the file is damaged; put back a backup',
  SQLITE_FULL: 'the disk is full; free some space',
  SQLITE_BUSY: 'another process keeps it locked; stop that process, or wait until it is done',
}

const notOpened = (path: string, sentence: string, cause?: unknown): DatabaseNotOpened =>
  new DatabaseNotOpened(`Cannot open the database "${path}": ${sentence}`, cause === undefined ? undefined : { cause })

const remedyOf = (code: string): string | undefined => Object.entries(remedies).find(([known]) => code.startsWith(known))?.[1]

/** Of a database that was to be removed. */
export const inUse = (path: string): DatabaseNotOpened => new DatabaseNotOpened(`Cannot remove the database "${path}" as another process has it open: stop that process first`)

/** Of a pipe or a device: to open one may wait for ever. */
export const notAFile = (path: string): DatabaseNotOpened => notOpened(path, 'it is a pipe or a device; name a file')

/** Of a database with tables that no migration of ours made. */
const notOurs = (path: string): DatabaseNotOpened => notOpened(path, 'it is the database of another program; name another file')

/** From an error of the file system. */
export const notOpenedByFile = (path: string, error: unknown): DatabaseNotOpened => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown error'
  return notOpened(path, remedyOf(code) ?? `the file system answered ${code}`, error)
}

/** From what a worker said. */
export const notOpenedByWorker = (path: string, failure: OpenFailure): DatabaseNotOpened => {
  switch (failure.kind) {
    case 'newer':
      return notOpened(
        path,
        `its schema has version ${failure.found} and this program knows versions up to ${failure.known}; ` +
          'run the newer program, or put back a backup',
      )
    case 'foreign':
      return notOurs(path)
    case 'gap':
      return notOpened(path, `its table "migrations" has no row of version ${failure.missing}, so that its schema may be any; put back a backup`)
    case 'sqlite':
      return notOpened(path, remedyOf(failure.code) ?? `SQLite answered ${failure.code}`, new Error(failure.message))
    case 'fault':
      return notOpened(path, failure.message)
  }
}
