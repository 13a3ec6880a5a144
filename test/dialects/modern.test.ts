import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../dist/admission/store-unavailable.js'
import { at, makeStage, now, rowsAt, types, type Client, type Stage } from './stage.js'

const openModern = (stage: Stage, endpoint: string, rest: { userId?: string; conversation?: string } = {}) =>
  stage.open({ dialect: 'sallyport.v1', endpoint, ...rest })

const openRoom = async (stage: Stage, userId = '1'): Promise<{ readonly id: string; readonly client: Client }> => {
  const [id = ''] = await stage.ids()
  const client = await openModern(stage, 'chat', { conversation: id, userId })
  client.take()
  return { id, client }
}

const send = (id: string, key: string, rest: object = {}) => ({ id: key, type: 'message.send', conversation: id, key, content: `content of ${key}`, ...rest })

describe('a session of sallyport.v1 begins', () => {
  test('with a welcome that says who, until when and how much', async () => {
    const stage = await makeStage()
    const client = await stage.open({ dialect: 'sallyport.v1', endpoint: 'root', expiresAt: now + 5_000 })
    expect(client.take()).toEqual([
      {
        type: 'welcome', session: client.session.id, user: { id: '1', role: 'agent' }, workspace: { id: '1', name: 'Lantern & Loom' },
        protocol: 'sallyport.v1', expiresAt: now + 5_000, serverTime: now, heartbeatMs: 25_000,
        limits: { frameBytes: 65_536, contentCharacters: 10_000, pageSize: 100, subscriptions: 100, messages: { max: 60, windowMs: 60_000 } },
        development: false,
      },
    ])
  })

  test.each(['conversations', 'customers'])('on the path of %s with that topic and its first page', async (endpoint) => {
    const client = await openModern(await makeStage(), endpoint)
    const [, subscribed] = client.take()
    expect(subscribed).toMatchObject({ type: 'subscribed', topic: endpoint, offset: 0, recovered: false, events: [] })
    expect(at(subscribed, 'epoch')).toEqual(expect.any(String))
    expect(rowsAt(subscribed, 'page', 'items').length).toBe(endpoint === 'customers' ? 40 : 50)
  })

  test('on the path of a conversation with its messages', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const [, subscribed] = (await openModern(stage, 'chat', { conversation: id })).take()
    expect(subscribed).toMatchObject({ topic: `conversation:${id}`, page: { conversation: { id }, hasOlder: false } })
    expect(rowsAt(subscribed, 'page', 'items').map((item) => at(item, 'seq'))).toEqual(
      rowsAt(subscribed, 'page', 'items').map((_, index) => index + 1),
    )
  })

  test('and ends on the path of another tenant’s conversation, as of one that is not there', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const foreign = await openModern(stage, 'chat', { conversation: id, userId: '5' })
    const missing = await openModern(stage, 'chat', { conversation: 'nowhere', userId: '5' })
    expect([foreign.closed?.code, missing.closed?.code]).toEqual([4404, 4404])
    expect(types(foreign.take())).toEqual(['welcome'])
  })

  test('also while the store is away, and says so', async () => {
    const stage = await makeStage()
    stage.fail(new StoreUnavailable('sqlite', 'away'))
    const client = await openModern(stage, 'conversations')
    expect(client.take()).toMatchObject([{ type: 'welcome', workspace: null }, { type: 'subscription.failed', topic: 'conversations', code: 'unavailable' }])
    stage.fail(undefined)
    expect(await client.ask({ id: 1, type: 'subscribe', topic: 'conversations' })).toMatchObject([{ re: 1, type: 'ok', recovered: false }])
  })
})

