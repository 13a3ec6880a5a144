import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort, jsonOf, sallyport, startServer, type Folder, type Running } from './sallyport.js'

let folder: Folder = { cwd: '' }
let server: Running

beforeAll(async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-tail-'))
  folder = { cwd, env: { SALLYPORT_INTERNAL_PORT: String(await freePort()), SALLYPORT_LISTEN_PORT: String(await freePort()), SALLYPORT_LOG_LEVEL: 'error' } }
  server = await startServer(['dev'], folder)
})
afterAll(async () => {
  server.signal('SIGTERM')
  await server.ended
  await rm(folder.cwd, { recursive: true, force: true })
})

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' }

/** A handshake that is refused; its answer names the decision. */
const knock = async (path: string, token?: string): Promise<string> => {
  const { get } = await import('node:http')
  return new Promise((resolve, reject) => {
    const headers = { ...upgrade, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) }
    get(`${server.url}${path}`, { headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        resolve(z.object({ decisionId: z.string() }).parse(JSON.parse(text)).decisionId)
      })
    }).on('error', reject)
  })
}

/** Knocks until the watching command has ended: when it begins to read, nobody outside can see. */
const whileKnocking = async <T>(watching: Promise<T>, round: () => Promise<unknown>): Promise<T> => {
  const state = { over: false }
  const ended = watching.finally(() => {
    state.over = true
  })
  while (!state.over) await round()
  return ended
}

