import { execFile } from 'node:child_process'
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { usersContract } from '../contract/users-contract.js'
import { openPostgresUsers, type PostgresUsers, type PostgresUsersOptions } from './postgres-users.js'

const url = process.env['SALLYPORT_TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const schema = `sallyport_users_${process.pid}`
const django = `select id, is_active, email from ${schema}.accounts_user where id = $1`

const admin = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000 })
const reachable = await admin.query('select 1').then(
  () => true,
  () => false,
)
if (!reachable && process.env['CI'] === undefined) {
  process.stderr.write(
    `Skipped: users of PostgreSQL. Start one (Debian: apt-get install postgresql) so that ${new URL(url).host} answers, or set SALLYPORT_TEST_POSTGRES_URL.\n`,
  )
}

const opened: { close(): Promise<void> | void }[] = []
const open = async (options: Partial<PostgresUsersOptions> = {}): Promise<PostgresUsers> => {
  const users = await openPostgresUsers({ url, query: django, ...options })
  opened.push(users)
  return users
}
const soon = (ms = 5_000): number => Date.now() + ms

const refusalOf = async (work: Promise<unknown>): Promise<StoreUnavailable> => {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (refusal instanceof StoreUnavailable) return refusal
  throw new Error(`Expected StoreUnavailable, got ${String(refusal)}`)
}

/** A server on loopback that does as it is told with each connection. */
const listen = async (accept: (socket: Socket) => void): Promise<{ readonly url: string; readonly connections: () => number }> => {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return { url: `postgres://reader:hunter2@127.0.0.1:${address.port}/test`, connections: () => connections }
}

/** Stands between the client and the real server, and can hold back or break what passes. */
const proxy = async () => {
  const clients = new Set<Socket>()
  const upstreams = new Set<Socket>()
  const server = new URL(url)
  const between = await listen((client) => {
    const upstream = net.connect(Number(server.port || 5432), server.hostname)
    upstream.on('error', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
    clients.add(client)
    upstreams.add(upstream)
  })
  const through = new URL(url)
  through.host = new URL(between.url).host
  return {
    url: through.href,
    fallSilent: () => {
      for (const client of clients) client.unpipe()
    },
    holdAnswers: () => {
      for (const upstream of upstreams) upstream.pause()
    },
    passAnswers: () => {
      for (const upstream of upstreams) upstream.resume()
    },
    breakAll: () => {
      for (const client of clients) client.resetAndDestroy()
    },
  }
}

afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close()
})