describe('every message is answered', () => {
  test.each([
    ['nope', { type: 'error', code: 'invalid_json' }],
    ['[]', { type: 'error', code: 'invalid_json' }],
    ['{}', { type: 'error', code: 'invalid_command' }],
    ['{"id":1}', { re: 1, type: 'error', code: 'invalid_command' }],
    ['{"id":1,"type":"nobody"}', { re: 1, type: 'error', code: 'unknown_command' }],
    ['{"id":"a","type":"conversation.claim","conversation":"c"}', { re: 'a', type: 'error', code: 'not_available' }],
    ['{"id":1,"type":"presence.watch","ids":[]}', { re: 1, type: 'error', code: 'not_available' }],
    ['{"id":1,"type":"unsubscribe","topic":"customers"}', { re: 1, type: 'error', code: 'not_subscribed' }],
    ['{"id":1,"type":"messages.list","conversation":"nowhere"}', { re: 1, type: 'error', code: 'not_found' }],
    ['{"id":1,"type":"conversations.list","cursor":"nonsense"}', { re: 1, type: 'error', code: 'invalid_command', message: '"cursor" is missing or wrong: must be "next" of a page of this list, in the same order' }],
    ['{"id":1,"type":"typing","conversation":"c","active":true}', { re: 1, type: 'error', code: 'not_subscribed' }],
  ])('%s', async (text, reply) => {
    const client = await openModern(await makeStage(), 'conversations')
    const said = await client.ask(text)
    expect(said).toMatchObject([reply])
    expect(at(said[0], 'message')).toEqual(expect.any(String))
    expect(Object.hasOwn(said[0] ?? {}, 're')).toBe('re' in reply)
    expect(client.closed).toBeUndefined()
  })

  test('whatever it is, exactly once, and the socket stays', async () => {
    const stage = await makeStage({ messages: { max: 1_000_000, windowMs: 60_000 } })
    const { id, client } = await openRoom(stage)
    const names = ['subscribe', 'unsubscribe', 'conversations.list', 'messages.list', 'message.send', 'conversation.read', 'conversation.update', 'typing', 'x']
    const message = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.record({
        id: fc.oneof(fc.integer(), fc.jsonValue()), type: fc.constantFrom(...names), topic: fc.constantFrom('customers', `conversation:${id}`, 'x'),
        conversation: fc.constantFrom(id, 'x'), key: fc.string(), content: fc.string({ unit: 'binary' }), upTo: fc.integer(), filter: fc.jsonValue(),
        limit: fc.integer(), active: fc.boolean(), status: fc.constantFrom('closed', 'x'), assignee: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)),
      }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
    )
    await fc.assert(
      fc.asyncProperty(message, async (text) => {
        const said = await client.ask(text)
        expect(said.filter(({ type }) => type === 'ok' || type === 'error')).toHaveLength(1)
        expect(client.closed).toBeUndefined()
      }),
      { numRuns: 400 },
    )
    expect(stage.failures).toEqual([])
  })

  test('a fault of ours is an error without a word of the inside', async () => {
    const stage = await makeStage()
    const client = await openModern(stage, 'conversations')
    stage.fail(new Error('a secret of the inside'))
    const said = await client.ask({ id: 1, type: 'conversations.list' })
    expect(said).toMatchObject([{ re: 1, type: 'error', code: 'internal_error' }])
    expect(JSON.stringify(said)).not.toContain('secret')
  })
})

