import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { modernBearer, opened, refused } from './knock.js'
import { serve, temporaryFolder, type Serving } from './run-cli.js'

const url = process.env['SALLYPORT_TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const schema = `sallyport_outside_${String(process.pid)}`
const admin = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000 })
const reachable = await admin.query('select 1').then(
  () => true,
  () => false,
)
if (!reachable && process.env['CI'] === undefined) process.stderr.write('Skipped: users of another database. Start a PostgreSQL (Debian: apt-get install postgresql), or set SALLYPORT_TEST_POSTGRES_URL.\n')

const secret = randomBytes(64).toString('base64url')

describe.runIf(reachable || process.env['CI'] !== undefined)('two servers on one database, whose users are in another one', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  const servers: Serving[] = []

  beforeAll(async () => {
    await admin.query(`create schema ${schema}; create table ${schema}.people (id text primary key, active boolean not null); insert into ${schema}.people values ('1', true), ('2', true)`)
    folder = await temporaryFolder()
    const env = { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_USERS_URL: url, SALLYPORT_USERS_QUERY: `select id, active from ${schema}.people where id = $1` }
    for (let count = 0; count < 2; count += 1) servers.push(await serve(['serve'], folder.cwd, env))
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
    await folder.remove()
    await admin.query(`drop schema ${schema} cascade`)
    await admin.end()
  })

  test('[B5] [B6] a user who was disabled there is out on both within a second after one of them was told, and others stay', async () => {
    const tokenOf = (subject: string): Promise<string> => mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs: 600_000, at: Date.now() })
    const [token, other] = [await tokenOf('1'), await tokenOf('2')]
    const enter = (server: Serving | undefined, credential: string) => opened(`${server?.socketUrl ?? ''}/ws/`, modernBearer(credential))
    const [here, there] = servers
    const [first, second, stays] = [await enter(here, token), await enter(there, token), await enter(there, other)]
    await admin.query(`update ${schema}.people set active = false where id = '1'`)
    expect(await here?.run(['user', 'changed', '1'])).toMatchObject({ code: 0, stdout: '1\n' })
    const toldAt = Date.now()
    for (const socket of [first, second]) expect(await socket.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/^token_invalid /) })
    expect(Date.now() - toldAt).toBeLessThan(1_000)
    for (const server of servers) expect(await refused(`${server.socketUrl}/ws/`, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({ status: 401, code: 'token_invalid' })
    await stays.close()
  })
})
