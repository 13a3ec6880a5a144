import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { printedTokens, serve, temporaryFolder, type Serving } from './run-cli.js'

const root = new URL('../../', import.meta.url)
const page = 'https://app.example'
const sold = z.object({ ticket: z.string().regex(/^[\w-]{32}$/), expiresInMs: z.literal(30_000) })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving
let tokens: readonly string[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await serve(['dev'], folder.cwd, { SALLYPORT_CARRIERS: 'header,subprotocol,ticket', SALLYPORT_ORIGINS: page, SALLYPORT_LOG_FORMAT: 'json' })
  tokens = printedTokens(server)
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})
afterEach(() => {
  vi.unstubAllGlobals()
})

interface Asking {
  readonly method?: string
  readonly token?: string | undefined
  readonly origin?: string
  readonly body?: string
}
const ask = async ({ method = 'POST', origin, body = '{"path":"/ws/customers/"}', ...rest }: Asking = {}) => {
  const token = 'token' in rest ? rest.token : tokens[0]
  const headers = { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...(origin === undefined ? {} : { Origin: origin }) }
  const answer = await fetch(`${server.publicUrl}/api/v1/tickets`, { method, headers, ...(method === 'POST' ? { body } : {}) })
  const text = await answer.text()
  const value: unknown = text === '' ? undefined : JSON.parse(text)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return { status: answer.status, value, allowed: answer.headers.get('access-control-allow-origin'), headers: answer.headers }
}

test('[O1] [O7] a page of the list buys a ticket and opens its socket with it, once', async () => {
  const answer = await ask({ origin: page })
  expect(answer).toMatchObject({ status: 201, allowed: page })
  const { ticket } = sold.parse(answer.value)
  const first = await new Promise<string>((resolve) => {
    const ws = new WebSocket(`${server.socketUrl}/ws/customers/?ticket=${ticket}`, ['sallyport.v1'], { origin: page })
    ws.once('message', (data: Buffer) => {
      resolve(data.toString())
      ws.close()
    })
  })
  expect(first).toContain('"type":"welcome"')
  const code = await new Promise<number>((resolve) => {
    new WebSocket(`${server.socketUrl}/ws/customers/?ticket=${ticket}`, ['sallyport.v1'], { origin: page }).once('close', resolve)
  })
  expect(code).toBe(4401)
  expect(server.stdout()).not.toContain(ticket)
  expect(server.stderr()).not.toContain(ticket)
})

test('[O7] B4: GET is 405, another page 403, no token 401, a body of another shape 400, and each is told to a page of the list', async () => {
  expect(await ask({ method: 'GET' })).toMatchObject({ status: 405 })
  expect(await ask({ origin: 'https://evil.example' })).toMatchObject({ status: 403, allowed: null, value: { code: 'origin_refused' } })
  expect(await ask({ origin: 'null' })).toMatchObject({ status: 403, allowed: null })
  const { decisionId } = z.object({ decisionId: z.string() }).parse((await ask({ origin: 'https://evil.example' })).value)
  await expect.poll(() => server.stdout()).toMatch(new RegExp(`"event":"page_refused","decisionId":"${decisionId}","path":"/api/v1/tickets","origin":"https://evil.example"`))
  const missing = await ask({ token: undefined, origin: page, body: '' })
  expect(missing).toMatchObject({ status: 401, allowed: page, value: { code: 'token_missing' } })
  expect(missing.headers.get('www-authenticate')).toBe('Bearer')
  expect(await ask({ token: 'nonsense' })).toMatchObject({ status: 401, value: { code: 'token_invalid' } })
  for (const body of ['', '{', '[]', '{"path":5}', '{"path":"/ws/?a=b"}', '{"path":"/ws/","more":1}']) expect(await ask({ body })).toMatchObject({ status: 400, value: { code: 'bad_body' } })
  expect(await ask({ body: `{"path":"/${'x'.repeat(2_000)}"}` })).toMatchObject({ status: 413 })
  expect(await ask({ body: '{"path":"/elsewhere/"}' })).toMatchObject({ status: 404 })
  await expect.poll(() => server.stdout()).toMatch(/"event":"ticket".*"reason":"token_missing"/)
})

test('[T12] a token in the query of the path is refused, and is not in the log', async () => {
  const [token = ''] = tokens
  expect(await ask({ body: `{"path":"/ws/customers/?token=${token.slice(-80)}"}` })).toMatchObject({ status: 400 })
  await expect.poll(() => server.stdout()).toMatch(/"event":"ticket".*has a query/)
  expect(server.stdout()).not.toContain(token.slice(-80))
})

test('[O7] D9: a preflight is answered for pages of the list and for no other', async () => {
  const answer = await ask({ method: 'OPTIONS', token: undefined, origin: page })
  expect(answer).toMatchObject({ status: 204, allowed: page })
  expect(answer.headers.get('access-control-allow-headers')).toContain('authorization')
  expect(answer.headers.get('vary')).toContain('Origin')
  expect(await ask({ method: 'OPTIONS', token: undefined, origin: 'https://evil.example' })).toMatchObject({ status: 403, allowed: null })
})

test('[O5] B4: who asks too often is told when to come back', async () => {
  // One after the other: a burst may meet a loop that is late on a busy machine, and its own refusal.
  let last = await ask({ token: tokens[1] })
  for (let asked = 1; asked < 200 && last.status !== 429; asked += 1) last = await ask({ token: tokens[1] })
  expect(last).toMatchObject({ status: 429, value: { code: 'rate_limited' } })
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
})

test('the example of the README opens a socket', async () => {
  vi.stubGlobal('WebSocket', WebSocket)
  const { openWithTicket } = z
    .object({ openWithTicket: z.custom<(server: string, path: string, token: string) => Promise<WebSocket>>((value) => typeof value === 'function') })
    .parse(await import(new URL('examples/browser/ticket.js', root).href))
  const socket = await openWithTicket(server.publicUrl, '/ws/customers/', tokens[2] ?? '')
  const message = await new Promise<unknown>((resolve) => {
    socket.onmessage = ({ data }) => {
      resolve(data)
    }
  })
  expect(message).toContain('"type":"welcome"')
  socket.close()
})

test('without the carrier there is no such path', async () => {
  const other = await temporaryFolder()
  const plain = await serve(['dev'], other.cwd)
  try {
    expect((await fetch(`${plain.publicUrl}/api/v1/tickets`, { method: 'POST' })).status).toBe(404)
  } finally {
    await plain.stop()
    await other.remove()
  }
})
