import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storableText } from '../../dist/conversation/storable-text.js'
import { conversationsOf, served, type RealSocket, type Served } from './served.js'

const read = async <T>(name: string): Promise<T> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a vector file of this repository
  return JSON.parse(await readFile(new URL(`../vectors/hostile/${name}`, import.meta.url), 'utf8')) as T
}

let place: Served
let chat: RealSocket
let conversations: RealSocket
let customers: RealSocket
let id = ''

beforeAll(async () => {
  place = await served({ SALLYPORT_LIMITS_FRAME_BYTES: '16777216' })
  id = (await conversationsOf(place, '1'))[0] ?? ''
  ;[chat, conversations, customers] = await Promise.all([place.open(`/ws/chat/${id}/`, '1'), place.open('/ws/conversations/', '1'), place.open('/ws/customers/', '1')])
  await chat.until(({ type }) => type === 'recent_messages')
  await conversations.until(({ type }) => type === 'conversations_list')
  await customers.until(({ type }) => type === 'customers_list')
})
afterAll(() => place.stop())

const alive = async (): Promise<void> => {
  for (const socket of [chat, conversations, customers]) expect(socket.code()).toBeUndefined()
  expect(await chat.ask({ type: 'get_messages' })).toMatchObject([{ type: 'recent_messages' }])
}

test('every naughty string is stored and echoed as it is, or refused with an error frame, and is nowhere more than text', async () => {
  const { strings } = await read<{ strings: readonly string[] }>('naughty-strings.json')
  expect(strings.length).toBeGreaterThan(100)
  const echoed: string[] = []
  for (const text of strings) {
    const said = await chat.ask({ type: 'chat_message', content: text })
    if (storableText(text.trim()) === '') expect(said).toMatchObject([{ type: 'error', error: 'Message content cannot be empty' }])
    else {
      expect(said).toMatchObject([{ type: 'chat_message', message: { content: storableText(text.trim()) } }])
      echoed.push(storableText(text.trim()))
    }
    expect(await chat.ask({ type: 'submit_feedback', message_id: text === '' ? '-' : text, feedback: 'none', comment: text })).toMatchObject([{ type: 'error', error: 'Message not found or you do not have permission to access it' }])
    expect((await chat.ask({ type: text })).length).toBeLessThanOrEqual(1)
  }
  const kept: unknown[] = []
  for (let page = 1; kept.length < echoed.length; page += 1) {
    const [frame] = await chat.ask({ type: 'get_messages', filters: { page_size: 500, page } })
    const rows: unknown = frame?.['messages']
    if (!Array.isArray(rows) || rows.length === 0) break
    kept.unshift(...rows.map((row: unknown): unknown => (typeof row === 'object' && row !== null && 'content' in row ? row.content : undefined)))
  }
  expect(kept.slice(-echoed.length)).toEqual(echoed)
  await alive()
})

test('every naughty string as a search or a filter answers one list or one error', async () => {
  const { strings } = await read<{ strings: readonly string[] }>('naughty-strings.json')
  // Nobody writes in this workspace, so that nothing is refreshed unasked.
  const quiet = await place.open('/ws/customers/', '5')
  await quiet.until(({ type }) => type === 'customers_list')
  for (const text of strings) {
    for (const filters of [{ search: text }, { tags: [text] }, { date_from: text }, { page: text, page_size: text, order_by: text, status: text }]) {
      expect((await quiet.ask({ type: 'filter_customers', filters })).length, JSON.stringify(filters)).toBe(1)
    }
  }
  await alive()
})

test('every JSON document, sound or not, is answered or passed over, and the sockets stay', async () => {
  const { vectors } = await read<{ vectors: readonly { name: string; expect: string; base64: string }[] }>('json-parsing-vectors.json')
  expect(vectors.length).toBeGreaterThan(100)
  for (const { name, expect: wanted, base64 } of vectors) {
    const document = Buffer.from(base64, 'base64')
    // Text that is not UTF-8 is a fault of the framing, [F4], and never gets here.
    if (!Buffer.from(document.toString()).equals(document)) continue
    const said = await chat.ask(document)
    if (wanted === 'reject') expect(said, name).toMatchObject([{ type: 'error', error: 'Invalid JSON format', message: 'Invalid JSON format' }])
    else expect(said.length, name).toBeLessThanOrEqual(1)
    expect((await customers.ask(document)).filter(({ type }) => type === 'error').length, name).toBe(said.filter(({ error }) => error === 'Invalid JSON format' || String(error).startsWith('Message must') || String(error).startsWith('Field')).length)
  }
  await alive()
})

test.each<[what: string, message: unknown, answer: object]>([
  ['eight mebibytes of content', { type: 'chat_message', content: 'x'.repeat(8 * 1024 * 1024) }, { type: 'error', error: 'Message content is too long' }],
  ['a page of a thousand million', { type: 'get_messages', filters: { page_size: 1e9 } }, { type: 'recent_messages', pagination: { page_size: 500 } }],
  ['a page far beyond the end', { type: 'get_messages', filters: { page: 1e15 } }, { type: 'recent_messages', messages: [], pagination: { has_next: false } }],
  ['an object a hundred thousand deep', `{"type":"get_messages","filters":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`, { type: 'error' }],
  ['brackets without end', '['.repeat(1_000_000), { type: 'error', error: 'Invalid JSON format' }],
  ['a list of a million filters', { type: 'get_messages', filters: Array.from({ length: 1_000_000 }, () => 0) }, { type: 'error' }],
  ['content that is a number', { type: 'chat_message', content: 5 }, { type: 'error' }],
])('%s is answered in one frame, and the socket stays', async (_what, message, answer) => {
  expect(await chat.ask(message)).toMatchObject([answer])
  await alive()
})

test('a type that is no text is passed over like one nobody knows, and the socket stays', async () => {
  for (const type of [{}, [], null, 5, true]) expect(await chat.ask({ type, content: 'x' })).toEqual([])
  await alive()
})
