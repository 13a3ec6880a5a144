import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort, jsonOf, sallyport, startServer, type Folder, type Running } from './sallyport.js'

let folder: Folder = { cwd: '' }
let server: Running

const settings = {
  SALLYPORT_LISTEN_PORT: '0',
  SALLYPORT_LOG_LEVEL: 'error',
  // The peers are names in a header here, so that bans have somebody to be about.
  SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
  SALLYPORT_BANS_LADDER_MODE: 'on',
  SALLYPORT_BANS_LADDER_FAILURES: '2',
}

beforeEach(async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-restart-'))
  const secret = randomBytes(64).toString('base64url')
  folder = { cwd, env: { ...settings, SALLYPORT_INTERNAL_PORT: String(await freePort()), SALLYPORT_TOKENS_SECRET: secret } }
  await sallyport(['db', 'seed'], folder)
  server = await startServer(['serve'], folder)
})
afterEach(async () => {
  server.signal('SIGKILL')
  await server.ended
  await rm(folder.cwd, { recursive: true, force: true })
})

const restart = async (): Promise<void> => {
  server.signal('SIGKILL')
  await server.ended
  server = await startServer(['serve'], folder)
}

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' }

/** Status and code of the answer to a handshake from an address. */
const knock = (address: string, token: string | undefined, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = { ...upgrade, 'X-Forwarded-For': address, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers }
    const asked = get(`${server.url}/ws/`, { headers: sent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        resolve(`${String(response.statusCode)} ${z.object({ code: z.string() }).parse(JSON.parse(text)).code}`)
      })
    })
    asked.on('error', reject)
    asked.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve('101')
    })
  })

const tokenOf = async (userId: string): Promise<string> => (await sallyport(['token', 'mint', '--user', userId], folder)).stdout.trim()

test('F1 and F8: who is banned is refused before the token is looked at, whatever else changes, and a lift works at once', async () => {
  const [token, other] = [await tokenOf('1'), await tokenOf('2')]
  expect(await knock('203.0.113.7', token)).toBe('101')
  expect(await sallyport(['ban', 'add', '203.0.113.7', '--hours', '1'], folder)).toMatchObject({ code: 0 })
  for (const carried of [token, other, 'forged', undefined]) {
    expect(await knock('203.0.113.7', carried, { 'User-Agent': 'another', 'Sec-WebSocket-Protocol': 'sallyport.v1' })).toBe('403 address_banned')
  }
  // The walk ended at the ban: no later stair was reached.
  const past = await sallyport(['--json', 'explain', '--path', '/ws/', '--ip', '203.0.113.7'], folder)
  expect(jsonOf(past.stdout)).toMatchObject({ reason: 'address_banned', steps: [{ name: 'well_formed' }, { name: 'client_address' }, { name: 'address_ban' }] })
  expect(await knock('203.0.113.8', token)).toBe('101')
  expect(await sallyport(['ban', 'lift', '203.0.113.7'], folder)).toMatchObject({ code: 0 })
  expect(await knock('203.0.113.7', token)).toBe('101')

  expect(await sallyport(['ban', 'add', '--user', '1'], folder)).toMatchObject({ code: 0 })
  expect(await knock('198.51.100.9', token)).toBe('403 user_banned')
})

test('F6: bans, revocations and disabled users survive kill -9', async () => {
  const [revoked, disabled, fine] = [await tokenOf('1'), await tokenOf('2'), await tokenOf('3')]
  for (const words of [['ban', 'add', '203.0.113.7'], ['token', 'revoke', '-'], ['user', 'disable', '2']]) {
    expect(await sallyport(words, folder, revoked), words.join(' ')).toMatchObject({ code: 0 })
  }
  for (const forged of ['a.b.c', 'd.e.f']) await knock('198.51.100.1', forged)
  await expect.poll(() => knock('198.51.100.1', fine)).toBe('403 address_banned')

  await restart()
  expect(await knock('203.0.113.7', fine)).toBe('403 address_banned')
  expect(await knock('203.0.113.8', revoked)).toBe('401 token_revoked')
  expect(await knock('203.0.113.8', disabled)).toBe('401 token_invalid')
  expect(await knock('203.0.113.8', fine)).toBe('101')
  expect(await knock('198.51.100.1', fine)).toBe('403 address_banned')
})

test('explain from the address of a proxy asks for that of the client', async () => {
  const token = await tokenOf('3')
  const hint = '127.0.0.1 is a trusted proxy of this server, and none that forwards nobody is let in: name the address of the client with --ip.\n'
  expect(await sallyport(['explain', '--path', '/ws/', '--token', '-'], folder, token)).toMatchObject({ code: 4, stderr: hint })
  expect(await sallyport(['explain', '--path', '/ws/', '--ip', '203.0.113.7', '--token', '-'], folder, token)).toMatchObject({ code: 0, stderr: '' })
})
