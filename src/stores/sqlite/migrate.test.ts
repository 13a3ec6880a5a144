import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { platform } from 'node:process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { connect } from './database.js'
import { migrate, migrationStatus } from './migrate.js'
import { latestVersion, migrations } from './migrations.js'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createEngines } from './testing/engines.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const all = migrations.map(({ name }) => name)

describe('migrations', () => {
  test('are numbered without gaps, and named after their numbers', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
    for (const { version, name } of migrations) expect(name).toMatch(new RegExp(`^${String(version).padStart(4, '0')}-[a-z-]+$`))
  })

  test('are applied once', async () => {
    const engine = await engines.open()
    expect(await migrationStatus(engine)).toEqual({ applied: [], pending: all })
    expect(await migrate(engine, 1_000)).toEqual({ applied: all })
    expect(await migrate(engine, 2_000)).toEqual({ applied: [] })
    expect(await migrationStatus(engine)).toEqual({
      applied: migrations.map(({ version, name }) => ({ version, name, appliedAt: 1_000 })),
      pending: [],
    })
  })

  test('run on a path too, and keep what is there', async () => {
    const path = await engines.newPath()
    expect(await migrate(path)).toEqual({ applied: all })
    const engine = await engines.open({ path })
    await engine.write('addUser', { user: { id: '1', email: 'a@example.org' }, actor: 'cli', at: 0 })
    await engine.close()
    expect(await migrate(path)).toEqual({ applied: [] })
    expect((await migrationStatus(path)).pending).toEqual([])
    expect(await (await engines.open({ path })).read('lists', 'select id from users')).toEqual([{ id: '1' }])
  })

  test('are each applied by one of three processes that come at once', async () => {
    const path = await engines.newPath()
    const program = `
      import { migrate } from ${JSON.stringify(new URL('./migrate.js', import.meta.url).href)}
      console.log(JSON.stringify((await migrate(${JSON.stringify(path)})).applied))`
    const run = async (): Promise<string> =>
      (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])).stdout.trim()
    const applied = (await Promise.all([run(), run(), run()])).flatMap((line): unknown => JSON.parse(line))
    expect(applied).toHaveLength(all.length)
    expect(new Set(applied)).toEqual(new Set(all))
  })
})

test('the seventh carries the control log over with its numbers, and lets in ended sessions and nothing else that is new', async () => {
  const engine = await engines.open()
  for (let version = 1; version <= 6; version++) await engine.write('applyNextMigration', { at: 0 })
  const rows = [
    { seq: 41, kind: 'user_changed', payload: '{"userId":"7"}', at_ms: 5 },
    { seq: 42, kind: 'revoked', payload: '{"revocation":{"kind":"token","tokenId":"one","until":9}}', at_ms: 6 },
  ]
  const insert = 'insert into control_log (seq, kind, payload, at_ms) values'
  for (const { seq, kind, payload, at_ms } of rows) await engine.write('sql', { sql: `${insert} (?, ?, ?, ?)`, params: [seq, kind, payload, at_ms] })
  await engine.write('sql', { sql: `update counters set value = 42 where name = 'control'` })
  await expect(engine.write('script', `${insert} (43, 'sessions_ended', '{}', 7)`)).rejects.toMatchObject({ name: 'SqliteFailure' })

  expect((await migrate(engine)).applied[0]).toBe('0007-session-ends')
  expect(await engine.read('lists', 'select seq, kind, payload, at_ms from control_log order by seq')).toEqual(rows)
  const log = createSqliteControlLog(engine)
  const end = { id: 'e', subject: { kind: 'session', sessionId: 's' }, endedAt: 7, reader: 'r' } as const
  await log.sessionsEnded(end)
  expect(await log.since(41, 10)).toEqual([
    { seq: 42, kind: 'revoked', revocation: { kind: 'token', tokenId: 'one', until: 9 } },
    { seq: 43, kind: 'sessions_ended', end },
  ])
  await expect(engine.write('script', `${insert} (44, 'else', '{}', 8)`)).rejects.toMatchObject({ name: 'SqliteFailure' })
})

