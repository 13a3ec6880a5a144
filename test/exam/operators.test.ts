import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { knock } from '../server/knock.js'
import { startStage, type Stage } from '../abuse/stage.js'
import { seedFolder, serve, temporaryFolder } from '../server/run-cli.js'
import { testSecret } from '../wire/gate-server.js'

// Group L of the catalogue of attacks: the surface of operators, on a running server. Every route by itself is in src/server/http/internal-app.test.ts.

let stage: Stage
let key = ''
beforeAll(async () => {
  stage = await startStage()
  key = (await readFile(join(stage.server.cwd, '.sallyport', 'operator.key'), 'utf8')).trim()
})
afterAll(async () => {
  await stage.close()
})

const routes: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/api/v1/info'],
  ['GET', '/api/v1/bans'],
  ['POST', '/api/v1/bans'],
  ['DELETE', '/api/v1/bans?userId=1'],
  ['POST', '/api/v1/revocations'],
  ['GET', '/api/v1/sessions'],
  ['DELETE', '/api/v1/sessions?userId=1'],
  ['GET', '/api/v1/users'],
  ['POST', '/api/v1/users'],
  ['PATCH', '/api/v1/users/1'],
  ['GET', '/api/v1/decisions'],
  ['POST', '/api/v1/explanations'],
  ['GET', '/api/v1/nothing'],
]

const ask = (method: string, path: string, headers: Readonly<Record<string, string>> = {}, base = stage.server.internalUrl): Promise<Response> =>
  fetch(`${base}${path}`, { method, headers: { ...(method === 'GET' ? {} : { 'content-type': 'application/json' }), ...headers }, ...(method === 'POST' || method === 'PATCH' ? { body: '{}' } : {}) })

test('L1: neither no key, nor a token of an agent, nor one that was forged opens a route of operators', async () => {
  const agent = await stage.token()
  for (const [method, path] of routes) {
    expect((await ask(method, path)).status, `${method} ${path}`).toBe(401)
    for (const token of [agent, `${agent.slice(0, -6)}AAAAAA`, 'x']) {
      // Wrong keys run out of tries; the right one never does.
      expect([401, 403, 429], `${method} ${path}`).toContain((await ask(method, path, { authorization: `Bearer ${token}` })).status)
    }
  }
  expect((await ask('GET', '/api/v1/info', { authorization: `Bearer ${key}` })).status).toBe(200)
})

test('L2: keys of any length are refused in the same way, and ten wrong ones a minute lock nobody out', async () => {
  for (const wrong of ['', key.slice(0, 1), key.slice(0, -1), `${key}a`, 'x'.repeat(15_000), `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`]) {
    const { status, headers } = await ask('GET', '/api/v1/bans', { authorization: `Bearer ${wrong}` })
    expect([401, 429], wrong.slice(0, 10)).toContain(status)
    if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await ask('GET', '/api/v1/bans', { authorization: `Bearer ${key}` })).status).toBe(200)
})

test('L4: what another site can make a browser send changes nothing, also with the key', async () => {
  const authorization = `Bearer ${key}`
  const body = JSON.stringify({ network: '203.0.113.7', reason: 'forged' })
  for (const headers of [{ 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }, { 'content-type': 'application/json', origin: 'https://evil.example' }, { 'content-type': 'application/json', origin: 'null' }]) {
    const { status } = await fetch(`${stage.server.internalUrl}/api/v1/bans`, { method: 'POST', headers: { authorization, ...headers }, body })
    expect([403, 415]).toContain(status)
  }
  // No reading changes anything, and there is no socket on the internal port.
  for (const path of ['/api/v1/bans?network=203.0.113.7&reason=a', '/api/v1/sessions?userId=1']) await ask('GET', path, { authorization })
  expect(await (await ask('GET', '/api/v1/bans', { authorization })).json()).toMatchObject({ items: [] })
  const answer = await knock(`${stage.server.internalUrl.replace('http', 'ws')}/api/v1/decision-stream`, { origin: 'https://evil.example', headers: { authorization } })
  expect(answer.status).toBe(404)
})

