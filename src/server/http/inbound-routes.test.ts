import { expect, test } from 'vitest'
import type { InboundResult } from '../../conversation/inbound-message.js'
import { createMessageRate } from '../../conversation/message-rate.js'
import { signWebhook } from '../connectors/webhook-signature.js'
import type { InboundOptions } from './inbound-routes.js'
import { createPublicApp } from './public-app.js'

const secret = 'inbound-routes-secret-'.padEnd(44, 'h5Pw')
const at = 1_700_000_000_000

/** An app whose store answers when it is told to. */
const open = () => {
  const waiting: ((result: InboundResult) => void)[] = []
  const inbound: InboundOptions = {
    sources: [{ name: 'shop', workspace: '1', secrets: [secret] }],
    store: {
      receive: () =>
        new Promise((resolve) => {
          waiting.push(resolve)
        }),
    },
    publish: () => undefined,
    rate: createMessageRate({ max: 1_000, windowMs: 60_000 }),
    toleranceMs: 300_000,
    events: {},
    refused: () => undefined,
    now: () => at,
  }
  return { app: createPublicApp({ mode: 'production', endpoints: [], inbound: () => inbound }), waiting }
}

const posting = (number: number): RequestInit => {
  const body = JSON.stringify({ message: { id: String(number), content: 'hello' }, customer: { id: 'u1' } })
  const [id, timestamp] = [`m${String(number)}`, String(at / 1_000)]
  return { method: 'POST', body, headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signWebhook(secret, id, timestamp, Buffer.from(body)) } }
}

/** A request whose body never comes, as whoever knows no secret may send it. */
const unfinished = (): Request => {
  const init: RequestInit & { readonly duplex: 'half' } = { method: 'POST', duplex: 'half', body: new ReadableStream(), headers: { 'content-length': '100', 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' } }
  return new Request('http://localhost/api/v1/inbound/shop', init)
}

test('[I8] hundreds who know no secret and never finish a body keep no connector waiting', async () => {
  const { app, waiting } = open()
  for (let index = 0; index < 600; index += 1) void app.request(unfinished())
  const answer = app.request('/api/v1/inbound/shop', posting(1))
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.({ outcome: 'no_workspace' })
  expect((await answer).status).toBe(503)
})

test('[I8] of signed messages 256 are stored at once; one more is answered 503 with Retry-After, and the next when there is room', async () => {
  const { app, waiting } = open()
  const answers = Array.from({ length: 256 }, async (_, index) => app.request('/api/v1/inbound/shop', posting(index)))
  await expect.poll(() => waiting.length).toBe(256)
  const refused = await app.request('/api/v1/inbound/shop', posting(256))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused.json()).toMatchObject({ code: 'overloaded' })
  for (const answer of waiting.splice(0)) answer({ outcome: 'key_reused' })
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([409]))
  const next = app.request('/api/v1/inbound/shop', posting(257))
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.({ outcome: 'key_reused' })
  expect((await next).status).toBe(409)
})
