import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { containing, freePort, jsonOf, matching, sallyport, startServer, type Folder, type Running } from './sallyport.js'

let cwd = ''
let folder: Folder = { cwd }
let server: Running
let internalUrl = ''
let tokens: readonly string[] = []

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sallyport-server-'))
  const port = await freePort()
  internalUrl = `http://127.0.0.1:${port}`
  folder = { cwd, env: { SALLYPORT_INTERNAL_PORT: String(port), SALLYPORT_LOG_LEVEL: 'error' } }
  server = await startServer(['dev', '--port', '0'], folder)
  tokens = [...server.stderr().matchAll(/^ +(eyJ\S+)$/gm)].map((match) => match[1] ?? '')
})
afterAll(async () => {
  server.signal('SIGTERM')
  await server.ended
  await rm(cwd, { recursive: true, force: true })
})

const socketUrl = (): string => `${server.url.replace('http', 'ws')}/ws/`

const connect = (token: string): WebSocket => new WebSocket(socketUrl(), ['sallyport.v1', `sallyport.bearer.${token}`])

const opened = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })

const closed = (socket: WebSocket): Promise<{ readonly code: number; readonly reason: string }> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() })
    })
  })

const problem = z.object({ code: z.string(), decisionId: z.string() })

/** The body of a refused handshake. */
const refused = (token: string): Promise<z.infer<typeof problem>> =>
  new Promise((resolve, reject) => {
    const socket = connect(token)
    socket.on('error', () => undefined)
    socket.on('open', () => {
      reject(new Error('It was let in'))
    })
    socket.on('unexpected-response', (_request, response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        resolve(problem.parse(JSON.parse(text)))
      })
    })
  })

test('dev says development, where everything is, and three tokens, all on stderr', async () => {
  expect(server.stdout()).toBe('')
  expect(server.stderr()).toContain('development')
  expect(server.stderr()).toContain(`${server.url}/demo#token=${tokens[0] ?? ''}`)
  expect(server.stderr()).toContain(internalUrl)
  expect(tokens).toHaveLength(3)
  expect((await stat(join(cwd, '.sallyport', 'operator.key'))).mode & 0o777).toBe(0o600)
})