describe('a database that cannot be used', () => {
  test('because it is newer than the program is refused and left alone', async () => {
    const path = await engines.newPath()
    const engine = await engines.openMigrated({ path })
    await engine.write('sql', { sql: `insert into migrations values (?, 'from the future', 0)`, params: [latestVersion + 1] })
    await engine.close()
    const bytes = readFileSync(path)
    await expect(engines.open({ path })).rejects.toMatchObject({
      code: 'ERR_DATABASE_OPEN',
      message:
        `Cannot open the database "${path}": its schema has version ${latestVersion + 1} and this program knows ` +
        `versions up to ${latestVersion}; run the newer program, or put back a backup`,
    })
    await expect(migrate(path)).rejects.toThrow('this program knows versions up to')
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  test.each([
    ['has no list of migrations', 'create table users (name text) strict'],
    ['keeps another list under that name', 'create table migrations (id integer primary key, migration text, batch integer)'],
  ])('because another program made it, which %s, is refused and left alone, down to the mode of its journal', async (_, script) => {
    const path = await engines.newPath()
    const theirs = connect(path, 1_000)
    theirs.exec(script)
    theirs.close()
    const bytes = readFileSync(path)
    const said = `Cannot open the database "${path}": it is the database of another program; name another file`
    await expect(migrate(path)).rejects.toMatchObject({ code: 'ERR_DATABASE_OPEN', message: said })
    await expect(migrationStatus(path)).rejects.toThrow(said)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  test('because its list of migrations has a hole is refused, and the hole is named', async () => {
    const path = await engines.newPath()
    await migrate(path)
    const torn = connect(path, 1_000)
    torn.exec('delete from migrations where version = 2')
    torn.close()
    const said = `Cannot open the database "${path}": its table "migrations" has no row of version 2, so that its schema may be any; put back a backup`
    await expect(migrationStatus(path)).rejects.toMatchObject({ code: 'ERR_DATABASE_OPEN', message: said })
    await expect(migrate(path)).rejects.toThrow(said)
  })

  test.skipIf(platform === 'win32')('because it is a pipe or a device is refused at once', async () => {
    const path = await engines.newPath()
    execFileSync('mkfifo', [path])
    await expect(engines.open({ path })).rejects.toThrow(`Cannot open the database "${path}": it is a pipe or a device; name a file`)
    await expect(engines.open({ path: '/dev/null' })).rejects.toThrow('Cannot open the database "/dev/null": it is a pipe or a device; name a file')
  })

  test('because it is no database is refused and left alone', async () => {
    const path = await engines.newPath()
    writeFileSync(path, 'minutes of the last meeting\n'.repeat(400))
    await expect(engines.open({ path })).rejects.toThrow(
      `Cannot open the database "${path}": the file is not a database, or is damaged; move it away, or put back a backup`,
    )
    expect(readFileSync(path, 'utf8')).toContain('minutes')
  })

  test('because it is a folder is refused', async () => {
    const path = await engines.newPath()
    mkdirSync(path)
    await expect(engines.open({ path })).rejects.toThrow('it is a folder; name a file')
  })

  test('because its folder is a file is refused', async () => {
    const path = await engines.newPath()
    writeFileSync(path, '')
    await expect(engines.open({ path: join(path, 'sallyport.db') })).rejects.toThrow('its folder is a file; name another folder')
  })

  test('because nothing can be made there is refused', async () => {
    await expect(engines.open({ path: '/proc/sallyport/sallyport.db' })).rejects.toThrow('Cannot open the database "/proc/sallyport/sallyport.db": ')
  })
})

test('a new database is made with its folder, and may be read by its owner alone', async () => {
  const path = join(dirname(await engines.newPath()), 'new', 'sallyport.db')
  await engines.openMigrated({ path })
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777, file).toBe(0o600)
})

describe('the schema', () => {
  const openTwoTenants = async () => {
    const engine = await engines.openMigrated()
    await engine.write('script', `
      insert into users (id, email, created_at, updated_at) values ('1', 'a@example.org', 0, 0);
      insert into workspaces (name, created_at, updated_at) values ('one', 0, 0), ('two', 0, 0);
      insert into customers (workspace, created_at, updated_at) values (1, 0, 0), (2, 0, 0);
      insert into tags (workspace, name) values (1, 'one'), (2, 'two');
      insert into conversations (id, workspace, customer, created_at, updated_at) values ('first0', 1, 1, 0, 0);`)
    return engine
  }
  const messages = 'insert into messages (id, conversation, seq, type, author, client_key, content, customer_count, created_at) values'
  const conversations = 'insert into conversations (id, workspace, customer, created_at, updated_at) values'
  const members = 'insert into workspace_members (workspace, user_id, role, created_at, updated_at) values'
  const customers = 'insert into customers (workspace, source, source_id, created_at, updated_at) values'
  const ai = (id: string, seq: number, key: string): string => `('${id}', 'first0', ${seq}, 'AI', 'ai', ${key}, '', 0, 0)`

  test.each([
    ['a conversation with a customer of another workspace', `${conversations} ('x', 1, 2, 0, 0)`],
    ['a customer with a tag of another workspace', 'insert into customer_tags values (1, 1, 2)'],
    ['a conversation with a status that does not exist', `update conversations set status = 'open'`],
    ['a conversation with a priority below zero', 'update conversations set priority = -1'],
    ['a message of a type that does not exist', `${messages} ('m', 'first0', 1, 'bot', 'ai', null, '', 0, 0)`],
    ['a second message with the same number', `${messages} ${ai('m', 1, 'null')}, ${ai('n', 1, 'null')}`],
    ['a second message of one author with the same key', `${messages} ${ai('m', 1, `'k'`)}, ${ai('n', 2, `'k'`)}`],
    ['a member without a user', `${members} (1, 'nobody', 'agent', 0, 0)`],
    ['a member with a role that no member has', `${members} (1, '1', 'customer', 0, 0)`],
    ['a second customer from the same source', `${customers} (1, 'telegram', '5', 0, 0), (1, 'telegram', '5', 0, 0)`],
    ['text where a number belongs', `update customers set created_at = 'today'`],
    ['data that is no JSON', `update customers set data = '{'`],
    ['a user whose e-mail differs only in case', `insert into users (id, email, created_at, updated_at) values ('2', 'A@EXAMPLE.ORG', 0, 0)`],
  ])('refuses %s', async (_what, sql) => {
    const engine = await openTwoTenants()
    await expect(engine.write('script', sql)).rejects.toMatchObject({ name: 'SqliteFailure' })
  })

  test('lets one source id be a customer of two workspaces, and one key be used by two authors', async () => {
    const engine = await openTwoTenants()
    await engine.write('script', `${customers} (1, 'telegram', '5', 0, 0), (2, 'telegram', '5', 0, 0)`)
    await engine.write('script', `${messages} ${ai('m', 1, `'k'`)}, ('n', 'first0', 2, 'support', 'user:1', 'k', '', 0, 0)`)
  })

  test('gives each workspace a counter and an epoch of its own', async () => {
    const engine = await openTwoTenants()
    const rows = await engine.read<{ log_epoch: string; log_offset: number }>('lists', 'select log_epoch, log_offset from workspace_counters')
    expect(rows.map(({ log_offset }) => log_offset)).toEqual([0, 0])
    expect(new Set(rows.map(({ log_epoch }) => log_epoch)).size).toBe(2)
  })

  test.each([
    ['conversations of a workspace by change', 'select id from conversations where workspace = 1 order by updated_at desc, id desc limit 9'],
    ['customers of a workspace by age', 'select id from customers where workspace = 1 order by created_at desc, id desc limit 9'],
    ['messages of a conversation by number', `select id from messages where conversation = 'first0' and seq < 100 order by seq desc limit 50`],
    ['memberships of a user', `select workspace from workspace_members where user_id = '1'`],
    ['a user by id', `select * from users where id = '1'`],
    ['unanswered messages', `select seq from messages where conversation = 'first0' and type = 'customer' and is_answered = 0`],
  ])('finds %s by an index, without a scan or a sort', async (_what, sql) => {
    const engine = await openTwoTenants()
    const plan = await engine.read<{ detail: string }>('lists', `explain query plan ${sql}`)
    for (const { detail } of plan) expect(detail).toMatch(/^SEARCH /)
  })
})
