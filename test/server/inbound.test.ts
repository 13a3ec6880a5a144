import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { signWebhook } from '../../dist/server/connectors/webhook-signature.js'
import { bearer, modernBearer, opened, type Knocked } from './knock.js'
import { printedTokens, serve, temporaryFolder, type Serving } from './run-cli.js'

const stored = z.object({ message: z.object({ id: z.string(), conversation: z.string(), seq: z.int() }) })
const faults = z.object({ errors: z.array(z.string()) })
const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const secret = 'inbound-test-secret-'.padEnd(44, 'h5Pw')
const older = 'inbound-test-older-secret-'.padEnd(44, 'g3Mx')
const env = {
  SALLYPORT_LOG_LEVEL: 'warn',
  SALLYPORT_LIMITS_INBOUND_MAX: '60',
  SALLYPORT_CONNECTORS_SOURCES: JSON.stringify([
    { name: 'shop', source: 'telegram', workspace: '1', secrets: [secret, older] },
    { name: 'nowhere', workspace: '77', secrets: [secret] },
    { name: 'busy', workspace: '1', secrets: [secret] },
    // Each has a limit of its own.
    ...['odd', 'late', 'many'].map((name) => ({ name, workspace: '1', secrets: [secret] })),
  ]),
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving
let token = ''

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await serve(['dev'], folder.cwd, env)
  token = printedTokens(server)[0] ?? ''
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const message = (id: string, content = 'hello', customer = 'u1'): object => ({ message: { id, content }, customer: { id: customer, firstName: 'Emma' } })

interface Posting {
  readonly source?: string
  readonly by?: string
  readonly atMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

const post = async (body: unknown, { source = 'shop', by = secret, atMs = Date.now(), headers }: Posting = {}) => {
  const raw = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const id = randomUUID()
  const timestamp = String(Math.floor(atMs / 1_000))
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signWebhook(by, id, timestamp, raw) }
  const answer = await fetch(`${server.publicUrl}/api/v1/inbound/${source}`, { method: 'POST', body: new Uint8Array(raw), headers: headers ?? signed })
  const value: unknown = await answer.json()
  return { status: answer.status, type: answer.headers.get('content-type'), retryAfter: answer.headers.get('retry-after'), value, signed }
}

/** Takes frames until one of a type comes. */
const until = async (socket: Knocked, type: string): Promise<Readonly<Record<string, unknown>>> => {
  for (;;) {
    const frame = await socket.next()
    if (frame.type === type) return frame
  }
}

test('[I1] [I3] [I6] a signed message of a new customer is stored and told to lists, to the open conversation and to sallyport.v1', async () => {
  const list = await opened(`${server.socketUrl}/ws/conversations/`, bearer(token))
  const people = await opened(`${server.socketUrl}/ws/customers/`, bearer(token))
  await until(list, 'conversations_list')
  await until(people, 'customers_list')
  const first = await post(message('1'))
  expect(first).toMatchObject({ status: 201, value: { message: { seq: 1 }, repeated: false } })
  const { conversation } = stored.parse(first.value).message
  expect(await until(list, 'conversations_list')).toMatchObject({ conversations: [{ id: conversation, status: 'support_active', unread_count: 1, source: 'telegram' }, ...Array.from({ length: 9 }, () => ({}))] })
  await until(people, 'customers_list')

  const chat = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, bearer(token))
  const modern = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, modernBearer(token))
  await until(chat, 'recent_messages')
  await until(modern, 'subscribed')
  // The older secret is good for as long as it is configured.
  expect((await post(message('2', 'and another'), { by: older })).status).toBe(201)
  expect(await until(chat, 'chat_message')).toMatchObject({ message: { content: 'and another', type: 'customer', customer: { first_name: 'Emma' } }, external_send_result: {} })
  expect(await until(modern, 'message.created')).toMatchObject({ message: { content: 'and another', seq: 2, marks: [] } })
  await Promise.all([list.close(), people.close(), chat.close(), modern.close()])
})

test('[I2] no signature, a malformed, a wrong and a stale one are refused as problems, and the body is not looked at', async () => {
  expect(await post('no json', { headers: {} })).toMatchObject({ status: 401, type: 'application/problem+json', value: { code: 'signature_missing' } })
  const inMilliseconds = { 'webhook-id': 'a', 'webhook-timestamp': String(Date.now()), 'webhook-signature': 'v1,AAAA' }
  expect(await post('no json', { headers: inMilliseconds })).toMatchObject({ status: 401, value: { code: 'signature_malformed' } })
  expect(await post('no json', { by: 'x'.repeat(40) })).toMatchObject({ status: 401, value: { code: 'signature_wrong' } })
  expect(await post(message('3'), { atMs: Date.now() - 302_000 })).toMatchObject({ status: 401, value: { code: 'signature_stale' } })
  expect(await post(message('3'), { atMs: Date.now() + 302_000 })).toMatchObject({ status: 401, value: { code: 'signature_stale' } })
})

