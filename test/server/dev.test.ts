import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bearer, knock, modernBearer, opened, refused } from './knock.js'
import { printedTokens, runToEnd, serve, temporaryFolder, type Serving } from './run-cli.js'

const conversationList = z.object({ conversations: z.tuple([z.object({ id: z.string() })], z.unknown()) })

/** Closes the server and the folder, whatever the test did. */
const withDev = async (
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  use: (server: Serving, restart: (more?: readonly string[]) => Promise<Serving>) => Promise<void>,
): Promise<void> => {
  const { cwd, remove } = await temporaryFolder()
  const started: Serving[] = []
  const start = async (more: readonly string[] = []): Promise<Serving> => {
    await started.at(-1)?.stop()
    const server = await serve(['dev', ...words, ...more], cwd, env)
    started.push(server)
    return server
  }
  try {
    await use(await start(), start)
  } finally {
    await started.at(-1)?.stop()
    await remove()
  }
}

const firstConversation = async (server: Serving, options: Parameters<typeof opened>[1]): Promise<string> => {
  const socket = await opened(`${server.socketUrl}/ws/conversations/`, options)
  expect((await socket.next()).type).toBe('connection_established')
  const [first] = conversationList.parse(await socket.next()).conversations
  await socket.close()
  return first.id
}

test('a second start on the same folder keeps users, tokens, conversations and bans; --reset begins anew', async () => {
  await withDev([], { SALLYPORT_LOG_LEVEL: 'error' }, async (first, restart) => {
    const [token = '', second = ''] = printedTokens(first)
    const conversation = await firstConversation(first, bearer(token))
    expect((await first.run(['ban', 'add', '--user', '2'])).code).toBe(0)
    expect((await first.run(['user', 'add', '--email', 'lena@example.com'])).code).toBe(0)
    expect((await first.stop()).code).toBe(0)

    const again = await restart()
    // A token printed before is still good, as the secret stays in the folder.
    expect(await firstConversation(again, bearer(token))).toBe(conversation)
    expect(await refused(`${again.socketUrl}/ws/`, bearer(second))).toMatchObject({ status: 403, code: 'user_banned' })
    expect((await again.run(['user', 'list'])).stdout).toContain('lena@example.com')

    // Another one beside it may not take the file away from under it.
    const beside = await runToEnd(['dev', '--reset'], again.cwd)
    expect(beside.code).toBe(1)
    expect(beside.stderr).toContain('another process has it open: stop that process first')
    expect((await again.run(['user', 'list'])).stdout).toContain('lena@example.com')

    const anew = await restart(['--reset'])
    expect((await anew.run(['user', 'list'])).stdout).not.toContain('lena@example.com')
    expect((await anew.run(['--json', 'ban', 'list'])).stdout).toContain('"items":[]')
    await (await opened(`${anew.socketUrl}/ws/`, bearer(second))).close()
  })
})

describe('a running dev', () => {
  let server: Serving
  let remove: () => Promise<void>
  let token = ''

  beforeAll(async () => {
    const folder = await temporaryFolder()
    remove = folder.remove
    server = await serve(['dev'], folder.cwd, { SALLYPORT_LOG_LEVEL: 'error' })
    token = printedTokens(server)[0] ?? ''
  })
  afterAll(async () => {
    await server.stop()
    await remove()
  })

  test('refuses bad and missing tokens like production', async () => {
    expect(await refused(`${server.socketUrl}/ws/customers/`)).toMatchObject({ status: 401, code: 'token_missing' })
    expect(await refused(`${server.socketUrl}/ws/customers/`, bearer(`${token.slice(0, -4)}AAAA`))).toMatchObject({ status: 401, code: 'token_invalid' })
    expect(await refused(`${server.socketUrl}/ws/customers/?token=nonsense`)).toMatchObject({ status: 401, code: 'token_invalid' })
  })

  test('serves loopback Hosts and its own Origin only, good token or not', async () => {
    const url = `${server.socketUrl}/ws/`
    const foreignHost = { headers: { ...bearer(token).headers, host: 'evil.example' } }
    expect(await refused(url, foreignHost)).toMatchObject({ status: 421, code: 'bad_request' })
    expect(await refused(url, { ...bearer(token), origin: 'https://evil.example' })).toMatchObject({ status: 403, code: 'origin_refused' })
    await (await opened(url, { ...bearer(token), origin: server.publicUrl })).close()
    await (await opened(url.replace('127.0.0.1', 'localhost'), { ...bearer(token), headers: { ...bearer(token).headers, host: new URL(url).host } })).close()
  })

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])('refuses a request that carries %s, as it came through a proxy', async (name) => {
    const value = name === 'forwarded' ? 'for=192.0.2.1' : '192.0.2.1'
    expect(await refused(`${server.socketUrl}/ws/`, { headers: { ...bearer(token).headers, [name]: value } })).toMatchObject({ status: 400 })
  })

  test('answers health on both ports and says development in health and metrics', async () => {
    for (const url of [server.publicUrl, server.internalUrl]) {
      const live = await fetch(`${url}/livez`)
      expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }])
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
    }
    expect(await (await fetch(`${server.internalUrl}/readyz`)).json()).toMatchObject({ ready: true, mode: 'development', draining: false })
    const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
    expect(metrics).toMatch(/^sallyport_development 1$/m)
    expect(metrics).not.toContain('eyJ')
    expect((await fetch(`${server.publicUrl}/metrics`)).status).toBe(404)
  })
})

