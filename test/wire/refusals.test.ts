import { spawn, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { handshakeText, nobody, page, startGateServer, tokenFor, type GateServer, type GateServerOptions, type HandshakeParts } from './gate-server.js'
import { rawClient } from './raw-client.js'

const problem = z.strictObject({ title: z.string(), status: z.number(), code: z.string(), decisionId: z.string(), retryAfterMs: z.number().optional() })

/** Runs `use` with a server of its own. */
const withServer = async (options: GateServerOptions, use: (server: GateServer) => Promise<void>): Promise<void> => {
  const server = await startGateServer(options)
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

const cannotStore = () => {
  throw new Error('no store')
}

interface HttpRefusal {
  readonly status: number
  readonly code: string
  readonly options?: GateServerOptions
  readonly parts?: HandshakeParts
  readonly prepare?: (server: GateServer) => unknown
  /** Arguments for curl in place of those of a handshake. */
  readonly curl?: readonly string[]
}

const good = await tokenFor()

const httpRefusals: readonly HttpRefusal[] = [
  { status: 400, code: 'bad_request', parts: { lines: ['Content-Length: 5'] } },
  { status: 401, code: 'token_missing', parts: {} },
  { status: 401, code: 'token_invalid', parts: { token: 'hello' } },
  { status: 401, code: 'token_expired', parts: { token: await tokenFor({ at: Date.now() - 7_200_000 }) } },
  { status: 403, code: 'origin_refused', options: { origins: [page] }, parts: { token: good, origin: 'https://evil.example' } },
  { status: 403, code: 'address_banned', parts: { token: good }, prepare: ({ gate }) => gate.bans.add({ kind: 'network', network: '127.0.0.1' }, { reason: 'abuse', actor: 'grace', force: true }) },
  { status: 404, code: 'not_found', options: { endpoints: [{ name: 'chat', path: '/chat/' }] }, parts: { token: good } },
  { status: 405, code: 'bad_request', parts: { method: 'POST', token: good } },
  { status: 414, code: 'bad_request', parts: { target: `/ws/?${'a'.repeat(13_000)}` } },
  { status: 421, code: 'bad_request', options: { hosts: ['gate.example'] }, parts: { token: good } },
  { status: 426, code: 'bad_request', curl: [] },
  { status: 429, code: 'rate_limited', options: { limits: { userConnects: { max: 1, windowMs: 60_000 } } }, parts: { token: good }, prepare: (server) => server.enter({ token: good }) },
  { status: 429, code: 'too_many_connections', options: { limits: { userSockets: 1 } }, parts: { token: good }, prepare: (server) => server.enter({ token: good }) },
  { status: 431, code: 'bad_request', parts: { lines: [`X-Filler: ${'a'.repeat(17_000)}`] } },
  { status: 431, code: 'bad_request', parts: { lines: Array.from({ length: 120 }, (_, index) => `X-Filler-${String(index)}: a`) } },
  { status: 500, code: 'internal_error', options: { limitsStore: { take: cannotStore, peek: cannotStore, release: () => undefined } }, parts: { token: good } },
  { status: 503, code: 'dependency_unavailable', options: { lookupUser: cannotStore }, parts: { token: good } },
  { status: 503, code: 'draining', parts: { token: good }, prepare: ({ gate }) => gate.drain(1) },
]

/** The fields of an HTTP answer, by lower-case name. */
const fieldsOf = (head: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )

const expectedFields: Readonly<Record<number, readonly string[]>> = {
  401: ['www-authenticate'],
  405: ['allow'],
  426: ['upgrade', 'sec-websocket-version'],
  429: ['retry-after'],
  503: ['retry-after'],
}

const judge = (status: number, code: string, head: string, body: string): void => {
  expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `))
  const fields = fieldsOf(head)
  expect(fields).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'connection': 'close' })
  for (const name of expectedFields[status] ?? []) expect(Object.keys(fields)).toContain(name)
  if (fields['retry-after'] !== undefined) expect(fields['retry-after']).toMatch(/^[1-9]\d*$/)
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(300)
  expect(problem.parse(JSON.parse(body))).toMatchObject({ status, code })
}

describe('over a raw connection', () => {
  test.each(httpRefusals.filter(({ parts }) => parts !== undefined))('[R3] [R4] [R5] $status $code is told in HTTP, and the connection is gone', async ({ status, code, options, parts, prepare }) => {
    await withServer({ refusals: 'http', ...options }, async (server) => {
      await prepare?.(server)
      const client = await server.knock(parts)
      const answer = await client.gone()
      judge(status, code, answer.head, answer.body)
      expect(client.received.match(/HTTP\/1\.1/g)).toHaveLength(1)
      expect(client.received).not.toContain(good.slice(0, 30))
    })
  })
})

const curlIsThere = spawnSync('curl', ['--version'], { timeout: 30_000 }).status === 0

test.runIf(process.env['CI'] !== undefined)('curl is installed where nothing may be skipped', () => {
  expect(curlIsThere, 'curl does not run: apt-get install curl').toBe(true)
})

/** The loop has to stay free while curl runs, as the server is in this process. */
const curl = (args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('curl', ['--silent', '--show-error', '--include', '--http1.1', '--max-time', '10', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('close', (exit) => {
      if (exit === 0) resolve(stdout)
      else reject(new Error(`curl failed: ${stderr}`))
    })
  })

const handshakeArguments = ({ method = 'GET', token, origin, lines = [] }: HandshakeParts): readonly string[] => [
  ...['--request', method],
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    .concat(token === undefined ? [] : [`Authorization: Bearer ${token}`], origin === undefined ? [] : [`Origin: ${origin}`], lines)
    .flatMap((line) => ['--header', line]),
]

describe.skipIf(!curlIsThere)('as curl sees it (when skipped: apt-get install curl)', () => {
  test.each(httpRefusals)('[R3] $status $code', async ({ status, code, options, parts = {}, prepare, curl: own }) => {
    await withServer({ refusals: 'http', ...options }, async (server) => {
      await prepare?.(server)
      const target = parts.target ?? '/ws/'
      const output = await curl([...(own ?? handshakeArguments(parts)), '--globoff', `http://127.0.0.1:${String(server.port)}${target}`])
      const end = output.indexOf('\r\n\r\n')
      judge(status, code, output.slice(0, end), output.slice(end + 4))
    })
  })
})