test('[I1] [I2] whatever is changed on the way, in a body, an id, a time or a signature, is a wrong signature', async () => {
  const raw = Buffer.from(JSON.stringify(message('m1')))
  const id = randomUUID()
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const right = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signWebhook(secret, id, timestamp, raw) }
  const digit = fc.constantFrom(...'0123456789')
  const changed = fc.oneof(
    fc.tuple(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 })).map(([place, by]) => {
      const body = Buffer.from(raw)
      body[place] = (body[place] ?? 0) ^ by
      return { body, headers: right }
    }),
    fc.nat(raw.length - 1).map((length) => ({ body: raw.subarray(0, length), headers: right })),
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 5 }).map((more) => ({ body: Buffer.concat([raw, Buffer.from(more)]), headers: right })),
    fc.uuid().map((other) => ({ body: raw, headers: { ...right, 'webhook-id': other } })),
    // Within the tolerance, so that it is no matter of the clock.
    fc.tuple(digit, digit).filter((digits) => digits.join('') !== timestamp.slice(-2)).map((digits) => ({ body: raw, headers: { ...right, 'webhook-timestamp': timestamp.slice(0, -2) + digits.join('') } })),
    fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => ({ body: raw, headers: { ...right, 'webhook-signature': `v1,${Buffer.from(bytes).toString('base64')}` } })),
    fc.constantFrom('v1', 'v1,', ',', 'v2', right['webhook-signature'].replace('v1', 'v1a'), `x ${'v1,AAAA '.repeat(5)}${right['webhook-signature']}`).map((signature) => ({ body: raw, headers: { ...right, 'webhook-signature': signature } })),
  )
  await fc.assert(
    fc.asyncProperty(changed, async ({ body, headers }) => {
      expect(await post(body, { source: 'odd', headers })).toMatchObject({ status: 401, value: { code: 'signature_wrong' } })
    }),
    { numRuns: 200 },
  )
  // A body that begins a byte later, with that byte moved into the time.
  expect(await post(raw.subarray(1), { source: 'odd', headers: { ...right, 'webhook-timestamp': `${timestamp}.{` } })).toMatchObject({ status: 401, value: { code: 'signature_malformed' } })
  // It was good all the time, and none of those took a place of the limit.
  expect(await post(raw, { source: 'odd', headers: right })).toMatchObject({ status: 201 })
})

test('[I2] [I3] a sender whose clock is off, by nearly five minutes either way, and whose messages overtake each other, loses and doubles none', async () => {
  const skews = [-290_000, 290_000, 0, -1_000, 120_000]
  const answers = await Promise.all(skews.map((skew, index) => post(message(`s${String(index)}`, `skewed by ${String(skew)}`, 'u9'), { source: 'late', atMs: Date.now() + skew })))
  expect(answers.map(({ status }) => status)).toEqual(skews.map(() => 201))
  const told = answers.map(({ value }) => stored.parse(value).message)
  expect(new Set(told.map(({ conversation }) => conversation)).size).toBe(1)
  expect(told.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
  // Sent again in the other order, with times of their own.
  for (const [index, first] of [...told.entries()].toReversed()) {
    const again = await post(message(`s${String(index)}`, `skewed by ${String(skews[index])}`, 'u9'), { source: 'late' })
    expect(again).toMatchObject({ status: 200, value: { message: first, repeated: true } })
  }
})

test('[I5] a text that no column holds is stored with U+FFFD in its place or refused, and is never a failure', async () => {
  for (const text of ['\0', 'a\0b', '\ud800', '\udfff!']) {
    const id = randomUUID()
    const profile = Object.fromEntries(['firstName', 'lastName', 'username', 'email', 'phoneNumber'].map((name) => [name, text]))
    // A customer who is new, and one who is known.
    for (const turn of ['1', '2']) expect((await post({ message: { id: turn, content: `x${text}` }, customer: { id, ...profile } }, { source: 'odd' })).status).toBe(201)
    expect((await post({ message: { id: '3', contentType: 'image', mediaUrl: `https://shop.example/${text}` }, customer: { id } }, { source: 'odd' })).status).toBe(400)
  }
  expect((await post({ message: { id: '3', contentType: 'image', mediaUrl: 'https://shop.example/a b' }, customer: { id: 'u5' } }, { source: 'odd' })).status).toBe(400)
  const latin = Buffer.from(JSON.stringify(message('3', 'Grüße')), 'latin1')
  expect(await post(latin, { source: 'odd' })).toMatchObject({ status: 400, value: { code: 'bad_body', title: 'The body is not UTF-8.' } })
  expect(server.stdout()).not.toContain('failure')
})

test('[I4] fifty at once are one message, a replay is told so, also after a restart, and another text under its id is refused', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(message('4', 'once', 'u4'), { source: 'many' })))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 49 }, () => 200), 201])
  const [{ value, signed } = { value: undefined, signed: {} }] = answers
  await server.stop()
  server = await serve(['dev'], folder.cwd, env)
  const replayed = await post(message('4', 'once', 'u4'), { source: 'many', headers: signed })
  expect(replayed).toMatchObject({ status: 200, value: { message: stored.parse(value).message, repeated: true } })
  expect(await post(message('4', 'twice', 'u4'), { source: 'many' })).toMatchObject({ status: 409, value: { code: 'message_id_reused' } })
})

