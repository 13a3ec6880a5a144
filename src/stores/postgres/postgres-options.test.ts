import { describe, expect, test } from 'vitest'
import { openPostgresUsers } from './postgres-users.js'
import { sessionUrl } from './session-url.js'
import { userQuery } from './user-query.js'

const url = 'postgres://reader:hunter2@127.0.0.1:5432/app'
const query = 'select id, is_active from accounts_user where id = $1'

describe('the address of a database of users', () => {
  test('asks for sessions that cannot write and statements that end', () => {
    expect(new URL(sessionUrl(url, 250)).searchParams.get('options')).toBe('-c default_transaction_read_only=on -c statement_timeout=250')
  })

  test('asks so after what the address asks for itself, which the server reads first', () => {
    const own = `${url}?sslmode=disable&options=-c%20search_path%3Dlegacy%20-c%20default_transaction_read_only%3Doff&statement_timeout=0`
    const { searchParams } = new URL(sessionUrl(own, 250))
    expect(searchParams.get('sslmode')).toBe('disable')
    expect(searchParams.get('statement_timeout')).toBe(null)
    expect(searchParams.get('options')).toBe(
      '-c search_path=legacy -c default_transaction_read_only=off -c default_transaction_read_only=on -c statement_timeout=250',
    )
  })

  test.each(['', 'not an address hunter2', 'mysql://root:hunter2@127.0.0.1/app', 'postgres://reader:hunter2@127.0.0.1:port/app'])(
    'is refused without being repeated when it is none: %#',
    async (wrong) => {
      const refusal = await openPostgresUsers({ url: wrong, query }).then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(refusal).toBeInstanceOf(TypeError)
      expect(String(refusal)).toMatch(/^TypeError: Cannot create users of PostgreSQL as "url" must /)
      expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal)) + String(refusal)).not.toContain('hunter2')
    },
  )
})

describe('the query of a database of users', () => {
  test.each([query, `${query};`, `  ${query} ;\n`, 'WITH u AS (select 1) SELECT id, active FROM u WHERE id::text = $1 or name = $1'])(
    'is one SELECT with $1: %s',
    (good) => expect(userQuery(good)).toBe(good.trim().replace(/\s*;$/, '')),
  )

  test.each([
    '',
    'delete from accounts_user where id = $1',
    'select id from accounts_user',
    'select id from accounts_user where id = $1 and kind = $2',
    'select id from accounts_user where id = $2',
    'select id from accounts_user where id = $1; drop table accounts_user',
  ])('is refused when it is anything else: %j', async (bad) => {
    await expect(openPostgresUsers({ url, query: bad })).rejects.toThrow(/^Cannot create users of PostgreSQL as "query" must /)
  })
})

test.each([{ deadlineMs: 0 }, { deadlineMs: 1.5 }, { poolSize: 0 }, { poolSize: -1 }])('numbers out of range are refused: %j', async (wrong) => {
  await expect(openPostgresUsers({ url, query, ...wrong })).rejects.toThrow(RangeError)
})