test('[R5] a request behind a refused handshake is not answered', async () => {
  await withServer({ refusals: 'http' }, async (server) => {
    const client = await rawClient(server.port)
    client.write(`${handshakeText()}GET /admin/ HTTP/1.1\r\nHost: a\r\n\r\n${handshakeText({ token: good })}`)
    await client.gone()
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401'])
    expect(server.gate.decisions.size).toBe(1)
  })
})

describe('[R2] a refused credential', () => {
  const pages: readonly (readonly [name: string, parts: HandshakeParts])[] = [
    ['of a page', { token: 'hello', origin: page }],
    ['of a program', { token: 'hello' }],
  ]
  const table: readonly (readonly [refusals: 'auto' | 'http' | 'close' | 'legacy', ofPage: number, ofProgram: number])[] = [
    ['auto', 101, 401],
    ['http', 401, 401],
    ['close', 101, 101],
    ['legacy', 403, 403],
  ]
  test.each(table)('[R2] with refusals %s: a page sees %i, a program %i', async (refusals, ...statuses) => {
    await withServer({ refusals }, async (server) => {
      for (const [index, [, parts]] of pages.entries()) {
        const client = await server.knock(parts)
        const answer = await client.gone()
        expect(answer.status).toBe(statuses[index])
        if (answer.status === 403) expect([answer.body, answer.head]).toEqual(['', expect.not.stringContaining('problem')])
      }
      await expect.poll(() => server.counted()).toEqual(nobody)
    })
  })
})

const dialects: readonly (readonly [name: string, options: GateServerOptions, parts: HandshakeParts, code: number, frames: readonly object[]])[] = [
  ['plain', {}, {}, 4401, []],
  ['sallyport.v1', {}, { lines: ['Sec-WebSocket-Protocol: sallyport.v1'] }, 4401, []],
  ['classic.v2', { dialect: 'classic.v2' }, {}, 4001, [{ type: 'authentication_error', error_code: 'AUTH_REQUIRED' }]],
  ['classic.v1', { dialect: 'classic.v2' }, { target: '/ws/?v=1' }, 1008, [{ type: 'authentication_error', error_code: 'AUTH_REQUIRED' }]],
  ['sallyport.v1 on a classic server', { dialect: 'classic.v2' }, { lines: ['Sec-WebSocket-Protocol: sallyport.v1'] }, 4401, []],
]