test('L5: every answer of the internal port says how it may be used, and none names the software', async () => {
  for (const path of ['/livez', '/metrics', '/api/v1/info', '/nothing']) {
    const { headers } = await ask('GET', path, { authorization: `Bearer ${key}` })
    for (const directive of ["default-src 'none'", "frame-ancestors 'none'"]) expect(headers.get('content-security-policy'), path).toContain(directive)
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null])
  }
})

/** The first line that is answered to a request with a Host of its own, and perhaps with one in its target. */
const firstLine = (url: string, host: string, absolute = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1', () => socket.write(`GET ${absolute}/api/v1/bans HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n\r\n`))
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('close', () => {
      resolve(text.split('\r\n', 1)[0] ?? '')
    })
    socket.on('error', reject)
  })

test('L6: the internal port is on loopback, answers no other Host, and nothing of it is on the public one', async () => {
  expect(new URL(stage.server.internalUrl).hostname).toBe('127.0.0.1')
  for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.1:4480', 'localhost.evil.example']) expect(await firstLine(stage.server.internalUrl, host)).toMatch(/^HTTP\/1\.1 (?:421|403) /)
  expect(await firstLine(stage.server.internalUrl, 'localhost')).toMatch(/ 200 /)
  // A target in absolute form overrules the Host header.
  expect(await firstLine(stage.server.internalUrl, 'localhost', 'http://evil.example')).toMatch(/ 421 /)
  expect(await firstLine(stage.server.internalUrl, 'localhost', 'http://127.0.0.1')).toMatch(/ 200 /)
  for (const [method, path] of routes.filter(([, each]) => !each.includes('nothing'))) expect([404, 405], `${method} ${path}`).toContain((await ask(method, path, { authorization: `Bearer ${key}` }, stage.server.publicUrl)).status)
})

