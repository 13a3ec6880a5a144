import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { samplePassword } from '../../dist/server/login/sample-passwords.js'
import { bearer, opened, refused } from './knock.js'
import { runToEnd, serve, temporaryFolder, type Serving } from './run-cli.js'

const pair = z.object({ accessToken: z.string(), expiresAt: z.number(), refreshToken: z.string(), refreshExpiresAt: z.number(), sessionId: z.string(), userId: z.string() })
type Pair = z.infer<typeof pair>

const secret = 'a-login-secret-of-more-than-sixty-four-bytes-'.padEnd(80, 'k2Wd')
const wide = { SALLYPORT_LOGIN_ADDRESS_BUDGET_CAPACITY: '100000', SALLYPORT_LOGIN_ACCOUNT_BUDGET_CAPACITY: '100000' }
const password = 'correct horse battery'

const post = (server: Serving, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${server.publicUrl}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const login = async (server: Serving, identifier: string, secretText = password): Promise<Pair> => {
  const response = await post(server, 'login', { identifier, password: secretText })
  expect(response.status).toBe(200)
  return pair.parse(await response.json())
}

describe('a server with users of its own', () => {
  let server: Serving
  let cwd = ''
  let remove: () => Promise<void>
  const env = { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_ORIGINS: 'https://app.example', SALLYPORT_REFUSALS: 'http', ...wide }

  beforeAll(async () => {
    const folder = await temporaryFolder()
    ;({ cwd, remove } = folder)
    server = await serve(['serve'], cwd, env)
    for (const [name, id] of [['ada', '7'], ['bob', '8'], ['eve', '9']] as const) {
      const added = await server.run(['user', 'add', '--email', `${name}@example.com`, '--id', id, '--password', '-'], `${password}\n`)
      expect(added, added.stderr).toMatchObject({ code: 0 })
    }
    expect((await server.run(['user', 'disable', '9'])).code).toBe(0)
    expect((await server.run(['user', 'add', '--email', 'none@example.com', '--id', '10'])).code).toBe(0)
  })
  afterAll(async () => {
    await server.stop()
    await remove()
  })

  test('[G1] a log-in gives a short access token that opens sockets, and names session, user and epoch', async () => {
    const tokens = await login(server, 'Ada@example.com')
    expect(tokens).toMatchObject({ userId: '7' })
    const life = tokens.expiresAt - Date.now()
    expect(life).toBeGreaterThan(590_000)
    expect(life).toBeLessThanOrEqual(600_000)
    const claims: unknown = JSON.parse(Buffer.from(tokens.accessToken.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ sub: '7', sid: tokens.sessionId, epoch: 1, jti: expect.any(String) })
    await (await opened(`${server.socketUrl}/ws/`, bearer(tokens.accessToken))).close()
  })

  test('[G2] unknown, disabled, without a password and wrong are one answer, to the byte', async () => {
    const answers = await Promise.all(
      [['ada@example.com', 'wrong password'], ['nobody@example.com', password], ['eve@example.com', password], ['none@example.com', password], ["' or 1=1 --", password]].map(
        async ([identifier = '', text = '']) => {
          const response = await post(server, 'login', { identifier, password: text })
          const headers = [...response.headers].filter(([name]) => name !== 'date')
          return JSON.stringify([response.status, headers, await response.text()])
        },
      ),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toMatch(/^\[401,.*login_refused/)
    expect(answers[0]).toContain('no-store')
  })

  test('[G5] a refresh token used twice ends the session, and its live socket within a second', async () => {
    const first = await login(server, 'ada@example.com')
    const socket = await opened(`${server.socketUrl}/ws/`, bearer(first.accessToken))
    const second = pair.parse(await (await post(server, 'refresh', { refreshToken: first.refreshToken })).json())
    expect(second).toMatchObject({ sessionId: first.sessionId, userId: '7' })
    await (await opened(`${server.socketUrl}/ws/`, bearer(second.accessToken))).close()

    const startedAt = performance.now()
    expect((await post(server, 'refresh', { refreshToken: first.refreshToken })).status).toBe(401)
    expect(await socket.closed).toMatchObject({ code: 4001 })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect((await post(server, 'refresh', { refreshToken: second.refreshToken })).status).toBe(401)
    for (const { accessToken } of [first, second]) expect(await refused(`${server.socketUrl}/ws/`, bearer(accessToken))).toMatchObject({ status: 401, code: 'token_revoked' })
  })

  test.each(['refresh token', 'access token'])('[G9] B9 K6: a log-out by the %s closes the live socket within a second, and nothing of the session is good any more', async (by) => {
    const tokens = await login(server, 'ada@example.com')
    const other = await login(server, 'ada@example.com')
    const socket = await opened(`${server.socketUrl}/ws/`, bearer(tokens.accessToken))
    const untouched = await opened(`${server.socketUrl}/ws/`, bearer(other.accessToken))
    const startedAt = performance.now()
    const response =
      by === 'refresh token'
        ? await post(server, 'logout', { refreshToken: tokens.refreshToken })
        : await post(server, 'logout', {}, { authorization: `Bearer ${tokens.accessToken}` })
    expect(response.status).toBe(204)
    expect(response.headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"')
    expect(await socket.closed).toMatchObject({ code: 4001 })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(await refused(`${server.socketUrl}/ws/`, bearer(tokens.accessToken))).toMatchObject({ code: 'token_revoked' })
    expect((await post(server, 'refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    // Another session of the same user goes on.
    expect((await untouched.close()).code).toBe(1000)
    expect((await post(server, 'refresh', { refreshToken: other.refreshToken })).status).toBe(200)
  })

  test('[G7] K6: a new password and a disabled user end sessions and sockets', async () => {
    for (const words of [['user', 'password', '8', '-'], ['user', 'disable', '8']]) {
      const tokens = await login(server, 'bob@example.com')
      const socket = await opened(`${server.socketUrl}/ws/`, bearer(tokens.accessToken))
      const done = await server.run(words, words.includes('-') ? password : undefined)
      expect(done, done.stderr).toMatchObject({ code: 0 })
      expect(done.stderr).toContain('1 socket closed')
      expect((await socket.closed).code).toBe(4001)
      expect((await post(server, 'refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
    }
    expect((await server.run(['user', 'enable', '8'])).code).toBe(0)
  })

  test('[G10] pages of listed Origins only, JSON only, small bodies only', async () => {
    const body = { identifier: 'ada@example.com', password: 'wrong password' }
    const listed = await post(server, 'login', body, { origin: 'https://app.example' })
    expect(listed.status).toBe(401)
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(listed.headers.has('access-control-allow-credentials')).toBe(false)
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example', 'http://app.example']) {
      const response = await post(server, 'login', body, { origin })
      expect(response.status, origin).toBe(403)
      expect(response.headers.has('access-control-allow-origin')).toBe(false)
    }
    expect((await post(server, 'login', body, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) expect((await post(server, 'login', body, { 'content-type': type })).status, type).toBe(415)
    expect((await post(server, 'login', { ...body, password: 'x'.repeat(20_000) })).status).toBe(413)
    for (const bad of ['{', 'null', '[]', {}, { identifier: 'a' }, { ...body, more: 1 }, { ...body, identifier: ['a'] }]) expect((await post(server, 'login', bad)).status).toBe(400)
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${server.publicUrl}/api/v1/login`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })
    expect((await preflight('https://app.example')).status).toBe(204)
    expect((await preflight('https://evil.example')).status).toBe(403)
    expect((await fetch(`${server.publicUrl}/api/v1/login`)).status).toBe(405)
    expect((await post(server, 'logout', {})).status).toBe(401)
  })

  test('[G6] refresh tokens survive a restart, and only their digests are in the database', async () => {
    const { refreshToken } = await login(server, 'ada@example.com')
    await server.stop()
    server = await serve(['serve'], cwd, env)
    const response = await post(server, 'refresh', { refreshToken })
    expect(response.status).toBe(200)
    const { readFile } = await import('node:fs/promises')
    const bytes = await Promise.all(['sallyport.db', 'sallyport.db-wal'].map((name) => readFile(`${cwd}/.sallyport/${name}`).catch(() => Buffer.alloc(0))))
    for (const each of bytes) {
      expect(each.includes(refreshToken.slice(-43))).toBe(false)
      expect(each.includes(password)).toBe(false)
    }
  })

  test('a password is never an argument, and one that is too short changes nothing', async () => {
    const short = await server.run(['user', 'password', '7', '-'], 'short')
    expect(short).toMatchObject({ code: 2, stderr: 'A password has 12 to 256 characters.\n' })
    expect((await server.run(['user', 'add', '--email', 'new@example.com', '--password', '-'], 'short')).code).toBe(2)
    expect((await server.run(['user', 'list'])).stdout).not.toContain('new@example.com')
    await login(server, 'ada@example.com')
  })
})

test('[G3] a wrong password too often is 429 with a wait, for an unknown account as for a known one', async () => {
  const { cwd, remove } = await temporaryFolder()
  const server = await serve(['dev'], cwd, { SALLYPORT_LOGIN_ACCOUNT_BUDGET_CAPACITY: '20' })
  try {
    for (const identifier of ['sara@example.com', 'nobody@example.com']) {
      const statuses: number[] = []
      for (let count = 0; count < 3; count += 1) statuses.push((await post(server, 'login', { identifier, password: 'wrong password' })).status)
      expect(statuses, identifier).toEqual([401, 401, 429])
    }
    const limited = await post(server, 'login', { identifier: 'sara@example.com', password: samplePassword })
    expect(limited.status).toBe(429)
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await limited.json()).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) })
  } finally {
    await server.stop()
    await remove()
  }
})

test('[G11] sample users log in by the printed password in dev, and never in serve on the same folder', async () => {
  const { cwd, remove } = await temporaryFolder()
  const dev = await serve(['dev'], cwd)
  try {
    expect(dev.stderr()).toContain(samplePassword)
    const tokens = await login(dev, 'sara', samplePassword)
    await (await opened(`${dev.socketUrl}/ws/`, bearer(tokens.accessToken))).close()
    expect((await post(dev, 'login', { identifier: 'paul@example.com', password: samplePassword })).status).toBe(401)
    await dev.stop()
    const server = await serve(['serve'], cwd, { SALLYPORT_TOKENS_SECRET: secret })
    try {
      expect((await post(server, 'login', { identifier: 'sara', password: samplePassword })).status).toBe(401)
    } finally {
      await server.stop()
    }
  } finally {
    await dev.stop()
    await remove()
  }
})

test('[G12] where log-in is off the calls are 404, and where nobody can sign an explicit yes refuses to start', async () => {
  const { cwd, remove } = await temporaryFolder()
  try {
    const server = await serve(['serve'], cwd, { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_LOGIN_ENABLED: 'false' })
    try {
      for (const path of ['login', 'refresh', 'logout']) expect((await post(server, path, {})).status, path).toBe(404)
    } finally {
      await server.stop()
    }
    const { publicKey } = generateKeyPairSync('ed25519', { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
    const foreign = { SALLYPORT_TOKENS_ALGORITHMS: 'EdDSA', SALLYPORT_TOKENS_KEYS: JSON.stringify([{ publicKey }]) }
    const refusal = await runToEnd(['serve'], cwd, { ...foreign, SALLYPORT_LOGIN_ENABLED: 'true' })
    expect(refusal.code).toBe(1)
    expect(refusal.stderr).toMatch(/SALLYPORT_LOGIN_ENABLED.*needs a secret to sign with/)
    const silent = await serve(['serve'], cwd, foreign)
    try {
      expect((await post(silent, 'login', {})).status).toBe(404)
    } finally {
      await silent.stop()
    }
  } finally {
    await remove()
  }
})
