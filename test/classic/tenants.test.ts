import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { CommandBody, CommandType } from '../../dist/protocol/command.js'
import { openSqlite } from '../../dist/stores/sqlite/engine.js'
import { conversationsOf, served, type RealSocket, type Served } from './served.js'

let place: Served
let own = ''
let foreign = ''
let message = ''
let modern: RealSocket

const tables = ['conversations', 'messages', 'customers', 'tags', 'customer_tags', 'read_marks', 'workspace_log', 'workspace_counters']

/** Every row there is, of both tenants. */
const everything = async (): Promise<string> => {
  const engine = await openSqlite({ path: join(place.cwd, '.sallyport', 'sallyport.db') })
  const rows = []
  for (const table of tables) rows.push(await engine.read('lists', `select * from ${table}`, []))
  await engine.close()
  return JSON.stringify(rows)
}

beforeAll(async () => {
  place = await served()
  foreign = (await conversationsOf(place, '1'))[0] ?? ''
  own = (await conversationsOf(place, '5'))[0] ?? ''
  const reader = await place.open(`/ws/chat/${foreign}/`, '1')
  message = JSON.stringify((await reader.until(({ type }) => type === 'recent_messages'))['messages']).match(/"id":"(\w{10})"/)?.[1] ?? ''
  reader.close()
  modern = await place.open('/ws/', '5', 'sallyport.v1')
})
afterAll(() => place.stop())

test('the ids these tests try are there', () => {
  expect([own, foreign, message].every((id) => /^\w{10}$/.test(id))).toBe(true)
})

const missing = 'zzzzzzzzzz'

/** Every command with an id in it, as one would try another tenant's; commands without one see only the own workspace. */
const commands: Readonly<Record<CommandType, ((conversation: string, ofMessage: string) => CommandBody) | 'names nothing'>> = {
  authenticate: 'names nothing',
  subscribe: (conversation) => ({ type: 'subscribe', topic: `conversation:${conversation}` }),
  unsubscribe: (conversation) => ({ type: 'unsubscribe', topic: `conversation:${conversation}` }),
  'conversations.list': 'names nothing',
  'customers.list': 'names nothing',
  'messages.list': (conversation) => ({ type: 'messages.list', conversation }),
  'message.send': (conversation) => ({ type: 'message.send', conversation, key: 'k', content: 'mine now' }),
  'conversation.read': (conversation) => ({ type: 'conversation.read', conversation, upTo: 1 }),
  'conversation.update': (conversation) => ({ type: 'conversation.update', conversation, status: 'closed', tags: ['Stolen'] }),
  'conversation.claim': (conversation) => ({ type: 'conversation.claim', conversation }),
  'conversation.release': (conversation) => ({ type: 'conversation.release', conversation }),
  'message.feedback': (_conversation, ofMessage) => ({ type: 'message.feedback', message: ofMessage, feedback: 'positive' }),
  typing: (conversation) => ({ type: 'typing', conversation, active: true }),
  'presence.watch': 'names nothing',
}

