import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RowImports } from '../../dist/conversation/row-import.js'
import { importAll } from '../../dist/server/import/import-rows.js'
import { openOldService } from '../../dist/stores/postgres/open-old-service.js'
import { tableMapping } from '../../dist/stores/postgres/old-tables.js'
import { openSqlite } from '../../dist/stores/sqlite/engine.js'
import { migrate } from '../../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../../dist/stores/sqlite/sqlite-conversations.js'
import { createSqliteRowImports } from '../../dist/stores/sqlite/sqlite-row-imports.js'
import { jsonOf, sallyport } from '../cli/sallyport.js'
import { createOldDatabase } from './old-database.js'

const old = await createOldDatabase(`sallyport_import_${String(process.pid)}`)
const remedy = 'apt-get install postgresql and start it, or set SALLYPORT_TEST_POSTGRES_URL'
afterAll(() => old?.drop())

test.runIf(process.env['CI'] !== undefined)('PostgreSQL is there where nothing may be skipped', () => {
  expect(old, remedy).toBeDefined()
})

const sum = z.object({ rows: z.number(), checksum: z.string().length(32) })
const reported = z.object({
  imported: z.number(),
  tables: z.array(z.object({ table: z.string(), source: sum, target: sum, same: z.boolean() })),
})
const whole = { users: 4, tags: 8, customers: 62, conversations: 123, messages: 4000 }

