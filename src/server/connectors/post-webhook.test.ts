import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postWebhook } from './post-webhook.js'
import { judgeSignature } from './webhook-signature.js'

const secrets = ['outbound-secret-'.padEnd(40, 'q7Zk'), 'outbound-older-'.padEnd(40, 'q7Zk')]
const at = 1_760_000_000_999
const never = new AbortController().signal

let respond: (request: IncomingMessage, response: ServerResponse) => void = () => {}
let asked = 0
const server = createServer((request, response) => {
  asked += 1
  respond(request, response)
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}/hook`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const post = (timeoutMs = 5_000, stop = never) => postWebhook({ url, secrets }, { id: 'abc', body: '{"a":"ö"}' }, timeoutMs, at, stop)

const answering = (status: number, headers: Readonly<Record<string, string>> = {}) => (_request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(status, headers).end('x')
}

test('[X2] the post is signed with every secret, at the time of the try, over the very bytes', async () => {
  let seen: { readonly headers: IncomingMessage['headers']; readonly body: Buffer; readonly method: string | undefined } | undefined
  respond = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      seen = { headers: request.headers, body: Buffer.concat(chunks), method: request.method }
      response.writeHead(204).end()
    })
  }
  expect(await post()).toEqual({ outcome: 'accepted', detail: 'answered 204' })
  const { headers, body = Buffer.alloc(0) } = seen ?? {}
  expect(seen?.method).toBe('POST')
  expect(headers).toMatchObject({ 'webhook-id': 'abc', 'webhook-timestamp': '1760000000', 'content-type': 'application/json' })
  const fields = { id: String(headers?.['webhook-id']), timestamp: String(headers?.['webhook-timestamp']), signature: String(headers?.['webhook-signature']) }
  for (const secret of secrets) expect(judgeSignature(fields, body, [secret], 1_000, at)).toBe('good')
})

test.each([200, 201, 202, 204, 299])('[X4] %i is a delivery', async (status) => {
  respond = answering(status)
  expect(await post()).toMatchObject({ outcome: 'accepted' })
})

test.each([400, 410, 413, 422])('[X4] %i is a refusal for good', async (status) => {
  respond = answering(status)
  expect(await post()).toEqual({ outcome: 'refused', detail: `answered ${String(status)}` })
})

test.each([401, 403, 404, 408, 409, 429, 500, 502, 503])('[X4] after %i it is tried again', async (status) => {
  respond = answering(status)
  expect(await post()).toMatchObject({ outcome: 'failed', detail: `answered ${String(status)}` })
})

test('[X4] a redirect is not followed', async () => {
  asked = 0
  respond = answering(307, { location: `${url}/elsewhere` })
  expect(await post()).toMatchObject({ outcome: 'failed', detail: 'answered 307, and redirects are not followed' })
  expect(asked).toBe(1)
})

test.each([
  ['120', 120_000],
  ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ['-5', undefined],
  ['99999999', undefined],
])('[X5] a Retry-After of %s is %s ms', async (value, retryAfterMs) => {
  respond = answering(503, { 'retry-after': value })
  expect(await post()).toMatchObject({ outcome: 'failed', retryAfterMs })
})

test('[X4] a receiver that says nothing costs the time it may take, and one that cannot be reached none', async () => {
  respond = () => {}
  expect(await post(200)).toEqual({ outcome: 'failed', detail: 'did not answer within 200 ms', retryAfterMs: undefined })
  respond = (request) => {
    request.socket.destroy()
  }
  expect(await post()).toMatchObject({ outcome: 'failed', detail: 'can not be reached: UND_ERR_SOCKET' })
  const stop = new AbortController()
  respond = () => {
    stop.abort()
  }
  expect(await post(5_000, stop.signal)).toMatchObject({ outcome: 'failed', detail: 'was broken off' })
})

test('[X4] an answer without end is a delivery by its status, and is not read', async () => {
  let written = 0
  const closed = new Promise<void>((resolve) => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.on('close', resolve)
      const more = (): void => {
        for (;;) {
          written += 65_536
          if (response.destroyed || !response.write(Buffer.alloc(65_536, 'x'))) break
        }
      }
      response.on('drain', more)
      more()
    }
  })
  expect(await post()).toMatchObject({ outcome: 'accepted' })
  await closed
  expect(written).toBeLessThan(16 * 1_048_576)
})

test('[X4] a small answer that never comes to its end costs no more than the time, and the status counts', async () => {
  respond = (_request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('12345')
  }
  expect(await post(300)).toMatchObject({ outcome: 'accepted' })
})

test('[X4] headers without end are a failure', async () => {
  respond = (request) => {
    request.socket.write('HTTP/1.1 200 OK\r\n')
    request.socket.write(`x: ${'y'.repeat(1_000)}\r\n`.repeat(200))
  }
  expect(await post()).toMatchObject({ outcome: 'failed' })
})