test('[E4] a recording says itself how many decisions it misses, and a replay of it says so', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-tail-'))
  await mkdir(join(cwd, '.sallyport'))
  await writeFile(join(cwd, '.sallyport', 'operator.key'), 'k'.repeat(43), { mode: 0o600 })
  const one = await sallyport(['--json', 'explain', await knock('/ws/')], folder)
  const slow = createServer((_request, response) => response.end(`{"dropped":3}\n\n${JSON.stringify(jsonOf(one.stdout))}\n`))
  const port = await new Promise<number>((resolve) => {
    slow.listen(0, '127.0.0.1', () => {
      const address = slow.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const place: Folder = { cwd, env: { SALLYPORT_INTERNAL_PORT: String(port) } }
  const { stdout, stderr } = await sallyport(['--json', 'tail', '--count', '1'], place)
  slow.close()
  expect(stdout.trim().split('\n').map((line) => jsonOf(line))).toMatchObject([{ dropped: 3 }, { outcome: 'denied' }])
  expect(stderr).toContain('3 decisions are missing here')
  await writeFile(join(cwd, 'decisions.ndjson'), stdout)
  expect(jsonOf((await sallyport(['--json', 'replay', '--dev', 'decisions.ndjson'], place)).stdout)).toMatchObject({ decisions: 1, dropped: 3, bad: 0 })
  await rm(cwd, { recursive: true, force: true })
})

test('tail shows refusals as they are made, and only those that are asked for', async () => {
  const asked: string[] = []
  const watching = sallyport(['tail', '--reason', 'token_missing', '--address', '127.0.0.0/8', '--endpoint', 'root', '--count', '2'], folder)
  const { code, stdout } = await whileKnocking(watching, async () => {
    asked.push(await knock('/ws/'))
    await knock('/nowhere')
    await knock('/ws/', 'forged')
  })
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  expect(lines).toHaveLength(2)
  for (const line of lines) expect(line).toMatch(/^\S+Z denied token_missing 127\.0\.0\.1 root [0-9a-f-]{36}$/)
  // Two in a row, none left out between them.
  const [first = '', second] = lines.map((line) => line.slice(-36))
  expect(asked).toContain(first)
  expect(second).toBe(asked[asked.indexOf(first) + 1])
})

test('with --json each line is the whole decision, which explain opens', async () => {
  const { stdout } = await whileKnocking(sallyport(['--json', 'tail', '--outcome', 'denied', '--count', '1'], folder), () => knock('/nowhere'))
  const report = jsonOf(stdout)
  expect(report).toMatchObject({ outcome: 'denied', reason: 'not_found', path: '/nowhere' })
  const { id } = z.object({ id: z.string() }).parse(report)
  expect(jsonOf((await sallyport(['--json', 'explain', id], folder)).stdout)).toEqual(report)
})

test('past decisions are read in parts, newest first, with the same filters', async () => {
  const { readOperatorKey } = await import('../../dist/server/operator-key.js')
  const key = await readOperatorKey(join(folder.cwd, '.sallyport'))
  const ids: string[] = []
  for (let count = 0; count < 5; count += 1) {
    ids.unshift(await knock(`/paged`))
    await knock('/ws/')
  }
  const seen: string[] = []
  const page = z.object({ items: z.array(z.object({ id: z.string(), path: z.string() })), next: z.string().optional() })
  for (let before = ''; seen.length < 5; ) {
    const url = `http://127.0.0.1:${folder.env?.['SALLYPORT_INTERNAL_PORT'] ?? ''}/api/v1/decisions?reason=not_found&limit=2${before}`
    const { items, next } = page.parse(await (await fetch(url, { headers: { Authorization: `Bearer ${key ?? ''}` } })).json())
    expect(items).toHaveLength(2)
    seen.push(...items.map(({ id }) => id))
    before = `&before=${next ?? ''}`
  }
  expect(seen.slice(0, 5)).toEqual(ids)
})

test('[E1] what tail printed is made again without a server: the same by the same configuration, and another by another', async () => {
  const { stdout } = await whileKnocking(sallyport(['--json', 'tail', '--count', '12'], folder), async () => {
    await knock('/nowhere')
    await knock('/ws/')
    await knock('/ws/', 'forged')
  })
  const file = join(folder.cwd, 'decisions.ndjson')
  await writeFile(file, stdout)
  const same = await sallyport(['--json', 'replay', file, '--dev'], folder)
  expect(jsonOf(same.stdout)).toMatchObject({ decisions: 12, same: 12, identical: 12, flips: [] })
  expect(same.code).toBe(0)
  expect(await sallyport(['--json', 'replay', '-', '--dev'], folder, stdout)).toEqual(same)

  await writeFile(join(folder.cwd, 'trial.json'), '{"hosts":["chat.example"]}')
  const other = await sallyport(['replay', file, '--dev', '--config', 'trial.json'], folder)
  expect(other.code).toBe(4)
  expect(other.stdout).toMatch(/changed otherwise +12\n/)
  expect(other.stdout).toMatch(/answers now\n +bad_request +12\n/)
})

test('[E4] replay refuses a recording of another version, a file that is none and a configuration that is wrong', async () => {
  const refused = async (input: string, ...words: readonly string[]) => await sallyport(['replay', '-', ...words], folder, input)
  expect(await refused('{"id":"a","recordVersion":7}\n')).toEqual({ code: 1, stdout: '', stderr: 'Cannot replay line 1 as its "recordVersion" is 7 and this program reads 1: use the version of sallyport that wrote it\n' })
  expect(await refused('# a note\n')).toMatchObject({ code: 1, stderr: 'line 1: is not JSON\n1 lines hold no decision.\n' })
  expect((await refused('', '--config', 'missing.json')).code).toBe(1)
  expect((await sallyport(['replay', join(folder.cwd, 'missing.ndjson')], folder)).code).toBe(2)
})

test('tail ends with a word when the server goes, and is a usage error with a filter nobody knows', async () => {
  expect((await sallyport(['tail', '--outcome', 'perhaps'], folder)).code).toBe(2)
  expect(await sallyport(['tail', '--address', 'everywhere'], folder)).toMatchObject({ code: 2, stdout: '' })
  const watching = sallyport(['tail'], folder)
  server.signal('SIGTERM')
  await server.ended
  expect((await watching).code).toBe(5)
})
