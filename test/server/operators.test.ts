import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { readOperatorKey } from '../../dist/server/operator-key.js'
import { knock } from './knock.js'
import { runToEnd, seedFolder, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

const env: Environment = {
  SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('base64url'),
  SALLYPORT_REFUSALS: 'http',
  SALLYPORT_TRUSTED_PROXIES: '10.0.0.0/24',
  SALLYPORT_BANS_ALLOW: '198.51.100.0/28',
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '10',
  SALLYPORT_LIMITS_ADDRESS_BUDGET_REFILL_PER_SECOND: '0.1',
  // More than the owner calls in this file, and nothing comes back meanwhile.
  SALLYPORT_INTERNAL_OPERATOR_BUDGET_CAPACITY: '1500',
  SALLYPORT_INTERNAL_OPERATOR_BUDGET_REFILL_PER_SECOND: '0.1',
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving
let key = ''

beforeAll(async () => {
  folder = await temporaryFolder()
  await seedFolder(folder.cwd)
  server = await serve(['serve'], folder.cwd, env)
  key = (await readOperatorKey(join(folder.cwd, '.sallyport'))) ?? ''
})

afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const call = async (method: string, path: string, body?: object, by = key): Promise<{ readonly status: number; readonly body: unknown }> => {
  const headers = { Authorization: `Bearer ${by}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }
  const response = await fetch(`${server.internalUrl}/api/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}

const auditPage = z.object({ items: z.array(z.object({ id: z.number(), at: z.number(), actor: z.string(), address: z.string().optional(), action: z.string(), subject: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })), next: z.number().optional() })
const audit = async (query = ''): Promise<z.infer<typeof auditPage>['items']> => auditPage.parse((await call('GET', `audit?${query}`)).body).items
const undo = (id: number, body: object = {}) => call('POST', `audit/${String(id)}/undo`, body)
const newest = async () => (await audit('limit=1'))[0] ?? { id: 0, action: '', subject: '' }

test('[E6] every change has a line with who, what, when, before and after, newest first and in parts', async () => {
  const since = (await newest()).id
  await call('POST', 'bans', { network: '203.0.113.7', reason: 'flood' })
  await call('DELETE', 'bans?network=203.0.113.7')
  await call('POST', 'ban-imports', { bans: [{ userId: 'spammer', expiresAt: null }] })
  await call('POST', 'revocations', { userId: '9' })
  await call('PATCH', 'users/2', { active: false })
  await call('PATCH', 'users/2', { active: true })
  await call('DELETE', 'sessions?userId=2')
  const lines = (await audit('limit=50')).filter(({ id }) => id > since)
  expect(lines.map(({ action, subject, actor }) => [action, subject, actor])).toEqual([
    ['session.end', 'user:2', 'operator'],
    ['user.enable', 'user:2', 'operator'],
    ['user.disable', 'user:2', 'operator'],
    ['revocation.add', 'user:9', 'operator'],
    ['ban.add', 'user:spammer', 'operator'],
    ['ban.lift', 'network:203.0.113.7', 'operator'],
    ['ban.add', 'network:203.0.113.7', 'operator'],
  ])
  expect(new Set(lines.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']))
  expect(lines[2]).toMatchObject({ before: { id: '2', active: true }, after: { id: '2', active: false } })
  expect(lines[6]).toMatchObject({ after: { reason: 'flood', source: 'manual' } })
  expect((await audit('action=ban.add&subject=user:spammer')).map(({ id }) => id)).toEqual([lines[4]?.id])
  const [first, second] = await audit('limit=2')
  expect((await audit(`limit=1&before=${String(first?.id)}`))[0]).toEqual(second)
})

test('[E14] the line has the address the connection came from, whatever a header says, and none where nobody connected', async () => {
  const from = (localAddress: string, network: string) =>
    new Promise((resolve, reject) => {
      const headers = { 'Authorization': `Bearer ${key}`, 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.99', 'Forwarded': 'for=203.0.113.99' }
      request(`${server.internalUrl}/api/v1/bans`, { method: 'POST', headers, localAddress, agent: false }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end(JSON.stringify({ network }))
    })
  await from('127.0.0.3', '203.0.113.80')
  expect(await audit('subject=network:203.0.113.80')).toMatchObject([{ action: 'ban.add', actor: 'operator', address: '127.0.0.3' }])

  // The port of nobody: the command works on the database.
  const offline = await runToEnd(['ban', 'add', '203.0.113.81', '--hours', '1'], folder.cwd, { ...env, SALLYPORT_INTERNAL_PORT: '1' })
  expect(offline.code).toBe(0)
  const [line] = await audit('subject=network:203.0.113.81')
  expect(line).toMatchObject({ actor: 'cli' })
  expect(line).not.toHaveProperty('address')
})

test('[E7] a ban, a lift and a change of a user are taken back, each once, and by a line of its own', async () => {
  await call('POST', 'bans', { network: '203.0.113.9', reason: 'noise', durationMs: 3_600_000 })
  const added = await newest()
  expect((await undo(added.id)).body).toMatchObject({ action: 'ban.add', subject: 'network:203.0.113.9' })
  expect((await audit('limit=2')).map(({ action, subject }) => [action, subject])).toEqual([['undo', `audit:${String(added.id)}`], ['ban.lift', 'network:203.0.113.9']])
  expect((await undo(added.id)).body).toMatchObject({ status: 409, code: 'undo_impossible', title: 'This ban is not in force any more.' })
  const [, lifted] = await audit('limit=2')
  expect((await undo(lifted?.id ?? 0)).status).toBe(200)
  const bans = z.object({ items: z.array(z.object({ subject: z.unknown(), reason: z.string() })) }).parse((await call('GET', 'bans')).body).items
  expect(bans.filter(({ reason }) => reason === 'noise')).toMatchObject([{ subject: { kind: 'network', network: '203.0.113.9' } }])
  expect((await undo(lifted?.id ?? 0)).body).toMatchObject({ title: 'Its subject has been banned again meanwhile.' })

  await call('PATCH', 'users/3', { active: false })
  const disabled = await newest()
  expect((await undo(disabled.id)).status).toBe(200)
  expect((await undo(disabled.id)).body).toMatchObject({ title: 'This user has been enabled meanwhile.' })
})

test('[E7] what nothing takes back says so, and other bans of a subject are not lifted along', async () => {
  await call('POST', 'revocations', { userId: '9' })
  expect((await undo((await newest()).id)).body).toMatchObject({ code: 'undo_impossible', title: 'A revocation is never taken back: its holder logs in again.' })
  await call('POST', 'bans', { userId: 'twice', reason: 'one' })
  const one = await newest()
  await call('POST', 'bans', { userId: 'twice', reason: 'two' })
  expect((await undo(one.id)).body).toMatchObject({ code: 'undo_impossible', title: expect.stringMatching(/^Other bans of the same subject/) })
  expect((await undo(999_999)).status).toBe(404)
})

test('[E8] no sequence of changes that nobody forced locks an operator, a proxy or an allowed network out', async () => {
  const own = '203.0.113.200'
  const networks = ['0.0.0.0/0', '::/0', '127.0.0.1', '127.0.0.0/8', '::1', '10.0.0.7', '10.0.0.0/8', '198.51.100.3', '198.51.100.0/24', own, '203.0.113.0/24', '203.0.113.201', '203.0.0.0/8', '2001:db8::/32']
  const network = fc.constantFrom(...networks)
  const action = fc.oneof(
    network.map((each) => () => call('POST', 'bans', { network: each, ownAddress: own })),
    network.map((each) => () => call('DELETE', `bans?network=${encodeURIComponent(each)}`)),
    fc.array(network, { minLength: 1, maxLength: 4 }).map((many) => () => call('POST', 'ban-imports', { ownAddress: own, bans: many.map((each) => ({ network: each, expiresAt: null })) })),
    fc.constantFrom('1', '2', 'operator', 'cli').map((userId) => () => call('POST', 'bans', { userId })),
    fc.constantFrom('1', '2').chain((id) => fc.boolean().map((active) => () => call('PATCH', `users/${id}`, { active }))),
    fc.constantFrom('1', '2', 'operator').map((userId) => () => call('POST', 'revocations', { userId })),
    fc.integer({ min: 0, max: 12 }).map((back) => async () => undo((await newest()).id - back, { ownAddress: own })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 8 }), async (actions) => {
      for (const act of actions) expect((await act()).status).toBeLessThan(500)
      for (const address of ['127.0.0.1', '::1', '10.0.0.7', '198.51.100.3', own]) {
        const explained = z.object({ reason: z.string().optional() }).parse((await call('POST', 'explanations', { path: '/ws/', address })).body)
        expect(explained.reason, address).not.toBe('address_banned')
      }
      expect((await call('GET', 'info')).status).toBe(200)
    }),
    { numRuns: 25 },
  )
})

test('[E9] while the gate refuses everything, every call of an operator is answered', async () => {
  const refused = Promise.all(Array.from({ length: 200 }, async (_, index) => (await knock(`${server.socketUrl}/ws/`, { headers: { authorization: `Bearer forged-${String(index)}` } })).status))
  const answered = await Promise.all(Array.from({ length: 50 }, async () => (await call('GET', 'bans?limit=1')).status))
  expect(new Set(answered)).toEqual(new Set([200]))
  expect((await refused).filter((status) => status === 429).length).toBeGreaterThan(150)
  expect((await call('POST', 'bans', { userId: 'in-the-storm' })).status).toBe(201)
})

test('[E6] the command line lists the log and takes back a line of it', async () => {
  await call('POST', 'bans', { userId: 'by-cli', reason: 'x' })
  const { id } = await newest()
  const listed = await server.run(['audit', '--count', '1'])
  expect(listed.stdout).toMatch(new RegExp(`^${String(id)} .*operator +127\\.0\\.0\\.1 +ban.add +user:by-cli\\n$`))
  const undone = await server.run(['undo', String(id)])
  expect(undone).toMatchObject({ code: 0, stdout: 'ban.add user:by-cli\n' })
  expect((await audit('limit=2')).map(({ action, actor }) => [action, actor])).toEqual([['undo', 'cli'], ['ban.lift', 'cli']])
})

/** A new key that the server knows, which is within a second. */
const addOperator = async (name: string, role: string): Promise<string> => {
  const made = (await server.run(['operator', 'add', name, '--role', role])).stdout.trim()
  await expect.poll(async () => (await call('GET', 'info', undefined, made)).status, { interval: 1_000 }).toBe(200)
  return made
}

test('[E10] [E11] each operator has a key of his own that reaches as far as his role, and stands in the log by his name', async () => {
  const viewer = await addOperator('vera', 'viewer')
  const moderator = await addOperator('mona@example', 'moderator')
  const admin = await addOperator('ada', 'admin')
  const asks = [
    ['GET', 'decisions', undefined],
    ['POST', 'explanations', { path: '/ws/', address: '203.0.113.7' }],
    ['POST', 'bans', { userId: 'by-role' }],
    ['DELETE', 'sessions/none', undefined],
    ['PATCH', 'users/1', { active: true }],
    ['POST', 'audit/999999/undo', {}],
  ] as const
  const statuses = async (by: string): Promise<readonly number[]> => {
    const seen: number[] = []
    for (const [method, path, body] of asks) seen.push((await call(method, path, body, by)).status)
    return seen
  }
  expect(await statuses(viewer)).toEqual([200, 200, 403, 403, 403, 403])
  expect(await statuses(moderator)).toEqual([200, 200, 201, 200, 403, 403])
  expect(await statuses(admin)).toEqual([200, 200, 201, 200, 200, 404])
  expect((await call('POST', 'bans', { userId: 'x' }, viewer)).body).toMatchObject({ code: 'role_too_low', title: 'This needs the role moderator; this key has viewer.' })
  expect((await audit('limit=4&action=ban.add')).map(({ actor }) => actor)).toEqual(expect.arrayContaining(['ada', 'mona@example']))

  expect((await server.run(['operator', 'list'])).stdout).toMatch(/^vera +viewer .*\nmona@example +moderator .*\nada +admin /)
  expect(await server.run(['operator', 'remove', 'ada'])).toMatchObject({ code: 0, stdout: 'ada\n' })
  await expect.poll(async () => (await call('GET', 'info', undefined, admin)).status, { interval: 500 }).toBe(401)
  expect((await call('GET', 'info')).status).toBe(200)
})

test('[E15] the command line uses the key of a named operator from a file: he reads, is told what a ban needs, and never works around the server', async () => {
  const viewer = await addOperator('reader', 'viewer')
  const file = join(folder.cwd, 'reader.key')
  await writeFile(file, `${viewer}\n`, { mode: 0o600 })
  const read = await server.run(['--operator-key-file', file, 'ban', 'list'])
  expect(read.code).toBe(0)

  const since = (await newest()).id
  const refused = 'This needs the role moderator; this key has viewer. Whoever owns the folder of the server makes a key of that role: `sallyport operator add <name> --role <role>`.'
  const byFlag = await server.run(['ban', 'add', '203.0.113.90', '--operator-key-file', file])
  expect(byFlag).toMatchObject({ code: 1, stdout: '' })
  expect(byFlag.stderr).toContain(refused)
  const port = new URL(server.internalUrl).port
  const byEnvironment = await runToEnd(['ban', 'add', '203.0.113.90'], folder.cwd, { ...env, SALLYPORT_INTERNAL_PORT: port, SALLYPORT_OPERATOR_KEY_FILE: file })
  expect(byEnvironment.stderr).toContain(refused)
  const away = await runToEnd(['ban', 'add', '203.0.113.90'], folder.cwd, { ...env, SALLYPORT_INTERNAL_PORT: '1', SALLYPORT_OPERATOR_KEY_FILE: file })
  expect(away).toMatchObject({ code: 5, stdout: '' })
  expect(away.stderr).toContain('leave the key of a named operator out')
  expect((await newest()).id).toBe(since)

  const moderator = join(folder.cwd, 'moderator.key')
  await writeFile(moderator, await addOperator('mod', 'moderator'))
  // The flag is stronger than the environment.
  const banned = await runToEnd(['--operator-key-file', moderator, 'ban', 'add', '203.0.113.90'], folder.cwd, { ...env, SALLYPORT_INTERNAL_PORT: port, SALLYPORT_OPERATOR_KEY_FILE: file })
  expect(banned.code).toBe(0)
  expect(await newest()).toMatchObject({ action: 'ban.add', actor: 'mod', address: '127.0.0.1' })

  // No key stands in a command line, which every process of the machine can read, and what is no key is refused by the name of its setting.
  await writeFile(file, 'something else')
  const bad = await server.run(['--operator-key-file', file, 'ban', 'list'])
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--operator-key-file \S+ holds no key: it must be the 43 characters/) })
  const badSetting = await runToEnd(['ban', 'list'], folder.cwd, { ...env, SALLYPORT_INTERNAL_PORT: port, SALLYPORT_OPERATOR_KEY_FILE: file })
  expect(badSetting).toMatchObject({ code: 1, stderr: expect.stringContaining('SALLYPORT_OPERATOR_KEY_FILE (environment)') })
  expect(bad.stderr + badSetting.stderr).not.toContain('something else')
})

test('[E16] L7: a stream of decisions ends when the key it was opened with is taken away, and others go on', async () => {
  const leaver = await addOperator('leaver', 'viewer')
  const open = async (by: string): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
    const response = await fetch(`${server.internalUrl}/api/v1/decision-stream`, { headers: { Authorization: `Bearer ${by}` } })
    if (response.body === null) throw new Error('No stream')
    return response.body.getReader()
  }
  const [theirs, ours] = [await open(leaver), await open(key)]
  for (const stream of [theirs, ours]) expect((await stream.read()).done).toBe(false)
  expect((await server.run(['operator', 'remove', 'leaver'])).code).toBe(0)
  for (let read = await theirs.read(); !read.done; read = await theirs.read());
  await knock(`${server.socketUrl}/ws/`)
  expect((await ours.read()).done).toBe(false)
  await ours.cancel()
})

test('[E12] a script of one operator that runs wild is told to wait, while others and the command line go on', async () => {
  const wild = await addOperator('wild', 'viewer')
  const lane = async (): Promise<readonly number[]> => {
    const seen: number[] = []
    while (seen.length < 60) seen.push((await call('GET', 'info', undefined, wild)).status)
    return seen
  }
  const statuses = (await Promise.all(Array.from({ length: 40 }, lane))).flat()
  expect(new Set(statuses)).toEqual(new Set([200, 429]))
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1_490)
  expect((await call('GET', 'info')).status).toBe(200)
  expect((await server.run(['ban', 'list'])).code).toBe(0)
})