// On a machine of a continuous integration a missing server is a failure: the condition is then true and the first query fails.
describe.runIf(reachable || process.env['CI'] !== undefined)('users of an existing PostgreSQL database', () => {
  beforeAll(async () => {
    await admin.query(`
      create schema ${schema};
      create table ${schema}.accounts_user (
        id serial primary key, password varchar(128) not null, last_login timestamptz, is_superuser boolean not null,
        username varchar(150) not null unique, first_name varchar(150) not null, last_name varchar(150) not null,
        email varchar(254) not null, is_staff boolean not null, is_active boolean not null, date_joined timestamptz not null default now());
      insert into ${schema}.accounts_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active) values
        ('pbkdf2_sha256$1', false, 'ada', 'Ada', 'L', 'ada@example.org', true, true),
        ('pbkdf2_sha256$2', false, 'bob', 'Bob', 'M', 'bob@example.org', false, false);
      create table ${schema}.people (id text primary key, active boolean not null, role text, epoch bigint not null default 0);`)
  })
  afterAll(async () => {
    await admin.query(`drop schema ${schema} cascade`)
    await admin.end()
  })

  describe('keep the contract', () => {
    test.each(usersContract)('$name', ({ run }) =>
      run(async () => {
        await admin.query(`truncate ${schema}.people`)
        return {
          users: await open({ query: `select id, active, role, epoch from ${schema}.people where id = $1` }),
          given: async (users) => {
            for (const { id, active, role, epoch } of users)
              await admin.query(`insert into ${schema}.people values ($1, $2, $3, $4)`, [id, active, role ?? null, epoch ?? 0])
          },
        }
      }),
    )
  })

  test('are found in a Django table as it is', async () => {
    const users = await open()
    expect(await users.find('1', soon())).toEqual({ id: '1', active: true, email: 'ada@example.org' })
    expect(await users.find('2', soon())).toEqual({ id: '2', active: false, email: 'bob@example.org' })
    expect(await users.find('3', soon())).toBeUndefined()
  })

  test('an id that does not fit the column is nobody, costs no connection, and is no outage', async () => {
    const session = `select id, is_active, pg_backend_pid()::text as email from ${schema}.accounts_user where id = $1`
    const users = await open({ poolSize: 1, query: session })
    const before = await users.find('1', soon())
    for (let round = 0; round < 3; round++)
      for (const id of ['abc', '', '99999999999999999999', '1e0', '2147483648', '1\0', '\uD800'])
        expect(await users.find(id, soon()), id).toBeUndefined()
    expect(await users.find('1', soon())).toEqual(before)
  })

  test('a session cannot write, whatever the query calls', async () => {
    await admin.query(
      `create or replace function ${schema}.touch(text) returns boolean language sql as
       $$ update ${schema}.accounts_user set last_login = now() where id::text = $1 returning true $$`,
    )
    const users = await open({ query: `select $1::text as id, ${schema}.touch($1) as active` })
    expect((await refusalOf(users.find('1', soon()))).message).toContain('25006')
    expect((await admin.query(`select 1 from ${schema}.accounts_user where last_login is not null`)).rows).toEqual([])
  })

  test('a slow query is given up at the deadline of the caller', async () => {
    const users = await open({ query: 'select $1::text as id, true as active from pg_sleep(5)' })
    const refusal = await refusalOf(users.find('1', soon(50)))
    expect(refusal.store).toBe('users')
  })

  test('a slow query is ended by the server, and the connection serves the next one', async () => {
    const session = `select $1 as id, true as active, pg_backend_pid()::text as email from pg_sleep(case $1 when 'slow' then 5 else 0 end)`
    const users = await open({ poolSize: 1, deadlineMs: 500, query: session })
    const before = await users.find('quick', soon())
    await refusalOf(users.find('slow', soon()))
    expect(await users.find('quick', soon())).toEqual(before)
  })

  test('a wrong query says what is wrong with it, and keeps saying so', async () => {
    const users = await open({ query: 'select id, active from no_such_table where id = $1' })
    for (let time = 0; time < 10; time++) {
      expect((await refusalOf(users.find('1', soon()))).message).toBe(
        'The database of users refused with SQLSTATE 42P01: relation "no_such_table" does not exist.',
      )
    }
  })

  test('a query without an active column lets nobody in', async () => {
    const users = await open({ query: `select id from ${schema}.accounts_user where id = $1` })
    expect((await refusalOf(users.find('1', soon()))).message).toContain('"active" or "is_active"')
  })

  test('connections that break while nobody uses them are replaced', async () => {
    const between = await proxy()
    const users = await open({ url: between.url })
    await Promise.all(Array.from({ length: 8 }, () => users.find('1', soon())))
    between.breakAll()
    // Whoever gets a connection before its end is known is told; nobody ends the process, and soon all is well again.
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => users.find('1', soon())))
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(StoreUnavailable)
    expect(await users.find('1', soon())).toMatchObject({ id: '1' })
  })

  test('a server that falls silent in the middle keeps nobody waiting past the deadline', async () => {
    const between = await proxy()
    const users = await open({ url: between.url, deadlineMs: 1_000, poolSize: 2 })
    await users.find('1', soon())
    between.fallSilent()
    await refusalOf(users.find('1', soon()))
  })

  test('P6: a server whose answers come after the deadline is said to be away and is left alone, until one comes in time', async () => {
    const between = await proxy()
    const told: boolean[] = []
    const users = await open({ url: between.url, deadlineMs: 500, poolSize: 5, told: (reached) => told.push(reached) })
    const five = ['1', '2', '3', '4', '5']
    await Promise.all(five.map((id) => users.find(id, soon())))
    between.holdAnswers()
    await Promise.all(five.map((id) => refusalOf(users.find(id, soon()))))
    between.passAnswers()
    await expect.poll(() => told).toEqual([false])
    expect((await refusalOf(users.find('1', soon()))).message).toContain('not asked again yet')
    await expect.poll(() => users.find('1', soon()).catch(() => undefined), { timeout: 5_000 }).toMatchObject({ id: '1' })
    expect(told).toEqual([false, true])
  })
})