test('[I5] what is wrong is told with its place, and nothing of it is stored', async () => {
  expect(await post(message('5'), { source: 'elsewhere' })).toMatchObject({ status: 404, value: { code: 'not_found' } })
  expect(await post(message('5', 'x'.repeat(70_000)))).toMatchObject({ status: 413, value: { code: 'body_too_large' } })
  expect(await post('{')).toMatchObject({ status: 400, value: { code: 'bad_body' } })
  const wrong = { message: { id: '', contentType: 'gif', mediaUrl: 'javascript:alert(1)' }, customer: { id: 'a', nick: 'b' } }
  const { value } = await post(wrong)
  expect(faults.parse(value).errors.map((line) => line.split(':')[0])).toEqual(expect.arrayContaining(['message.id', 'message.contentType', 'message.mediaUrl', 'customer']))
  for (const nothing of [[], null, 5, { message: { id: '5' }, customer: { id: 'u' } }, { message: { id: '5', content: 'x', contentType: 'image' }, customer: { id: 'u' } }]) {
    expect(await post(JSON.stringify(nothing))).toMatchObject({ status: 400 })
  }
  expect(await post(message('5'), { source: 'nowhere' })).toMatchObject({ status: 503, retryAfter: '60' })
  expect((await fetch(`${server.publicUrl}/api/v1/inbound/shop`)).status).toBe(405)
  const answers = await Promise.all(Array.from({ length: 61 }, (_, index) => post(message(`b${String(index)}`), { source: 'busy' })))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(60)
  expect(answers.find(({ status }) => status === 429)).toMatchObject({ type: 'application/problem+json', value: { code: 'rate_limited' } })
})

test('[I7] what looks like spam is stored with its marks and logged', async () => {
  const marked = await post(message('7', 'A'.repeat(1_001), 'u7'))
  expect(marked.status).toBe(201)
  const { conversation } = stored.parse(marked.value).message
  const modern = await opened(`${server.socketUrl}/ws/chat/${conversation}/`, modernBearer(token))
  expect(await until(modern, 'subscribed')).toMatchObject({ page: { items: [{ marks: ['content_too_long', 'potential_spam'] }] } })
  await modern.close()
  await expect.poll(() => server.stdout()).toMatch(/message_marked.*shop:u7.*spamScore=3/)
})

test('the examples of the connectors page are the files of the same name, and those that send sign what the server takes', async () => {
  const page = await readFile(new URL('docs/connectors.md', root), 'utf8')
  const shown = [...page.matchAll(/^```\w+ example=(\S+)\n([\s\S]*?)^```$/gm)]
  expect(shown.map(([, name]) => name)).toEqual(['inbound/send.mjs', 'inbound/send.sh', 'outbound/receive.mjs'])
  for (const [, name = '', text] of shown) {
    expect(text).toBe(await readFile(new URL(`examples/${name}`, root), 'utf8'))
    if (!name.startsWith('inbound/')) continue
    const words = [`${server.publicUrl}/api/v1/inbound/shop`, `example-${name}`, 'u9', 'Where is my order?']
    const program = name.endsWith('.sh') ? 'sh' : process.execPath
    const { stdout } = await run(program, [`examples/${name}`, ...words], { cwd: root, env: { ...process.env, CONNECTOR_SECRET: secret } })
    expect(stdout).toContain('201')
  }
})