describe('lists', () => {
  test('go on by cursor to the end without a gap, also when something arrives meanwhile', async () => {
    const stage = await makeStage()
    const client = await openModern(stage, 'root')
    const expected = await stage.ids()
    const seen: unknown[] = []
    let cursor: unknown
    do {
      const [page] = await client.ask({ id: 1, type: 'conversations.list', limit: 30, ...(typeof cursor === 'string' ? { cursor } : {}) })
      seen.push(...rowsAt(page, 'items').map((item) => at(item, 'id')))
      cursor = at(page, 'next')
      const [last = ''] = expected.slice(-1)
      await client.ask(send(last, `during ${String(seen.length)}`.replaceAll(' ', '-')))
    } while (cursor !== null)
    expect(seen).toEqual(expected.slice(0, -1))
  })

  test.each([
    ['conversations.list', ['title', 'status', 'priority', 'createdAt', 'updatedAt']], ['customers.list', ['firstName', 'createdAt', 'updatedAt']],
  ])('[S23] of %s go on by cursor in every sort, and a cursor belongs to the sort it came from', async (type, sorts) => {
    const stage = await makeStage()
    const client = await openModern(stage, 'root')
    for (const order of sorts.flatMap((by) => [{ by, descending: false }, { by, descending: true }])) {
      const [whole] = await client.ask({ id: 1, type, order, limit: 100 })
      const seen: unknown[] = []
      let cursor: unknown
      do {
        const [page] = await client.ask({ id: 1, type, order, limit: 9, ...(typeof cursor === 'string' ? { cursor } : {}) })
        seen.push(...rowsAt(page, 'items').map((item) => at(item, 'id') ?? at(item, 'customer', 'id')))
        cursor = at(page, 'next')
        const other = { ...order, descending: !order.descending }
        if (typeof cursor === 'string') expect(await client.ask({ id: 2, type, order: other, cursor })).toMatchObject([{ re: 2, code: 'invalid_command' }])
      } while (cursor !== null)
      expect(seen.length).toBeGreaterThan(30)
      expect(seen.slice(0, 100), JSON.stringify(order)).toEqual(rowsAt(whole, 'items').map((item) => at(item, 'id') ?? at(item, 'customer', 'id')))
    }
    expect(await client.ask({ id: 3, type, order: { by: 'nobody', descending: true } })).toMatchObject([{ re: 3, code: 'invalid_command' }])
    for (const forged of [[5, 'x'], ['text', 'x', '-updatedAt'], [null, 'x', '-updatedAt'], [5, '\u0000', '-updatedAt'], 5]) {
      const cursor = Buffer.from(JSON.stringify(forged)).toString('base64url')
      expect(await client.ask({ id: 4, type, order: { by: 'updatedAt', descending: true }, cursor })).toMatchObject([{ re: 4, code: 'invalid_command' }])
    }
  })

  test('[S23] take no cursor of another list, nor one that names what is no row of theirs', async () => {
    const client = await openModern(await makeStage(), 'root')
    const order = { by: 'createdAt', descending: true }
    const [page] = await client.ask({ id: 1, type: 'conversations.list', order, limit: 9 })
    expect(await client.ask({ id: 2, type: 'customers.list', order, cursor: at(page, 'next') })).toMatchObject([{ re: 2, code: 'invalid_command' }])
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1e9', '-1', '1.5', ' 1', 'abc', '__proto__')).filter((id) => !/^\d{1,15}$/.test(id)), async (id) => {
        const cursor = Buffer.from(JSON.stringify([now, id, '-createdAt'])).toString('base64url')
        expect(await client.ask({ id: 3, type: 'customers.list', order, cursor })).toMatchObject([{ re: 3, code: 'invalid_command' }])
      }),
    )
  })

  test('K1: are narrowed, and show only the own tenant', async () => {
    const stage = await makeStage()
    const client = await openModern(stage, 'root')
    const [closed] = await client.ask({ id: 1, type: 'conversations.list', filter: { status: 'closed' }, limit: 100 })
    expect(rowsAt(closed, 'items').every((item) => at(item, 'status') === 'closed')).toBe(true)
    const other = await openModern(stage, 'root', { userId: '5' })
    expect(await other.ask({ id: 1, type: 'conversations.list' })).toMatchObject([{ total: 6, next: null }])
    expect(await other.ask({ id: 2, type: 'customers.list' })).toMatchObject([{ total: 4 }])
  })
})