describe('a database of users that is not there', () => {
  test('is no reason not to start, and each look-up says so', async () => {
    const users = await open({ url: 'postgres://reader:hunter2@127.0.0.1:1/test' })
    const refusal = await refusalOf(users.find('1', soon()))
    expect(refusal.message).toBe('The database of users did not answer (ECONNREFUSED).')
  })

  test('never has its password in what is thrown', async () => {
    const { url: closing } = await listen((socket) => socket.destroy())
    const users = await open({ url: closing })
    const refusal = await refusalOf(users.find('1', soon()))
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain('hunter2')
    expect(String(refusal.stack)).not.toContain('hunter2')
  })

  test('that accepts and says nothing keeps nobody waiting, and is left alone after five failures', async () => {
    const silent = await listen(() => {})
    const users = await open({ url: silent.url, deadlineMs: 50, poolSize: 10 })
    let waited = 0
    while (!(await refusalOf(users.find('1', soon()))).message.includes('not asked again yet')) waited += 1
    // The caller's own deadline may come a moment before the fifth failure is known.
    expect(waited).toBeGreaterThanOrEqual(5)
    expect(waited).toBeLessThanOrEqual(7)
    const asked = silent.connections()
    const refusals = await Promise.all(Array.from({ length: 20 }, () => refusalOf(users.find('1', soon()))))
    expect(refusals.filter(({ message }) => message.includes('not asked again yet')).length).toBeGreaterThanOrEqual(19)
    expect(silent.connections()).toBeLessThanOrEqual(asked + 1)
  })

  test('P6: is said to be away once, and once to be back when it answers, be it with a refusal', async () => {
    let speaks = false
    // ErrorResponse of the protocol: severity, SQLSTATE, message; it is the answer to whatever came.
    const refusal = Buffer.from('SERROR\0C42501\0Mno\0\0')
    const length = Buffer.alloc(4)
    length.writeInt32BE(refusal.length + 4)
    const { url: odd } = await listen((socket) => {
      if (speaks) socket.once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, refusal])))
      else socket.destroy()
    })
    const told: boolean[] = []
    const users = await open({ url: odd, told: (reached) => told.push(reached) })
    for (let round = 0; round < 7; round++) await refusalOf(users.find('1', soon()))
    expect(told).toEqual([false])
    speaks = true
    await expect.poll(async () => (await refusalOf(users.find('1', soon()))).message).toContain('SQLSTATE 42501')
    await refusalOf(users.find('1', soon()))
    expect(told).toEqual([false, true])
  })

  test('is not asked when the deadline has passed already', async () => {
    const { url: counted, connections } = await listen(() => {})
    const users = await open({ url: counted })
    await refusalOf(users.find('1', Date.now() - 1))
    expect(connections()).toBe(0)
  })

  test('is not asked after close, and closing twice is closing once', async () => {
    const users = await open({ url: 'postgres://reader@127.0.0.1:1/test' })
    await Promise.all([users.close(), users.close()])
    await refusalOf(users.find('1', soon()))
  })
})

test('without the package pg the error names the line that installs it', async () => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name !== 'pg') return next(name, context)
    throw Object.assign(new Error('Cannot find package pg'), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const program = `
    import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})
    const { openPostgresUsers } = await import(${JSON.stringify(new URL('./postgres-users.js', import.meta.url).href)})
    await openPostgresUsers({ url: 'postgres://reader:hunter2@127.0.0.1:1/app', query: 'select id, active from u where id = $1' }).catch((error) => {
      console.log(error.code + ' ' + error.message)
    })`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout.trim()).toBe('ERR_PEER_MISSING Cannot read users from PostgreSQL as the package "pg" is not installed: run `npm install pg`')
})
