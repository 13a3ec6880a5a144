import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Connection } from './database.js'

let db: Connection

beforeEach(() => {
  db = connect(':memory:', 100)
  db.exec('create table things (id integer primary key, name text unique, size real) strict')
})
afterEach(() => db.close())

describe('a connection', () => {
  test('gives back what it was given', () => {
    for (const value of ['', 'ما', '😀', 'x'.repeat(100_000), 0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1.5, -1e300, null]) {
      expect(db.get('select ? as value', [value])).toEqual({ value })
      expect(db.get('select :v as value', { v: value })).toEqual({ value })
    }
  })

  test('binds whole numbers as integers', () => {
    expect(db.get('select typeof(?) as type, ? / 2 as half, json_array(?) as json', [5, 5, 5])).toEqual({ type: 'integer', half: 2, json: '[5]' })
  })

  test.each([true, undefined, 10n, Number.NaN, {}, [1], Symbol('x'), () => 1, new Date(0), new Uint8Array(1)])(
    'refuses a value that the driver would not survive or would change: %s',
    (value) => {
      // @ts-expect-error -- the types refuse these already; a caller from JavaScript must not end the process either
      expect(() => db.get('select ?', [value])).toThrow(TypeError)
      // @ts-expect-error -- the same by name
      expect(() => db.get('select :v', { v: value })).toThrow(TypeError)
    },
  )

  test('refuses text that it could not read back whole', () => {
    expect(() => db.run('insert into things (name) values (?)', ['a\0b'])).toThrow('U+0000')
  })

  test.each([
    ['select ?, ?', [1]],
    ['select ?', [1, 2]],
    ['select ?', { a: 1 }],
    ['select :a', [1]],
    ['select :a, :b', { a: 1 }],
    ['select :a', { a: 1, b: 2 }],
    ['select :a', { b: 1 }],
  ] as const)('refuses values that do not fit the placeholders of %j: %j', (sql, params) => {
    expect(() => db.get(sql, params)).toThrow(TypeError)
  })

  test('finishes a write with returning when only its first row is wanted', () => {
    expect(db.get(`insert into things (name) values ('a'), ('b') returning name`)).toEqual({ name: 'a' })
    expect(db.all('select name from things order by id')).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  test('counts what a statement changed, and refuses to run one that answers rows', () => {
    db.run(`insert into things (name) values ('a'), ('b')`)
    expect(db.run('update things set size = 1').changes).toBe(2)
    expect(() => db.run('select 1')).toThrow('use "all" or "get"')
  })

  test('keeps a statement usable after it failed', () => {
    const add = (name: string): void => void db.run('insert into things (name) values (?)', [name])
    add('a')
    expect(() => add('a')).toThrow(expect.objectContaining({ code: 'SQLITE_CONSTRAINT_UNIQUE' }))
    add('b')
    expect(db.all('select name from things order by id')).toHaveLength(2)
  })

  test('forgets the oldest statements when there are very many', () => {
    for (let index = 0; index < 2_000; index++) expect(db.get(`select ${index} as value`)).toEqual({ value: index })
    expect(db.get('select 0 as value')).toEqual({ value: 0 })
  })
})