test('--as lets in a missing and an invalid token as that user, in the classic words, and nothing is an ERROR', async () => {
  await withDev(['--as', 'sara@example.com'], { SALLYPORT_LOG_FORMAT: 'classic', SALLYPORT_LOG_LEVEL: 'debug' }, async (server) => {
    expect(server.stderr()).toContain('everybody is let in as sara@example.com')
    const [token = ''] = printedTokens(server)
    const broken = `${token.slice(0, -8)}AAAAAAAA`
    const conversation = await firstConversation(server, {})
    const paths = ['/ws/', '/ws/customers/', '/ws/conversations/', `/ws/chat/${conversation}/`, '/ws/customers', '/ws/conversations', `/ws/chat/${conversation}`]
    for (const path of paths) {
      for (const options of [{}, bearer(broken), bearer(token)]) {
        const socket = await opened(`${server.socketUrl}${path}`, options)
        expect(await socket.next()).toMatchObject({ type: 'connection_established' })
        await socket.close()
      }
      const modern = await opened(`${server.socketUrl}${path}`, modernBearer(broken))
      expect(await modern.next()).toMatchObject({ type: 'welcome' })
      await modern.close()
    }
    const notJwt = await opened(`${server.socketUrl}/ws/?token=nonsense`)
    const listed = await server.run(['--json', 'sessions', 'list', '--user', '1'])
    expect(listed.stdout).toMatch(/"development":true/)
    await notJwt.close()

    const { code, stdout } = await server.stop()
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    const at = lines.indexOf('message.middleware.websocket_auth DEBUG    Token validation failed for token: eyJhbGciOiJIUzUxMiIs...')
    expect(at).toBeGreaterThan(-1)
    expect(lines[at + 1]).toBe('message.middleware.websocket_auth DEBUG    Development mode: Allowing connection with invalid token')
    const missing = lines.indexOf('message.middleware.websocket_auth DEBUG    No authentication token provided for WebSocket')
    expect(lines[missing + 1]).toBe('message.middleware.websocket_auth DEBUG    Development mode: Allowing connection without token')
    expect(lines).toContain('message.middleware.websocket_auth DEBUG    Token validation failed for token: <not a JWT>')
    expect(lines).toContain('message.middleware.websocket_auth DEBUG    WebSocket authenticated for user: 1')
    expect(lines.filter((line) => /^\S+ +ERROR/.test(line))).toEqual([])
    for (const segment of token.split('.').slice(1)) expect(stdout).not.toContain(segment.slice(0, 12))
  })
})

test('--as somebody who is not there, or is disabled, is one line and exit 1', async () => {
  const { cwd, remove } = await temporaryFolder()
  try {
    for (const email of ['nobody@example.com', 'paul@example.com']) {
      const { code, stdout, stderr } = await runToEnd(['dev', '--as', email], cwd)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^Cannot let \S+ stand in as there is no active user with this e-mail: .*\n$/)
    }
  } finally {
    await remove()
  }
})

test('NODE_ENV=production and a public bind are refused before anything is made', async () => {
  const { cwd, remove } = await temporaryFolder()
  try {
    const production = await runToEnd(['dev'], cwd, { NODE_ENV: 'production' })
    expect(production.code).toBe(1)
    expect(production.stderr).toMatch(/NODE_ENV=production.*`sallyport serve`/)
    const publicBind = await runToEnd(['dev'], cwd, { SALLYPORT_LISTEN_HOST: '0.0.0.0' })
    expect(publicBind.code).toBe(1)
    expect(publicBind.stderr).toContain('SALLYPORT_LISTEN_HOST')
    for (const { stderr } of [production, publicBind]) expect(stderr).not.toMatch(/^ +at /m)
  } finally {
    await remove()
  }
})

test('a taken port is one line with the remedy and exit 1, on either port, and leaves the first server alone', async () => {
  const { cwd, remove } = await temporaryFolder()
  const other = await temporaryFolder()
  const first = await serve(['dev'], cwd, { SALLYPORT_LOG_LEVEL: 'error' })
  try {
    const taken = { SALLYPORT_LISTEN_PORT: first.publicUrl, SALLYPORT_INTERNAL_PORT: first.internalUrl }
    for (const [key, url] of Object.entries(taken)) {
      const { code, stdout, stderr } = await runToEnd(['dev'], other.cwd, { [key]: new URL(url).port, SALLYPORT_LOG_LEVEL: 'error' })
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^Cannot listen on 127\.0\.0\.1:\d+ as the port is taken: stop the other process, or choose another with .*\n$/)
      expect(stderr).toContain(key)
    }
    expect((await fetch(`${first.internalUrl}/readyz`)).status).toBe(200)
  } finally {
    await first.stop()
    await remove()
    await other.remove()
  }
})

test('SIGTERM closes live sockets with 1012, tells sallyport.v1 first, refuses new ones, and exits 0', async () => {
  await withDev([], { SALLYPORT_LOG_LEVEL: 'error' }, async (server) => {
    const [token = ''] = printedTokens(server)
    const classic = await opened(`${server.socketUrl}/ws/customers/`, bearer(token))
    expect(await classic.next()).toMatchObject({ type: 'connection_established' })
    expect(await classic.next()).toMatchObject({ type: 'customers_list' })
    const modern = await opened(`${server.socketUrl}/ws/`, modernBearer(token))
    expect(await modern.next()).toMatchObject({ type: 'welcome' })

    const ending = server.stop()
    expect(await modern.next()).toMatchObject({ type: 'session.closing' })
    expect((await modern.closed).code).toBe(1012)
    expect(modern.waiting()).toBe(0)
    expect((await classic.closed).code).toBe(1012)
    expect(classic.waiting()).toBe(0)
    expect((await ending).code).toBe(0)
    await expect(knock(`${server.socketUrl}/ws/`, bearer(token))).rejects.toThrow(/ECONNREFUSED/)
  })
})