describe('another tenant’s id', () => {
  test.each(Object.entries(commands).flatMap(([name, make]) => (make === 'names nothing' ? [] : [[name, make] as const])))(
    'K1 K2 K8: in %s is answered like one that is not there, and touches no row',
    async (_name, make) => {
      const before = await everything()
      const tried = await modern.ask({ id: 1, ...make(foreign, message) })
      expect(tried).toMatchObject([{ re: 1, type: 'error' }])
      expect(tried).toEqual(await modern.ask({ id: 1, ...make(missing, missing) }))
      expect(await everything()).toBe(before)
    },
  )

  test('K1 K2 K8: of a user, in an assignment or a filter, and of a customer or an epoch, is answered like one that is not there', async () => {
    const before = await everything()
    const assign = (assignee: string) => modern.ask({ id: 1, type: 'conversation.update', conversation: own, assignee })
    // User 3 is an agent of the first tenant, and nobody is called 99.
    expect(await assign('3')).toMatchObject([{ re: 1, code: 'not_found' }])
    expect(await assign('3')).toEqual(await assign('99'))
    const narrowed = (filter: object) => modern.ask({ id: 2, type: 'conversations.list', filter })
    expect(await narrowed({ assignee: '3' })).toMatchObject([{ items: [], total: 0 }])
    expect(await narrowed({ assignee: '3' })).toEqual(await narrowed({ assignee: '99' }))
    // Where a list goes on says nothing of where the row of the cursor lies.
    const page = (id: string) => modern.ask({ id: 3, type: 'conversations.list', cursor: Buffer.from(JSON.stringify([Date.now() + 1_000, id, '-updatedAt'])).toString('base64url') })
    expect(await page(foreign)).toEqual(await page(missing))

    const resumed = async (epoch: unknown) => modern.ask({ id: 4, type: 'subscribe', topic: 'conversations', since: { epoch, offset: 0 } })
    const theirs = await (await place.open('/ws/', '1', 'sallyport.v1')).ask({ id: 1, type: 'subscribe', topic: 'conversations' })
    const epoch = theirs.find(({ re }) => re === 1)?.['epoch']
    expect(epoch).toEqual(expect.any(String))
    expect(await resumed(epoch)).toEqual(await resumed('nobody’s'))
    await modern.ask({ id: 5, type: 'unsubscribe', topic: 'conversations' })

    const authorization = `Bearer ${await place.tokenOf('5')}`
    const call = async (method: string, path: string, body?: object): Promise<string> => {
      const answer = await fetch(`${place.server.publicUrl}/api/v1/${path}`, { method, headers: { authorization, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      return `${String(answer.status)} ${(await answer.text()).replaceAll(foreign, missing)}`
    }
    // Customers 1 to 40 are those of the first tenant.
    expect(await call('PATCH', 'customers/7', { firstName: 'Mine' })).toMatch(/^404 /)
    expect(await call('PATCH', 'customers/7', { firstName: 'Mine' })).toBe(await call('PATCH', 'customers/99999', { firstName: 'Mine' }))
    expect(await call('DELETE', 'customers/7')).toBe(await call('DELETE', 'customers/99999'))
    expect(await call('DELETE', `conversations/${foreign}`)).toBe(await call('DELETE', `conversations/${missing}`))
    expect(await call('PATCH', 'conversations', { ids: [foreign], status: 'closed' })).toBe(await call('PATCH', 'conversations', { ids: [missing], status: 'closed' }))
    expect(await everything()).toBe(before)
  })

  test('K1 K2: in the path of a classic socket is refused like one that is not there, and touches no row', async () => {
    const before = await everything()
    const refusal = async (id: string): Promise<string> => {
      const token = await place.tokenOf('5')
      return new Promise((resolve, reject) => {
        const socket = new WebSocket(`${place.server.socketUrl}/ws/chat/${id}/?token=${token}`)
        socket.on('open', () => {
          reject(new Error('It was let in'))
        })
        socket.on('unexpected-response', (_request, response) => {
          let body = ''
          response.on('data', (part: Buffer) => {
            body += part.toString()
          })
          response.on('end', () => {
            resolve(`${String(response.statusCode)} ${body.replace(/"decisionId":"[^"]+"/, '')}`)
          })
        })
        socket.on('error', reject)
      })
    }
    expect(await refusal(foreign)).toMatch(/^404 /)
    expect(await refusal(foreign)).toBe(await refusal(missing))
    expect(await everything()).toBe(before)
  })

  test('K1 K2 K3: in a classic request is answered like one that is not there, and touches no row', async () => {
    const chat = await place.open(`/ws/chat/${own}/`, '5')
    await chat.until(({ type }) => type === 'recent_messages')
    const before = await everything()
    const withoutTime = (frames: readonly Readonly<Record<string, unknown>>[]) => frames.map((frame) => ({ ...frame, timestamp: undefined }))
    const give = (id: string) => chat.ask({ type: 'submit_feedback', message_id: id, feedback: 'positive', comment: 'mine' })
    expect(await give(message)).toMatchObject([{ type: 'error', error: 'Message not found or you do not have permission to access it' }])
    expect(withoutTime(await give(message))).toEqual(withoutTime(await give(missing)))
    // A conversation named in a request changes nothing: the socket's own is meant.
    expect(await chat.ask({ type: 'get_messages', conversation_id: foreign, filters: { conversation: foreign } })).not.toMatchObject([{ messages: [{ conversation_id: foreign }] }])
    await chat.ask({ type: 'typing', conversation_id: foreign })
    const customers = await place.open('/ws/customers/', '5')
    await customers.until(({ type }) => type === 'customers_list')
    // Tag ids of the first tenant are the lowest ones.
    expect(await customers.ask({ type: 'filter_customers', filters: { tag_ids: [1, 2, 3] } })).toMatchObject([{ type: 'customers_list', count: 0 }])
    expect(await everything()).toBe(before)
    chat.close()
    customers.close()
  })
})
