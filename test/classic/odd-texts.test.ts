import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conversationsOf, served, type Served } from './served.js'

let place: Served
let conversation = ''

beforeAll(async () => {
  place = await served({ SALLYPORT_LOG_LEVEL: 'warn' })
  conversation = (await conversationsOf(place, '1'))[0] ?? ''
})
afterAll(() => place.stop())

const oddText = fc.oneof(
  fc.constantFrom('\0', 'a\0b', '\ud800', '\udfff', '__proto__', 'constructor', '%00', '%', "'", '"', '*', '\u202e', '1e9', '-1', '9'.repeat(30), 'a'.repeat(3_000), ''),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const cursor = (...parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** Every place of a command in which a client may write a text of his own. */
const commands: readonly ((text: string) => object)[] = [
  (topic) => ({ type: 'subscribe', topic }),
  (text) => ({ type: 'subscribe', topic: `conversation:${text}` }),
  (epoch) => ({ type: 'subscribe', topic: 'customers', since: { epoch, offset: 0 } }),
  (text) => ({ type: 'unsubscribe', topic: `conversation:${text}` }),
  ...['search', 'source', 'assignee', 'status'].map((name) => (text: string) => ({ type: 'conversations.list', filter: { [name]: text } })),
  ...['search', 'source'].map((name) => (text: string) => ({ type: 'customers.list', filter: { [name]: text } })),
  ...['conversations.list', 'customers.list'].flatMap((type) => [
    (tag: string) => ({ type, filter: { tags: [tag] } }),
    (by: string) => ({ type, order: { by, descending: true } }),
    (text: string) => ({ type, cursor: text }),
    (id: string) => ({ type, order: { by: 'createdAt', descending: true }, cursor: cursor(1, id, '-createdAt') }),
  ]),
  (key) => ({ type: 'conversations.list', order: { by: 'title', descending: false }, cursor: cursor(key, 'abcdefghij', 'title') }),
  (key) => ({ type: 'customers.list', order: { by: 'firstName', descending: false }, cursor: cursor(key, '1', 'firstName') }),
  (text) => ({ type: 'messages.list', conversation: text }),
  (key) => ({ type: 'message.send', conversation, key, content: 'hello' }),
  (text) => ({ type: 'message.send', conversation, key: `k${String(Math.random())}`, content: text }),
  (text) => ({ type: 'message.send', conversation: text, key: 'k', content: 'hello' }),
  (text) => ({ type: 'conversation.read', conversation: text, upTo: 1 }),
  (assignee) => ({ type: 'conversation.update', conversation, assignee }),
  (tag) => ({ type: 'conversation.update', conversation, tags: [tag] }),
  (message) => ({ type: 'message.feedback', message, feedback: 'positive', comment: message }),
  (text) => ({ type: 'typing', conversation: text, active: true }),
  (token) => ({ type: 'authenticate', token }),
  (type) => ({ type }),
]

test('[E18] no text in any command of sallyport.v1 is a failure: each is answered, and the socket stays', async () => {
  const socket = await place.open('/ws/', '1', 'sallyport.v1')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...commands), oddText, async (make, text) => {
      const replies = (await socket.ask({ id: 1, ...make(text) })).filter((frame) => 're' in frame)
      expect(replies.map(({ code }) => code)).not.toContain('internal_error')
      expect(replies).toHaveLength(1)
      expect(socket.code()).toBeUndefined()
    }),
    { numRuns: 400 },
  )
  socket.close()
  expect(place.server.stdout()).not.toContain('"event":"failure"')
})

const requests: readonly ((text: string) => object)[] = [
  ...['get_conversations', 'filter_conversations', 'get_customers', 'filter_customers', 'get_messages'].flatMap((type) =>
    ['search', 'status', 'source', 'tag_ids', 'tags', 'date_from', 'priority', 'page', 'page_size', 'sort_by'].map((name) => (text: string) => ({ type, filters: { [name]: text } })),
  ),
  ...['search_conversations', 'search_customers'].map((type) => (text: string) => ({ type, search_term: text })),
  (content) => ({ type: 'chat_message', content }),
  (text) => ({ type: 'submit_feedback', message_id: text, feedback: text, comment: text }),
  (type) => ({ type }),
  (text) => ({ type: 'typing', is_typing: text }),
]

test.each(['conversations', 'customers', 'chat'])('[E18] nor is one in a request of the classic dialect: %s', async (kind) => {
  const socket = await place.open(kind === 'chat' ? `/ws/chat/${conversation}/` : `/ws/${kind}/`, '1')
  await socket.until(({ type }) => type === 'connection_established')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...requests), oddText, async (make, text) => {
      await socket.ask(make(text))
      expect(socket.code()).toBeUndefined()
    }),
    { numRuns: 200 },
  )
  socket.close()
  expect(place.server.stdout()).not.toContain('"event":"failure"')
})
