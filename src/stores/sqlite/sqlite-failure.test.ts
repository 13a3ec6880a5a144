import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { errorOf, failureOf, ProcedureFailed, SqliteFailure } from './sqlite-failure.js'

const thrown = (members: object): Error => Object.assign(new Error('as SQLite says it'), members)

describe('what SQLite throws', () => {
  test.each([
    'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_CORRUPT',
    'SQLITE_NOTADB', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_NOMEM', 'SQLITE_INTERRUPT',
  ])('about disk, file or lock is an outage of the store: %s', (code) => {
    const error = errorOf(failureOf(thrown({ code, rawCode: 0 })))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', store: 'sqlite', cause: { code } })
  })

  test.each([
    [773, 'SQLITE_BUSY'],
    [1_544, 'SQLITE_READONLY'],
    [8_202, 'SQLITE_IOERR'],
  ])('with a code the driver has no name for is known by its low byte: %i', (rawCode, code) => {
    const error = errorOf(failureOf(thrown({ code: `UNKNOWN_SQLITE_ERROR_${rawCode}`, rawCode })))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ cause: { code } })
  })

  test.each([
    ['SQLITE_CONSTRAINT_UNIQUE', 2_067, 'SQLITE_CONSTRAINT_UNIQUE'],
    ['SQLITE_ERROR', 1, 'SQLITE_ERROR'],
    ['UNKNOWN_SQLITE_ERROR_3091', 3_091, 'SQLITE_CONSTRAINT'],
  ])('about a statement is no outage: %s', (code, rawCode, known) => {
    const error = errorOf(failureOf(thrown({ code, rawCode })))
    expect(error).toBeInstanceOf(SqliteFailure)
    expect(error).toMatchObject({ code: known })
  })
})

test('what a procedure throws is a fault of ours, and no outage', () => {
  for (const caught of [new RangeError('no'), 'text', undefined]) expect(errorOf(failureOf(caught))).toBeInstanceOf(ProcedureFailed)
})