test('L8: nothing on the public port tells of users, versions or files, and labels of metrics name nobody', async () => {
  const socket = await stage.enter()
  for (const path of ['/metrics', '/healthz', '/.env', '/.git/config', '/debug', '/package.json', '/dist/', '/api/v1/', '/%2e%2e/package.json', '/demo.js.map']) {
    const response = await fetch(`${stage.server.publicUrl}${path}`)
    expect([response.status, path]).toEqual([404, path])
    expect(await response.text()).not.toMatch(/"version"|sqlite|node|sallyport/i)
  }
  expect(await (await fetch(`${stage.server.publicUrl}/readyz`)).json()).toEqual({ status: 'ok' })
  const metrics = await (await fetch(`${stage.server.internalUrl}/metrics`)).text()
  const labels = new Set([...metrics.matchAll(/(\w+)="/g)].map(([, name]) => name))
  for (const label of ['user', 'userId', 'address', 'ip', 'conversation', 'session', 'token']) expect(labels.has(label)).toBe(false)
  expect(metrics).not.toContain('127.0.0.1')
  socket.end()
})

const auditList = z.object({ items: z.array(z.object({ id: z.number(), at: z.number(), actor: z.string(), address: z.string(), action: z.string(), subject: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })) })

test('[E6] [E14] [E17] L9: every action of an operator is written down with who, when, from where, before and after, for good', async () => {
  const { cwd, remove } = await temporaryFolder()
  const env = { SALLYPORT_TOKENS_SECRET: testSecret }
  await seedFolder(cwd)
  let server = await serve(['serve'], cwd, env)
  const own = (await readFile(join(cwd, '.sallyport', 'operator.key'), 'utf8')).trim()
  const call = async (method: string, path: string, body?: object): Promise<Response> =>
    fetch(`${server.internalUrl}/api/v1/${path}`, { method, headers: { authorization: `Bearer ${own}`, 'sallyport-actor': 'grace', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const lines = async (): Promise<z.infer<typeof auditList>['items']> => auditList.parse(await (await call('GET', 'audit?limit=100')).json()).items
  try {
    const from = Date.now()
    const actions: readonly (readonly [string, string, object?])[] = [
      ['POST', 'bans', { network: '203.0.113.7', reason: 'flood', durationMs: 60_000 }],
      ['DELETE', 'bans?network=203.0.113.7'],
      ['POST', 'revocations', { tokenId: 'one' }],
      ['POST', 'revocations', { userId: '2' }],
      ['DELETE', 'sessions?userId=2'],
      ['DELETE', 'sessions/none'],
      ['POST', 'users', { email: 'new@example.test' }],
      ['PATCH', 'users/2', { active: false }],
      ['PATCH', 'users/2', { active: true }],
      ['PUT', 'users/2/password', { password: 'a long enough one' }],
    ]
    for (const [method, path, body] of actions) expect((await call(method, path, body)).ok, `${method} ${path}`).toBe(true)
    const written = await lines()
    expect(written.map(({ action }) => action).toReversed()).toEqual([
      'ban.add', 'ban.lift', 'revocation.add', 'user.raise_epoch', 'revocation.add', 'session.end', 'session.end', 'user.add', 'user.disable', 'user.enable', 'user.password',
    ])
    for (const { at, actor, address } of written) {
      expect([actor, address]).toEqual(['grace', '127.0.0.1'])
      expect(at).toBeGreaterThanOrEqual(from)
      expect(at).toBeLessThanOrEqual(Date.now())
    }
    const byAction = (action: string) => written.find((line) => line.action === action)
    expect(byAction('ban.add')).toMatchObject({ subject: 'network:203.0.113.7', after: { reason: 'flood' } })
    expect(byAction('ban.lift')).toMatchObject({ before: { reason: 'flood' } })
    expect(byAction('user.disable')).toMatchObject({ before: { active: true }, after: { active: false } })
    expect(JSON.stringify(written)).not.toContain('a long enough one')

    // Nothing of it can be taken away or changed: what looks like it is no call at all.
    const first = String(written[0]?.id ?? 0)
    for (const [method, path] of [['DELETE', 'audit'], ['DELETE', `audit/${first}`], ['PATCH', `audit/${first}`], ['PUT', `audit/${first}`], ['POST', 'audit']] as const) {
      expect([404, 405], `${method} ${path}`).toContain((await call(method, path, method === 'DELETE' ? undefined : {})).status)
    }
    expect(await lines()).toEqual(written)
    await server.kill()
    server = await serve(['serve'], cwd, env)
    expect(await lines()).toEqual(written)
  } finally {
    await server.stop()
    await remove()
  }
})

const socketList = z.object({ items: z.array(z.object({ userId: z.string() })) })

test('L11: what would put many out is refused without force, and says how many it would reach', async () => {
  const authorization = `Bearer ${key}`
  const socket = await stage.enter()
  for (const network of ['0.0.0.0/0', '127.0.0.0/8', '::/0', '128.0.0.0/1', '8.0.0.0/15', '2600::/31']) {
    const response = await fetch(`${stage.server.internalUrl}/api/v1/bans`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ network, reason: 'slip of the pen' }) })
    expect([response.status, network]).toEqual([409, network])
  }
  const preview = async (): Promise<unknown> =>
    (await fetch(`${stage.server.internalUrl}/api/v1/ban-previews`, { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify({ network: '127.0.0.0/8' }) })).json()
  // The socket of another test may take a moment to go.
  await expect.poll(preview).toMatchObject({ sockets: 1, users: 1 })
  const sessions = socketList.parse(await (await ask('GET', '/api/v1/sessions', { authorization })).json())
  expect(sessions.items).toHaveLength(1)
  // No route closes every socket at once: a kick names a user or a session.
  expect((await ask('DELETE', '/api/v1/sessions', { authorization })).status).toBe(400)
  expect((await socket.roundTrip()).closeCode).toBeUndefined()
  socket.end()
})