describe('a message', () => {
  test('is acknowledged with its number, told to who has the conversation open, and shown in every inbox', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const room = await openRoom(stage, '2')
    const inbox = await openModern(stage, 'conversations', { userId: '3' })
    const stranger = await openModern(stage, 'conversations', { userId: '5' })
    inbox.take()
    stranger.take()
    const [reply, own] = await client.ask(send(id, 'k1'))
    expect(reply).toMatchObject({ re: 'k1', type: 'ok', repeated: false, message: { content: 'content of k1', author: '1', type: 'support' } })
    expect(own).toMatchObject({ type: 'message.created', offset: 1, message: at(reply, 'message') })
    expect(room.client.take()).toEqual([own])
    expect(inbox.take()).toMatchObject([{ type: 'conversation.changed', offset: 1, conversation: { id }, lastMessage: at(reply, 'message') }])
    expect(stranger.take()).toEqual([])
  })

  test('K9: that claims its author, time, number, tenant, type or that it was edited is stored with what the server knows', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const [honest] = await client.ask(send(id, 'k0'))
    const claims = { author: '2', user: '2', sender: '2', seq: 9_999, at: 1, createdAt: '1970-01-01T00:00:00Z', workspace: '2', edited: true, messageType: 'AI', offset: 0, role: 'owner' }
    const [reply] = await client.ask({ ...send(id, 'k1'), ...claims })
    expect(reply).toMatchObject({ re: 'k1', type: 'ok', message: { author: '1', type: 'support', seq: Number(at(honest, 'message', 'seq')) + 1, conversation: id, createdAt: at(honest, 'message', 'createdAt'), answered: at(honest, 'message', 'answered') } })
    expect(at(reply, 'message')).not.toHaveProperty('edited')
    const { rows } = await stage.conversations.messages({ workspace: '1', conversation: id, offset: 0, limit: 1 })
    expect(rows[0]).toMatchObject({ author: '1', type: 'support' })
  })

  test('with the same key is stored once, not in two conversations, and not with another text', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const [, other = ''] = await stage.ids()
    const [first] = await client.ask(send(id, 'k'))
    const again = await client.ask(send(id, 'k'))
    expect(again).toMatchObject([{ type: 'ok', repeated: true, message: { id: at(first, 'message', 'id') } }])
    expect(await client.ask(send(other, 'k'))).toMatchObject([{ type: 'error', code: 'key_reused' }])
    expect(await client.ask(send(id, 'k', { content: 'another text' }))).toMatchObject([{ type: 'error', code: 'key_reused', message: expect.stringContaining('new key') }])
    expect(await client.ask(send(id, 'k', { content: ' content of k\n' }))).toMatchObject([{ type: 'ok', repeated: true }])
  })

  test('past one the author has not seen is not stored, and that one is shown', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const [first] = await client.ask(send(id, 'a'))
    const seq = Number(at(first, 'message', 'seq'))
    expect(await client.ask(send(id, 'b', { after: seq - 1 }))).toMatchObject([{ code: 'stale', unseen: [{ seq }] }])
    expect(await client.ask(send(id, 'b', { after: seq }))).toMatchObject([{ type: 'ok', message: { seq: seq + 1 } }, { type: 'message.created' }])
  })

  test('K1: to another tenant’s conversation is not stored', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids('1')
    const client = await openModern(stage, 'root', { userId: '5' })
    expect(await client.ask(send(id, 'k'))).toMatchObject([{ type: 'error', code: 'not_found' }])
    expect((await stage.conversations.position('1'))?.offset).toBe(0)
  })

  test('that the store did not take may be sent again with its key', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    stage.fail(new StoreUnavailable('sqlite', 'away'))
    expect(await client.ask(send(id, 'k'))).toMatchObject([{ re: 'k', type: 'error', code: 'not_stored' }])
    stage.fail(undefined)
    expect(await client.ask(send(id, 'k'))).toMatchObject([{ type: 'ok', repeated: false }, { type: 'message.created' }])
  })

  test('too many is answered with the wait, and three times as many end the socket', async () => {
    const stage = await makeStage({ messages: { max: 2, windowMs: 60_000 } })
    const { id, client } = await openRoom(stage)
    for (const key of ['1', '2']) await client.ask(send(id, key))
    expect(await client.ask(send(id, '3'))).toMatchObject([{ code: 'rate_limited', retryAfterMs: 60_000 }])
    for (const key of ['4', '5', '6', '7']) await client.ask(send(id, key))
    expect(client.closed?.code).toBe(4429)
  })

  test('of white space is no message', async () => {
    const { id, client } = await openRoom(await makeStage())
    expect(await client.ask(send(id, 'k', { content: ' \n ' }))).toMatchObject([{ type: 'error', code: 'invalid_command' }])
  })
})