test('both ports answer health, the demo is there, and TRACE is refused', async () => {
  expect((await fetch(`${internalUrl}/readyz`)).status).toBe(200)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  expect((await fetch(`${server.url}/demo`)).status).toBe(200)
  expect((await fetch(`${server.url}/ws/`)).status).toBe(426)
  expect((await fetch(`${internalUrl}/api/v1/bans`)).status).toBe(401)
  // fetch refuses to send TRACE by itself.
  for (const url of [server.url, internalUrl]) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${url}/livez`, { method: 'TRACE' }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end()
    })
    expect(status).toBe(405)
  }
})

test('the line to paste connects and shows an answer', async () => {
  const line = /Paste this to connect\n +(.+)\n/.exec(server.stderr())?.[1] ?? ''
  expect(line).toContain(tokens[0])
  const child = spawn('sh', ['-c', `exec env ${line}`], { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const text = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve))
    expect(text).toMatch(/^\{/)
  } finally {
    child.kill()
  }
})

test('a refusal has an id that explain opens', async () => {
  const { code, decisionId } = await refused('eyJhbGciOiJIUzUxMiJ9.e30.AAAA')
  expect(code).toBe('token_invalid')
  const explained = await sallyport(['explain', decisionId], folder)
  expect(explained.code).toBe(0)
  expect(explained.stdout).toMatch(/^denied token_invalid\n/)
  expect(explained.stdout).toMatch(/^ +refused +token /m)
  expect(explained.stdout).not.toContain('eyJ')
  expect(await sallyport(['explain', 'nothing'], folder)).toMatchObject({ code: 1, stdout: '' })
})

test('explain answers for a handshake nobody made, by exit code too', async () => {
  const [token = ''] = tokens
  expect(await sallyport(['explain', '--path', '/ws/', '--token', '-'], folder, token)).toMatchObject({ code: 0, stdout: matching(/^admitted\n/) })
  expect(await sallyport(['explain', '--path', '/ws/'], folder)).toMatchObject({ code: 4, stdout: matching(/^denied token_missing\n/) })
  const foreign = await sallyport(['--json', 'explain', '--path', '/ws/', '--origin', 'https://evil.example'], folder)
  expect(foreign.code).toBe(4)
  expect(jsonOf(foreign.stdout)).toMatchObject({ outcome: 'denied', reason: 'origin_refused', remedy: containing('"origins"') })
})

test('token check reads stdin and answers by exit code', async () => {
  expect(await sallyport(['token', 'check', '-'], folder, `${tokens[1] ?? ''}\n`)).toMatchObject({ code: 0, stdout: matching(/^accepted\n/) })
  expect(await sallyport(['token', 'check'], folder, 'nonsense')).toMatchObject({ code: 4, stdout: matching(/^refused token_invalid\n {2}detail +it is not three base64url segments\n {2}remedy +Give the token to/) })
  const minted = await sallyport(['token', 'mint', '--user', '2'], folder)
  expect(await sallyport(['token', 'check'], folder, minted.stdout)).toMatchObject({ code: 0 })
})

test('[T12] token check says claim by claim what was expected and found, and not a part of the token', async () => {
  const [token = ''] = tokens
  const good = await sallyport(['token', 'check'], folder, token)
  expect(good.stdout).toMatch(/^ {2}accepted +header alg +found "HS512" +expected HS512$/m)
  expect(good.stdout).toMatch(/^ {2}accepted +holder user +found active/m)
  const forged = `${token.slice(0, token.lastIndexOf('.') + 1)}${'A'.repeat(86)}`
  const refusal = await sallyport(['token', 'check'], folder, forged)
  expect(refusal.stdout).toMatch(/^ {2}refused +token signature +found does not hold +expected by a key of the issuer +remedy: Compare the secret/m)
  const json = await sallyport(['--json', 'token', 'check'], folder, forged)
  expect(json.code).toBe(4)
  expect(jsonOf(json.stdout)).toMatchObject({ accepted: false, reason: 'token_invalid' })
  for (const { stdout, stderr } of [good, refusal, json]) for (const segment of token.split('.')) expect(stdout + stderr).not.toContain(segment.slice(0, 12))
})

test('[B9] F7 L11: a ban of this machine, of everybody or of a very wide range needs force, and the command line lifts even that', async () => {
  for (const range of ['127.0.0.1', '0.0.0.0/0', '::/0', '10.0.0.0/8']) {
    const added = await sallyport(['ban', 'add', range, '--yes'], folder)
    expect(added).toMatchObject({ code: 4, stdout: '', stderr: containing('--force') })
  }
  expect(await sallyport(['ban', 'add', '203.0.113.9', '--yes'], { ...folder, env: { ...folder.env, SSH_CONNECTION: '203.0.113.9 50000 192.0.2.1 22' } })).toMatchObject({
    code: 4,
    stderr: containing('it holds the address you come from'),
  })
  expect(await sallyport(['ban', 'list'], folder)).toMatchObject({ code: 0, stdout: '' })
  expect(await sallyport(['ban', 'add', '127.0.0.0/8', '--force', '--yes'], folder)).toMatchObject({ code: 0 })
  expect(await refused(tokens[0] ?? '')).toMatchObject({ code: 'address_banned' })
  expect(await sallyport(['ban', 'lift', '127.0.0.0/8'], folder)).toMatchObject({ code: 0 })
})

test('a ban of a user closes the live socket and refuses the next, a lift lets in again', async () => {
  const [, token = ''] = tokens
  const socket = connect(token)
  await opened(socket)
  const listed = await sallyport(['sessions', 'list', '--user', '2'], folder)
  expect(listed.stdout).toContain('user 2')
  const gone = closed(socket)
  expect(await sallyport(['ban', 'add', '--user', '2', '--reason', 'test'], folder)).toMatchObject({ code: 0, stderr: 'Banned; 1 socket closed.\n' })
  expect((await gone).code).toBe(4403)
  expect(await refused(token)).toMatchObject({ code: 'user_banned' })
  // The token itself still verifies; its holder may not use it.
  expect(await sallyport(['token', 'check'], folder, token)).toMatchObject({ code: 4, stdout: matching(/^refused user_banned\n/) })
  expect(await sallyport(['ban', 'lift', '--user', '2'], folder)).toMatchObject({ code: 0, stderr: 'Lifted.\n' })
  const again = connect(token)
  await opened(again)
  again.terminate()
})

test('[S18] kick, revoke and disable close what is live', async () => {
  const [, , token = ''] = tokens
  const kicked = connect(token)
  await opened(kicked)
  const kickedGone = closed(kicked)
  expect(await sallyport(['sessions', 'kick', '--user', '3'], folder)).toMatchObject({ code: 0, stdout: '1\n' })
  expect((await kickedGone).code).toBe(4401)
  // What is named and not there is a failure, as it is for a user, an operator or a line of the audit log.
  expect(await sallyport(['sessions', 'kick', '--user', '3'], folder)).toMatchObject({ code: 1, stderr: matching(/^There is no session of this user: `sallyport sessions list`/) })
  expect(await sallyport(['sessions', 'kick', 'nope'], folder)).toMatchObject({ code: 1, stderr: matching(/^There is no session with this id: `sallyport sessions list`/) })
  expect(await sallyport(['ban', 'lift', '203.0.113.99'], folder)).toMatchObject({ code: 1, stderr: matching(/^There is no ban of exactly this: `sallyport ban list`/) })

  const disabled = connect(token)
  await opened(disabled)
  const disabledGone = closed(disabled)
  expect(await sallyport(['user', 'disable', '3'], folder)).toMatchObject({ code: 0 })
  expect((await disabledGone).code).toBe(4401)
  expect(await sallyport(['user', 'enable', '3'], folder)).toMatchObject({ code: 0 })

  const revoked = connect(token)
  await opened(revoked)
  const revokedGone = closed(revoked)
  expect(await sallyport(['token', 'revoke', '-'], folder, token)).toMatchObject({ code: 0, stdout: '1\n' })
  expect((await revokedGone).code).toBe(4401)
  expect(await refused(token)).toMatchObject({ code: 'token_revoked' })
})

test('[B4] token revoke --before ends what was issued to a user before that moment, and nothing later', async () => {
  const mint = async (): Promise<string> => (await sallyport(['token', 'mint', '--user', '2'], folder)).stdout.trim()
  const early = await mint()
  const issued = z.object({ iat: z.number() }).parse(jsonOf(Buffer.from(early.split('.')[1] ?? '', 'base64url').toString()))
  const momentAt = (issued.iat + 1) * 1_000
  const moment = new Date(momentAt).toISOString()
  await expect.poll(() => Date.now()).toBeGreaterThan(momentAt)
  const late = await mint()
  const [one, other] = [connect(early), connect(late)]
  await Promise.all([opened(one), opened(other)])
  const gone = closed(one)
  expect(await sallyport(['token', 'revoke', '--user', '2', '--before', moment], folder)).toMatchObject({ code: 0, stdout: '1\n' })
  expect((await gone).code).toBe(4401)
  expect(await refused(early)).toMatchObject({ code: 'token_revoked' })
  expect(other.readyState).toBe(other.OPEN)
  other.terminate()
  for (const words of [['--before', moment], ['--user', '2', '--before', 'yesterday'], ['--user', '2', '--before', '2026-01-15T12:00:00'], ['--user', '2', '--before', '2999-01-01T00:00:00Z']]) {
    expect(await sallyport(['token', 'revoke', ...words], folder), words.join(' ')).toMatchObject({ code: 2, stderr: containing('--before') })
  }
})

test('a taken e-mail is a failure with a sentence', async () => {
  expect(await sallyport(['user', 'add', '--email', 'sara@example.com'], folder)).toMatchObject({ code: 1, stderr: containing('email is taken') })
})

test('a second server on the same port is refused in one line with the remedy', async () => {
  const port = new URL(server.url).port
  const { code, stderr } = await sallyport(['dev', '--port', port], { cwd, env: { ...folder.env, SALLYPORT_DATA_DIR: 'other' } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Cannot listen on 127\.0\.0\.1:\d+ as the port is taken: .*--port\n$/)
})

test('the key of another folder is refused with a hint', async () => {
  const { readOrMakeOperatorKey } = await import('../../dist/server/operator-key.js')
  await readOrMakeOperatorKey(join(cwd, 'foreign'))
  const { code, stderr } = await sallyport(['info'], { cwd, env: { ...folder.env, SALLYPORT_DATA_DIR: 'foreign' } })
  expect(code).toBe(1)
  expect(stderr).toContain('the folder the server was started in')
})

test('serve stops cleanly on SIGTERM with sockets open, also when a second signal comes, and shows no demo', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-serve-'))
  const env = {
    SALLYPORT_INTERNAL_PORT: String(await freePort()),
    SALLYPORT_LISTEN_PORT: '0',
    SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('base64url'),
    SALLYPORT_LOG_LEVEL: 'error',
  }
  const here = { cwd: place, env }
  try {
    await sallyport(['db', 'seed'], here)
    const serving = await startServer(['serve'], here)
    expect((await fetch(`${serving.url}/demo`)).status).toBe(404)
    const token = (await sallyport(['token', 'mint', '--user', '1'], here)).stdout.trim()
    const socket = new WebSocket(`${serving.url.replace('http', 'ws')}/ws/`, { headers: { Authorization: `Bearer ${token}` } })
    await opened(socket)
    const gone = closed(socket)
    serving.signal('SIGTERM')
    serving.signal('SIGINT')
    expect((await gone).code).toBe(1012)
    expect(await serving.ended).toBe(0)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
})

test('a clean stop ends with 0 however late a further signal comes', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-late-'))
  const env = { SALLYPORT_INTERNAL_PORT: String(await freePort()), SALLYPORT_LOG_LEVEL: 'error' }
  try {
    const serving = await startServer(['dev', '--port', '0'], { cwd: place, env })
    const insisting = setInterval(() => {
      serving.signal('SIGTERM')
    }, 1)
    const code = await serving.ended
    clearInterval(insisting)
    expect(code).toBe(0)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
})

test('a start warns when others can read the key of the operator, and does not show it', async () => {
  const place = await mkdtemp(join(tmpdir(), 'sallyport-exposed-'))
  const path = join(place, '.sallyport', 'operator.key')
  const key = randomBytes(32).toString('base64url')
  const env = { SALLYPORT_INTERNAL_PORT: String(await freePort()), SALLYPORT_LISTEN_PORT: '0', SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('base64url') }
  try {
    await mkdir(join(place, '.sallyport'))
    await writeFile(path, `${key}\n`)
    await chmod(path, 0o644)
    const serving = await startServer(['serve'], { cwd: place, env })
    serving.signal('SIGTERM')
    expect(await serving.ended).toBe(0)
    const said = serving.stdout() + serving.stderr()
    expect(said).toContain('can be read by others (mode 644)')
    expect(said).toContain(`chmod 600 ${path}`)
    expect(said).not.toContain(key)
  } finally {
    await rm(place, { recursive: true, force: true })
  }
})
