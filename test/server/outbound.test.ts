import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { postWebhook } from '../../dist/server/connectors/post-webhook.js'
import { judgeSignature } from '../../dist/server/connectors/webhook-signature.js'
import { at, rowsAt } from '../dialects/stage.js'
import { nextWhere } from '../failure/workspace.js'
import { bearer, modernBearer, opened, type Knocked } from './knock.js'
import { printedTokens, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

const posting = z.strictObject({
  type: z.literal('message.created'),
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    source: z.string(),
    conversation: z.string(),
    message: z.strictObject({ id: z.string(), seq: z.int(), type: z.literal('support'), content: z.string(), contentType: z.literal('text') }),
    customer: z.looseObject({ id: z.string().nullable() }),
  }),
})
type Posting = z.infer<typeof posting>

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly raw: Buffer
  readonly body: Posting
}

const secret = 'outbound-test-secret-'.padEnd(44, 'h5Pw')

/** A connector's own server, which answers a status, or nothing for `undefined`. */
const receiver = async () => {
  const received: Received[] = []
  let answer: (body: Posting) => number | undefined = () => 204
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = posting.parse(JSON.parse(raw.toString()))
      received.push({ headers: request.headers, raw, body })
      const status = answer(body)
      if (status !== undefined) response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}/out`,
    received,
    answerWith(next: typeof answer) {
      answer = next
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let outside: Awaited<ReturnType<typeof receiver>>
let server: Serving
let token = ''
let env: Environment = {}

beforeAll(async () => {
  folder = await temporaryFolder()
  outside = await receiver()
  env = {
    SALLYPORT_CONNECTORS_SOURCES: JSON.stringify([{ name: 'shop', source: 'telegram', workspace: '1', secrets: [secret], outbound: { url: outside.url } }]),
    // What is under way when a process dies is due again after twice this time.
    SALLYPORT_CONNECTORS_OUTBOUND_TIMEOUT_MS: '700',
  }
  server = await serve(['dev'], folder.cwd, env)
  token = printedTokens(server)[0] ?? ''
})
afterAll(async () => {
  await server.stop()
  outside.close()
  await folder.remove()
})

const until = (socket: Knocked, type: string) => nextWhere(socket, (frame) => frame['type'] === type)

/** Ids of sample conversations of one source. */
const conversationsOf = async (source: string): Promise<readonly string[]> => {
  const list = await opened(`${server.socketUrl}/ws/conversations/`, bearer(token))
  await until(list, 'conversations_list')
  list.send(JSON.stringify({ type: 'filter_conversations', filters: { source } }))
  const rows = rowsAt(await until(list, 'conversations_list'), 'conversations').map((row) => String(at(row, 'id')))
  await list.close()
  return rows
}

const chat = async (conversation: string): Promise<Knocked> => {
  const socket = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, bearer(token))
  await until(socket, 'recent_messages')
  return socket
}

const say = (socket: Knocked, content: string): void => {
  socket.send(JSON.stringify({ type: 'chat_message', content }))
}

test('[X1] [X2] [X8] what an agent writes is queued, told so, posted with a signature, and told to sallyport.v1 as delivered', async () => {
  const [conversation = ''] = await conversationsOf('telegram')
  const modern = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, modernBearer(token))
  await until(modern, 'subscribed')
  const socket = await chat(conversation)
  say(socket, 'on its way')
  const echo = await until(socket, 'chat_message')
  expect(echo).toMatchObject({ external_send_result: { success: true, queued: true } })
  const id = String(at(echo, 'message', 'id'))
  expect(await until(modern, 'message.created')).toMatchObject({ message: { id }, queued: true })
  expect(await until(modern, 'message.delivery')).toMatchObject({ message: id, conversation, failure: null })
  const [{ headers, raw, body } = expect.unreachable('nothing was posted')] = outside.received
  expect(body.data).toMatchObject({ source: 'telegram', conversation, message: { id, content: 'on its way' } })
  expect(body.data.customer.id).not.toBeNull()
  const fields = { id: String(headers['webhook-id']), timestamp: String(headers['webhook-timestamp']), signature: String(headers['webhook-signature']) }
  expect(fields.id).toBe(id)
  expect(judgeSignature(fields, raw, [secret], 10_000, Date.now())).toBe('good')
  await Promise.all([socket.close(), modern.close()])
})

test('[X1] where no connector is reached the echo says that nothing is on its way', async () => {
  const [elsewhere = ''] = await conversationsOf('instagram')
  const socket = await chat(elsewhere)
  say(socket, 'stays here')
  expect(await until(socket, 'chat_message')).toMatchObject({ external_send_result: { success: true, queued: false } })
  await socket.close()
})

/** The receiver of the connectors page, as a reader starts it. */
const receivingPage = async () => {
  const page = spawn(process.execPath, ['examples/outbound/receive.mjs', '0'], { cwd: new URL('../../', import.meta.url), env: { ...process.env, CONNECTOR_SECRET: secret } })
  let said = ''
  page.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await expect.poll(() => said).toMatch(/^http:.*\n/)
  const [url = ''] = said.split('\n')
  const headers = { 'webhook-id': 'a', 'webhook-timestamp': String(Math.floor(Date.now() / 1_000)), 'webhook-signature': 'v1,AAAA' }
  return {
    url,
    said: () => said.split('\n').slice(1),
    unsigned: async () => (await fetch(url, { method: 'POST', headers, body: '{}' })).status,
    close: () => page.kill(),
  }
}

test('the receiver of the connectors page takes what the server sends, and nothing unsigned', async () => {
  const page = await receivingPage()
  expect(await page.unsigned()).toBe(401)
  const body = JSON.stringify({ data: { message: { id: 'm1', content: 'سلام' }, customer: { id: '4711' } } })
  const post = () => postWebhook({ url: page.url, secrets: [secret] }, { id: 'm1', body }, 5_000, Date.now(), new AbortController().signal)
  expect([await post(), await post()]).toMatchObject([{ detail: 'answered 204' }, { detail: 'answered 204' }])
  expect(page.said()).toEqual(['to 4711: سلام', ''])
  page.close()
})

test('the receiver of the connectors page outlives who breaks off, and reads no body without end', async () => {
  const page = await receivingPage()
  const post = async (length: number, sent: string): Promise<Socket> => {
    const socket = connect(Number(new URL(page.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => undefined).resume()
    socket.write(`POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: ${String(length)}\r\n\r\n${sent}`)
    return socket
  }
  const broken = await post(100, '{')
  expect(await page.unsigned()).toBe(401)
  broken.destroy()
  await once(broken, 'close')
  expect([await page.unsigned(), await page.unsigned()]).toEqual([401, 401])
  const endless = await post(1_000_000_000, ' '.repeat(2_000_000))
  await once(endless, 'close')
  expect(await page.unsigned()).toBe(401)
  page.close()
})

test('[X4] [X8] a refusal for good is an error frame in the conversation, a push, a log line and a count', async () => {
  outside.answerWith(() => 410)
  const [conversation = ''] = await conversationsOf('telegram')
  const modern = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, modernBearer(token))
  await until(modern, 'subscribed')
  const socket = await chat(conversation)
  say(socket, 'to nobody')
  const id = String(at(await until(socket, 'chat_message'), 'message', 'id'))
  const text = 'Message could not be delivered to the customer'
  expect(await until(socket, 'error')).toMatchObject({ error: text, message: text, message_id: id })
  expect(await until(modern, 'message.delivery')).toMatchObject({ message: id, failure: 'refused' })
  await expect.poll(server.stdout).toMatch(new RegExp(`delivery outcome=failed reason=refused connector=shop .*message=${id} attempts=1 .*answered 410`))
  const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
  expect(metrics).toMatch(/sallyport_deliveries_total\{connector="shop",outcome="failed"\} 1/)
  await Promise.all([socket.close(), modern.close()])
})

test('[X2] [X3] [X7] a server killed with messages under way and waiting loses none of them, keeps their order, and sends none under two ids', async () => {
  let taken = 0
  outside.received.length = 0
  // Some are taken, some fail, and some are never answered.
  outside.answerWith(() => [204, 500, undefined][(taken += 1) % 3])
  const ids = (await conversationsOf('telegram')).slice(0, 3)
  const sockets = await Promise.all(ids.map(chat))
  const sent: string[] = []
  for (let count = 0; count < 8; count += 1) {
    for (const [place, socket] of sockets.entries()) {
      say(socket, `kill ${String(place)} ${String(count)}`)
      sent.push(String(at(await until(socket, 'chat_message'), 'message', 'id')))
    }
  }
  await server.kill()
  const before = outside.received.length
  outside.answerWith(() => 200)
  server = await serve(['dev'], folder.cwd, env)
  token = printedTokens(server)[0] ?? ''
  await expect.poll(() => new Set(outside.received.map(({ headers }) => headers['webhook-id'])).size).toBe(sent.length)
  expect(before).toBeLessThan(sent.length)
  const byId = new Map<string, Posting['data']>()
  for (const { headers, body } of outside.received) {
    expect(headers['webhook-id']).toBe(body.data.message.id)
    const known = byId.get(body.data.message.id)
    expect(known ?? body.data).toEqual(body.data)
    byId.set(body.data.message.id, body.data)
  }
  expect([...byId.keys()].toSorted()).toEqual(sent.toSorted())
  for (const conversation of ids) {
    const numbers = [...byId.values()].filter((data) => data.conversation === conversation).map(({ message }) => message.seq)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }
  // Nothing is left in the queue.
  await expect.poll(async () => (await fetch(`${server.internalUrl}/metrics`)).text()).toMatch(/^sallyport_outbound_queued 0$/m)
})