describe('a client that comes back', () => {
  test('is told everything it missed, and no page', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const other = await openModern(stage, 'root', { userId: '2' })
    const topic = `conversation:${id}`
    const [begun] = await client.ask({ id: 1, type: 'subscribe', topic })
    const since = { epoch: at(begun, 'epoch'), offset: at(begun, 'offset') }
    client.close()
    for (const key of ['a', 'b']) await other.ask(send(id, key))
    const [, elsewhere = ''] = (await stage.ids()).filter((known) => known !== id)
    await other.ask(send(elsewhere, 'c'))
    const again = await openModern(stage, 'root')
    again.take()
    const [reply] = await again.ask({ id: 2, type: 'subscribe', topic, since })
    expect(reply).toMatchObject({ recovered: true, offset: 3, page: null, events: [{ type: 'message.created', offset: 1 }, { type: 'message.created', offset: 2 }] })
    const [inbox] = await again.ask({ id: 3, type: 'subscribe', topic: 'conversations', since })
    expect(at(inbox, 'events')).toHaveLength(3)
  })

  test('of another epoch, from the future, or after too much, loads anew', async () => {
    const stage = await makeStage({ messages: { max: 10_000, windowMs: 60_000 } })
    const { id, client } = await openRoom(stage)
    const epoch = (await stage.conversations.position('1'))?.epoch
    for (const since of [{ epoch: 'other', offset: 0 }, { epoch, offset: 99 }]) {
      expect(await client.ask({ id: 1, type: 'subscribe', topic: 'conversations', since })).toMatchObject([{ recovered: false, events: [], page: { total: 200 } }])
    }
    for (let count = 0; count < 501; count += 1) await client.ask(send(id, `k${String(count)}`))
    expect(await client.ask({ id: 1, type: 'subscribe', topic: 'customers', since: { epoch, offset: 0 } })).toMatchObject([{ recovered: false, offset: 501 }])
  })

  test('misses nothing that happens while its page is read, and is told nothing twice', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const other = await openModern(stage, 'root', { userId: '2' })
    const page = stage.conversations.messages
    let during: Promise<unknown> | undefined
    Object.assign(stage.conversations, {
      messages: async (ask: Parameters<typeof page>[0]) => {
        const rows = await page(ask)
        during ??= other.ask(send(id, 'during'))
        await during
        return rows
      },
    })
    const said = await client.ask({ id: 1, type: 'subscribe', topic: `conversation:${id}` })
    expect(said).toMatchObject([{ type: 'ok', offset: 0 }, { type: 'message.created', offset: 1, message: { content: 'content of during' } }])
    expect(said).toHaveLength(2)
  })
})