describe.skipIf(old === undefined)(`an import from the old service (when skipped: ${remedy})`, () => {
  if (old === undefined) return
  let cwd = ''
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'sallyport-import-'))
  })
  afterEach(() => rm(cwd, { recursive: true, force: true }))

  const file = (): string => join(cwd, '.sallyport/sallyport.db')
  const words = (...more: readonly string[]): readonly string[] => ['db', 'import', '--from', old.url, '--json', ...more]
  const runImport = async (...more: readonly string[]) => {
    const { code, stdout, stderr } = await sallyport(words(...more), { cwd })
    return { code, stderr, report: stdout === '' ? undefined : reported.parse(jsonOf(stdout)) }
  }
  const onTarget = async <R>(work: (engine: Awaited<ReturnType<typeof openSqlite>>) => Promise<R>): Promise<R> => {
    const engine = await openSqlite({ path: file() })
    try {
      return await work(engine)
    } finally {
      await engine.close()
    }
  }

  test('brings everything over and says so in counts and checksums; another run changes nothing', async () => {
    const { code, stderr, report } = await runImport()
    expect(stderr).toMatch(/^Importing: \d+ rows, \d+ %$/m)
    expect(report?.tables.filter(({ same }) => !same)).toEqual([])
    expect(code).toBe(0)
    expect(Object.fromEntries(report?.tables.map(({ table, target }) => [table, target.rows]) ?? [])).toEqual(whole)
    const again = await runImport()
    expect(again.code).toBe(0)
    expect(again.report).toEqual({ imported: 0, tables: report?.tables })

    await onTarget(async (engine) => {
      const store = createSqliteConversations(engine)
      expect(await store.membershipsOf('2')).toMatchObject([{ workspace: { id: '2', name: 'omar' }, member: { userId: '2', role: 'owner' } }])
      expect(await engine.read('lists', 'select active from users where id = ?', ['7'])).toEqual([{ active: 0 }])

      // One old customer of two users is two, each with the tags of his own workspace.
      const [first, second] = await Promise.all(['1', '2'].map((user) => store.conversation(user, `share${user}`, user)))
      expect(first?.customer.firstName).toBe('مشتری 1')
      expect(second?.customer.firstName).toBe('مشتری 1')
      expect(first?.customer.id).not.toBe(second?.customer.id)
      expect(first?.customer.data).toEqual({ سن: 1, deep: [1.5, null, 'x'] })
      expect(first?.customer.tags.map(({ name }) => name).toSorted()).toEqual(['Telegram', 'late'])
      expect(first?.customer.tags[0]?.id).not.toBe(second?.customer.tags[0]?.id)
      expect(await store.conversation('2', 'share1', '2')).toBeUndefined()

      // Order, text and times of one conversation against the old database itself.
      const { rows: wanted } = await old.client.query<{ id: string; content: string; micros: string }>(
        `select id, content, (extract(epoch from created_at) * 1000000)::bigint::text as micros from message_message
         where conversation_id = 'c00001' order by created_at, id`,
      )
      const { rows: held } = await store.messages({ workspace: '1', conversation: 'c00001', offset: 0, limit: 500 })
      expect(wanted.length).toBeGreaterThan(30)
      expect(held.map(({ id, content, createdAt }) => ({ id, content, micros: String(Math.round(createdAt * 1_000)) }))).toEqual(wanted)
      expect(held.map(({ seq }) => seq)).toEqual(wanted.map((_, index) => index + 1))
      const unread = await old.client.query<{ count: number }>(
        `select count(*)::int as count from message_message where conversation_id = 'c00001' and type = 'customer' and not is_answered`,
      )
      expect((await store.conversation('1', 'c00001', '1'))?.conversation.unansweredCount).toBe(unread.rows[0]?.count)

      // Texts are found.
      const filter = { search: 'سفارش' }
      const page = await store.conversations({ workspace: '1', reader: '1', filter, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 5 })
      expect(page.rows).toHaveLength(5)
    })
  })

  test('goes on where it was killed, and doubles nothing', async () => {
    // A message whose text cannot be read before the lock is let go: the process is killed while it waits in the middle.
    await old.client.query(`create function hold(text) returns text stable language plpgsql as
      'begin perform pg_advisory_xact_lock_shared(4711); return $1; end'`)
    await old.client.query(`create view held_messages as select id, conversation_id, type, is_answered, message_type, media_file, media_url, transcription,
      processing_status, feedback, feedback_comment, feedback_at, created_at,
      case when conversation_id = 'c00003' then hold(content) else content end as content from message_message`)
    await old.client.query('select pg_advisory_lock(4711)')
    const tables = join(cwd, 'tables.json')
    await writeFile(tables, JSON.stringify({ messages: { table: 'held_messages' } }))
    const main = process.env['SALLYPORT_TEST_MAIN'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    const child = spawn(process.execPath, [main, ...words('--tables', tables)], { cwd, env: { PATH: process.env['PATH'] ?? '' }, stdio: 'ignore' })
    const ended = new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal)))
    await expect.poll(async () => (await old.client.query(`select 1 from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`)).rowCount).toBe(1)
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    await old.client.query('select pg_advisory_unlock(4711)')

    const { code, report } = await runImport('--tables', tables)
    expect(report?.tables.filter(({ same }) => !same)).toEqual([])
    expect(code).toBe(0)
    const all = Object.values(whole).reduce((total, rows) => total + rows)
    expect(report?.imported).toBeGreaterThan(0)
    // Everything of the first user had been taken in before.
    expect(report?.imported).toBeLessThan(all - 1_000)
    expect((await runImport('--tables', tables)).report?.imported).toBe(0)
  })

  test('stopped after any batch, it comes to the same end', async () => {
    const engine = await openSqlite({ path: join(cwd, 'stopped.db') })
    await migrate(engine)
    const target = createSqliteRowImports(engine)
    let left = 0
    const stopping: RowImports = {
      ...target,
      take: async (ask) => {
        if (left === 0) throw new Error('stopped')
        left -= 1
        return target.take(ask)
      },
    }
    let runs = 0
    let imported: number | undefined
    let same: readonly boolean[] = []
    while (imported === undefined && runs < 100) {
      runs += 1
      left = runs
      const source = await openOldService({ url: old.url, mapping: tableMapping({}), batchRows: 37 })
      await importAll(source, stopping, 0, () => undefined).then(
        (report) => {
          ;({ imported } = report)
          same = report.tables.map((table) => table.same)
        },
        (error: unknown) => {
          expect(error).toMatchObject({ message: 'stopped' })
        },
      )
      await source.close()
    }
    expect(same).toEqual([true, true, true, true, true])
    expect(runs).toBeGreaterThan(10)
    await engine.close()
  })

  test('says what differs and ends with 4', async () => {
    await runImport()
    await old.client.query(`update message_message set content = content || '!' where id = 'm08000'`)
    const { code, stderr, report } = await runImport()
    expect(code).toBe(4)
    expect(report?.tables.filter(({ same }) => !same).map(({ table }) => table)).toEqual(['messages'])
    expect(stderr).toContain('Different: messages.')
    await old.client.query(`update message_message set content = left(content, -1) where id = 'm08000'`)
    // A conversation no user has is counted, though nobody can be given it.
    await old.client.query(`insert into message_conversation select 'orphan', null, 1, '', 'active', true, 'unknown', 0, now(), now()`)
    expect((await runImport()).report?.tables.filter(({ same }) => !same).map(({ table }) => table)).toEqual(['conversations'])
    await old.client.query(`delete from message_conversation where id = 'orphan'`)
  })

  test('names table, row and column of what cannot be kept, never its content, and goes on once it is corrected', async () => {
    await old.client.query(`update message_message set type = 'secret words' where id = 'm08000'`)
    const refused = await runImport()
    expect(refused).toMatchObject({ code: 1, report: undefined })
    expect(refused.stderr).toContain('Cannot import message_message, row m08000, column type: it must be one of customer, AI, support, marketing; correct it there')
    expect(refused.stderr).not.toContain('secret words')
    await old.client.query(`update message_message set type = 'customer', created_at = 'infinity' where id = 'm08000'`)
    expect((await runImport()).stderr).toContain('row m08000, column created_at: it must be a time')
    await old.client.query(`update message_message set created_at = '0001-01-01+00' where id = 'm08000'`)
    expect((await runImport()).stderr).toContain('row m08000, column created_at: it must be a time between the years 1685 and 2255')
    await old.client.query(`update message_message set created_at = '2024-09-01+00' where id = 'm08000'`)
    expect(await runImport()).toMatchObject({ code: 0 })
  })

  test('refuses the id of a conversation that no client could open', async () => {
    await old.client.query(`create view dashed as select replace(id, 'c0', 'c-') as id, user_id, customer_id, title, status, is_active, source, priority, created_at, updated_at from message_conversation`)
    const tables = join(cwd, 'tables.json')
    await writeFile(tables, JSON.stringify({ conversations: { table: 'dashed' } }))
    expect((await runImport('--tables', tables)).stderr).toMatch(/^Cannot import dashed, row c-0001, column id: it must be 1 to 64 letters/m)
    await old.client.query('drop view dashed')
  })

  test('refuses a number in the data of a customer that would come out as another', async () => {
    await old.client.query(`update message_customer set data = '{"id": 17841400000000001}' where id = 3`)
    expect((await runImport()).stderr).toContain('row 3, column data: it holds a number that cannot be kept to the last digit; make it a text')
    await old.client.query(`update message_customer set data = null where id = 3`)
    expect(await runImport()).toMatchObject({ code: 0 })
  })

  test('says when it is the import itself that has a name already, and goes on once one of the two rows is corrected', async () => {
    await old.client.query(`update accounts_user set email = 'SARA@old.example' where id = 2`)
    expect((await runImport()).stderr).toContain('Cannot import users, row 2: its email is that of another row of this import, but for capital letters; correct it there')
    await old.client.query(`update accounts_user set email = 'omar@old.example' where id = 2`)
    expect(await runImport()).toMatchObject({ code: 0 })
  })

  // Views have none of the constraints that Django makes.
  test.each([
    [
      'customers',
      `select id, first_name, last_name, username, phone_number, email, description, profile_picture, 'unknown'::varchar as source,
         case when id in (4, 7) then 'same' else source_id end as source_id, data, created_at, updated_at from message_customer`,
      'Cannot import customers, row 7: its source_id is that of another row of this import; correct it there',
    ],
    [
      'messages',
      `select * from message_message union all select * from message_message where id = 'm08000'`,
      'Cannot import messages, row m08000: its id is that of another row of this import; correct it there',
    ],
  ])('names the row of %s that is there twice', async (key, query, sentence) => {
    await old.client.query(`create view twice as ${query}`)
    const tables = join(cwd, 'tables.json')
    await writeFile(tables, JSON.stringify({ [key]: { table: 'twice' } }))
    expect((await runImport('--tables', tables)).stderr).toContain(sentence)
    await old.client.query('drop view twice')
  })

  test('says that a text is not UTF-8, in a database that checks no encoding', async () => {
    const odd = await createOldDatabase(`sallyport_import_odd_${String(process.pid)}`, 'SQL_ASCII')
    await odd?.client.query(String.raw`set client_encoding = 'SQL_ASCII'; update message_customer set first_name = E'\xe9t\xe9' where id = 3`)
    const { code, stderr } = await sallyport(['db', 'import', '--from', odd?.url ?? ''], { cwd })
    await odd?.drop()
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot import: the old database holds text that is not UTF-8 (SQLSTATE 22021); correct it there')])
  })

  test('says which tables and columns it does not find, and takes their names from a file', async () => {
    const tables = join(cwd, 'tables.json')
    const names = async (value: unknown) => {
      await writeFile(tables, JSON.stringify(value))
      return (await runImport('--tables', tables)).stderr
    }
    expect(await names({ users: { table: 'auth_user' } })).toMatch(/relation "auth_user" does not exist.* Name the table auth_user in --tables/)
    expect(await names({ customers: { columns: { username: 'nick' } } })).toContain('message_customer has no nick (name each in "customers" of --tables')
    expect(await names({ customers: { columns: { nick: 'nick' } } })).toContain('"customers" has no column "nick"')
    expect(await names({ messages: { columns: { id: null } } })).toContain('"id" of "messages" cannot be left out')
    expect(await names({ tags: null, users: { columns: { username: null, created_at: null } } })).toContain('both sides are the same')
    expect(await names({})).toContain('was filled from another database, or with other --tables')
  })

  test('leaves a database alone that holds something else under a number of the old service', async () => {
    await sallyport(['db', 'seed'], { cwd })
    const { code, stderr } = await runImport()
    expect(code).toBe(1)
    expect(stderr).toContain('Cannot import users, row 1: its workspace is taken by something that does not come from this import; import into a new database')
  })

  test('says that nobody answers, within its deadline, without the password', async () => {
    const { code, stderr } = await sallyport(['db', 'import', '--from', 'postgres://reader:hunter2@127.0.0.1:1/old'], { cwd })
    expect(code).toBe(1)
    expect(stderr).toBe('Cannot import: the old database did not answer (ECONNREFUSED). Run the import again when it answers: it goes on where it was.\n')
  })
})