test.each(dialects)('[R6] [R7] [R8] [R9] a closed refusal in %s has its code, its frames and a reason that opens the decision', async (_name, options, parts, code, frames) => {
  await withServer({ refusals: 'close', ...options }, async (server) => {
    const client = await server.knock(parts)
    const answer = await client.closed()
    expect(answer.closeCode).toBe(code)
    expect(answer.texts.map((text): unknown => JSON.parse(text))).toMatchObject(frames)
    expect(answer.frames.at(-1)?.opcode).toBe(8)
    const [told, id = ''] = answer.closeReason.split(' ')
    expect(told).toBe('token_missing')
    expect(server.gate.decisions.find(id)).toMatchObject({ outcome: 'denied', denial: { reason: 'token_missing' } })
    client.end()
  })
})

test('[D2] A18: a bad token, an unknown and a disabled user can not be told apart, byte for byte', async () => {
  await withServer({ refusals: 'http' }, async (server) => {
    const answers = new Set<string>()
    for (const token of ['hello', await tokenFor({ subject: '4' }), await tokenFor({ subject: '99' })]) {
      const client = await server.knock({ token })
      await client.gone()
      answers.add(client.received.replace(/"decisionId":"[0-9a-f-]{36}"/, '"decisionId":""'))
    }
    expect([...answers]).toHaveLength(1)
  })
})

test('[B2] the HTTP answer to a banned address says nothing of the ban', async () => {
  await withServer({ refusals: 'http' }, async (server) => {
    const { ban } = await server.gate.bans.add({ kind: 'network', network: '127.0.0.1' }, { reason: 'rude words', actor: 'grace', force: true })
    const client = await server.knock({ token: good })
    await client.gone()
    for (const secret of [ban.id, 'rude', 'grace']) expect(client.received).not.toContain(secret)
  })
})

describe('what never becomes a request', () => {
  let server: GateServer
  beforeAll(async () => {
    server = await startGateServer()
  })
  afterAll(async () => {
    await server.close()
  })

  test.each([
    ['unreadable bytes', 400, '\u0016\u0003\u0001\u0000\u00c8\u0001\u0000\u0000\u00c4\u0003\u0003'],
    ['a line without a colon', 400, 'GET / HTTP/1.1\r\nHost a\r\n\r\n'],
    ['a header block over 16 KiB', 431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(17_000)}`],
    ['CONNECT', 405, 'CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an expectation', 400, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n'],
    ['an expectation of something else', 400, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n'],
    ['both a length and chunks', 400, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
    ['no Host in HTTP/1.0', 400, 'GET / HTTP/1.0\r\n\r\n'],
    ['two Hosts', 400, 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
    ['a Host that is none', 400, 'GET / HTTP/1.1\r\nHost: [\r\n\r\n'],
    ['a Host with a name before it', 400, 'POST / HTTP/1.1\r\nHost: a@b\r\nContent-Length: 2\r\n\r\n{}'],
    ['a target that is none', 400, 'GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['the whole server as a target', 400, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a backslash in a path', 400, 'GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['RTSP', 400, 'OPTIONS rtsp://a RTSP/1.0\r\n\r\n'],
  ])('[R10] [A24] %s: %i in our own words, with an id', async (_name, status, bytes) => {
    const told = server.malformed.length
    const client = await rawClient(server.port)
    client.write(bytes)
    const answer = await client.gone()
    judge(status, 'bad_request', answer.head, answer.body)
    expect(answer.body).toMatch(/"decisionId":"[0-9a-f-]{36}"/)
    expect(server.malformed.length).toBe(told + 1)
  })

  test('[A24] a header block that is never finished is refused with 408 after 5 s', async () => {
    const startedAt = performance.now()
    const client = await rawClient(server.port)
    client.write('GET /ws/ HTTP/1.1\r\nHost: a\r\n')
    const drip = setInterval(() => {
      client.write('X-Drip: a\r\n')
    }, 500)
    const answer = await client.gone()
    clearInterval(drip)
    judge(408, 'bad_request', answer.head, answer.body)
    expect(performance.now() - startedAt).toBeGreaterThan(4_500)
    expect(performance.now() - startedAt).toBeLessThan(8_000)
  })
})