describe('what one does, the others see', () => {
  test('reading moves only the reader’s own mark, on all his sockets', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const phone = await openModern(stage, 'conversations')
    const colleague = await openModern(stage, 'conversations', { userId: '2' })
    phone.take()
    colleague.take()
    const said = await client.ask({ id: 1, type: 'conversation.read', conversation: id, upTo: 1 })
    expect(said).toMatchObject([{ re: 1, type: 'ok' }, { type: 'conversation.read', conversation: id, user: '1', upTo: 1 }])
    expect(types(phone.take())).toEqual(['conversation.read'])
    expect(colleague.take()).toEqual([])
    const [list] = await phone.ask({ id: 2, type: 'conversations.list', limit: 1 })
    expect(at(list, 'items', 0, 'unread')).toBe(Number(at(list, 'items', 0, 'customerCount')) - Number(at(list, 'items', 0, 'readCount')))
  })

  test('a change of a conversation is told once to who looks at it twice', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    await client.ask({ id: 1, type: 'subscribe', topic: 'conversations' })
    const said = await client.ask({ id: 2, type: 'conversation.update', conversation: id, priority: 7, assignee: '3' })
    expect(said).toMatchObject([{ re: 2, type: 'ok' }, { type: 'conversation.changed', conversation: { priority: 7, assignee: '3' } }])
    expect(await client.ask({ id: 3, type: 'conversation.update', conversation: id, assignee: '5' })).toMatchObject([{ code: 'not_found', message: '"assignee" names no active member of this workspace; nothing was changed.' }])
    expect(await client.ask({ id: 4, type: 'conversation.update', conversation: id, tags: ['Bulky'] })).toMatchObject([{ re: 4, type: 'ok' }, { type: 'customer.changed' }])
    const tagged = await stage.conversations.conversation('1', id, '1')
    expect(tagged?.customer.tags.map(({ name }) => name)).toContain('Bulky')
  })

  test('typing is told to the others in the conversation, at most once a second, and its end at once', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const other = await openRoom(stage, '2')
    const typing = (active: boolean) => client.ask({ id: 1, type: 'typing', conversation: id, active })
    expect(await typing(true)).toMatchObject([{ re: 1, type: 'ok' }])
    await typing(true)
    await typing(false)
    expect(other.client.take()).toEqual([
      { type: 'typing', conversation: id, user: '1', active: true },
      { type: 'typing', conversation: id, user: '1', active: false },
    ])
  })

  test('after unsubscribing nothing more is told', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const other = await openRoom(stage, '2')
    expect(await client.ask({ id: 1, type: 'unsubscribe', topic: `conversation:${id}` })).toMatchObject([{ type: 'ok' }])
    await other.client.ask(send(id, 'k'))
    expect(client.take()).toEqual([])
  })

  test('a message of the old dialect reaches the new one, and the other way round', async () => {
    const stage = await makeStage()
    const { id, client } = await openRoom(stage)
    const classic = await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })
    classic.take()
    await classic.ask({ content: 'old' })
    expect(client.take()).toMatchObject([{ type: 'message.created', message: { content: 'old', author: '2' } }])
    await client.ask(send(id, 'new'))
    expect(classic.take()).toMatchObject([{ type: 'chat_message', message: { content: 'content of new' } }])
  })
})

describe('a session', () => {
  test('goes on with a new token, or keeps the one it has', async () => {
    const stage = await makeStage()
    const client = await openModern(stage, 'root')
    expect(await client.ask({ id: 1, type: 'authenticate', token: 't' })).toEqual([{ re: 1, type: 'ok', expiresAt: now + 1 }])
    stage.reauthenticate = async () => ({ ok: false, denial: { reason: 'user_disabled' } })
    expect(await client.ask({ id: 2, type: 'authenticate', token: 't' })).toMatchObject([{ re: 2, code: 'token_invalid' }])
    stage.reauthenticate = async () => ({ ok: false, denial: { reason: 'token_expired' } })
    expect(await client.ask({ id: 3, type: 'authenticate', token: 't' })).toMatchObject([{ re: 3, code: 'token_expired' }])
    stage.reauthenticate = async () => Promise.reject(new StoreUnavailable('users', 'away'))
    expect(await client.ask({ id: 4, type: 'authenticate', token: 't' })).toMatchObject([{ re: 4, code: 'unavailable' }])
    expect(client.closed).toBeUndefined()
  })

  test('holds a bounded number of topics', async () => {
    const stage = await makeStage()
    const client = await openModern(stage, 'root')
    const ids = await stage.ids()
    for (const id of ids.slice(0, 100)) await client.ask({ id: 1, type: 'subscribe', topic: `conversation:${id}` })
    expect(await client.ask({ id: 2, type: 'subscribe', topic: 'customers' })).toMatchObject([{ code: 'too_many_subscriptions' }])
    expect(await client.ask({ id: 3, type: 'subscribe', topic: `conversation:${ids[0] ?? ''}` })).toMatchObject([{ type: 'ok' }])
  })

  test('that reads too slowly for its messages ends, and one that only misses rows does not', async () => {
    const stage = await makeStage({ messages: { max: 10_000, windowMs: 60_000 } })
    const { id, client } = await openRoom(stage)
    const slowRoom = await openRoom(stage, '2')
    const slowInbox = await openModern(stage, 'conversations', { userId: '3' })
    slowRoom.client.backlogBytes = 1024 * 1024
    slowInbox.backlogBytes = 1024 * 1024
    for (let count = 0; count < 5; count += 1) await client.ask(send(id, `k${String(count)}`))
    expect(slowRoom.client.closed?.code).toBe(4420)
    expect(slowInbox.closed).toBeUndefined()
  })
})
