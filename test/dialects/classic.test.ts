import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { StoreUnavailable } from '../../dist/admission/store-unavailable.js'
import { at, keysOf, makeStage, now, rowsAt, types } from './stage.js'

afterEach(() => {
  vi.useRealTimers()
})

const error = (text: unknown) => ({ type: 'error', error: text, message: text })

const listKeys = (name: string) => ['type', name, 'pagination', 'filters', 'count', 'page_count', 'timestamp']

describe('a classic socket begins', () => {
  test.each([
    ['conversations', 'Conversation List', 'conversations_list'],
    ['customers', 'Customer List', 'customers_list'],
  ])('on %s with the greeting, then with its list, unasked and of 10 rows', async (endpoint, label, list) => {
    const stage = await makeStage()
    const client = await stage.open({ endpoint })
    const said = client.take()
    expect(types(said)).toEqual(['connection_established', list])
    expect(said[0]).toEqual({
      type: 'connection_established', message: `✅ ${label} WebSocket connected successfully`, timestamp: '2026-11-23T08:00:00+00:00',
    })
    expect(said[1]).toMatchObject({ filters: {}, page_count: 10, pagination: { page_size: 10, page: 1, offset: 0, has_previous: false } })
    expect(keysOf(said[1])).toEqual(listKeys(endpoint))
  })

  test('on a conversation with the greeting that names it, then with its newest 50 messages, oldest first', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const said = (await stage.open({ endpoint: 'chat', conversation: id })).take()
    expect(said[0]).toMatchObject({ type: 'connection_established', message: '✅ Chat WebSocket connected successfully', conversation_id: id })
    expect(keysOf(said[1])).toEqual(['type', 'messages', 'pagination', 'count', 'page_count', 'timestamp'])
    expect(said[1]).toMatchObject({ type: 'recent_messages', pagination: { page_size: 50 } })
    const times = rowsAt(said[1], 'messages').map((message) => String(at(message, 'created_at')))
    expect(times).toEqual(times.toSorted())
  })

  test('with its list at once for clients of the first generation, and when the greeting is switched off', async () => {
    expect(types((await (await makeStage()).open({ dialect: 'classic.v1' })).take())).toEqual(['conversations_list'])
    expect(types((await (await makeStage({ greeting: false })).open()).take())).toEqual(['conversations_list'])
  })

  test('with an empty list for a user of no workspace', async () => {
    const client = await (await makeStage()).open({ userId: '99' })
    expect(client.take()[1]).toMatchObject({ conversations: [], count: 0, pagination: { total_pages: 1 } })
    expect((await client.ask({ type: 'get_conversation_filter_options' }))[0]).toMatchObject({ options: { statuses: [], tags: [] } })
  })

  test('and ends when the conversation is another tenant’s', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids('1')
    const client = await stage.open({ endpoint: 'chat', conversation: id, userId: '5' })
    expect(types(client.take())).toEqual(['connection_established', 'access_denied'])
    expect(client.closed?.code).toBe(1008)
  })
})

describe('the rows of a list', () => {
  test('conversations have the fields of the old service in its order and both time formats', async () => {
    const stage = await makeStage()
    const client = await stage.open()
    const row = at(client.take()[1], 'conversations', 0)
    expect(keysOf(row)).toEqual([
      'id', 'title', 'status', 'customer', 'priority', 'source', 'is_active', 'created_at', 'updated_at', 'last_message', 'unread_count',
    ])
    expect(keysOf(at(row, 'customer'))).toEqual([
      'id', 'first_name', 'last_name', 'username', 'email', 'phone_number', 'description', 'source', 'source_id', 'profile_picture', 'created_at',
      'updated_at', 'tag', 'data',
    ])
    expect(keysOf(at(row, 'last_message'))).toEqual(['id', 'content', 'type', 'created_at', 'feedback', 'feedback_comment', 'feedback_at'])
    expect(at(row, 'created_at')).toMatch(/T[\d:.]+Z$/u)
    expect(at(row, 'last_message', 'created_at')).toMatch(/T[\d:.]+\+00:00$/u)
  })

  test('customers have theirs, with plural tags, without system tags, and with all their conversations', async () => {
    const stage = await makeStage()
    const client = await stage.open({ endpoint: 'customers' })
    const [frame] = await client.ask({ type: 'get_customers', filters: { page_size: 500 } })
    const rows = rowsAt(frame, 'customers')
    expect(rows).toHaveLength(40)
    expect(keysOf(rows[0])).toEqual([
      'id', 'first_name', 'last_name', 'username', 'email', 'phone_number', 'source', 'source_id', 'profile_picture', 'created_at', 'updated_at',
      'conversations', 'tags', 'data',
    ])
    const conversations = rows.flatMap((row) => rowsAt(row, 'conversations'))
    expect(conversations).toHaveLength(200)
    expect(keysOf(conversations[0])).toEqual([
      'id', 'title', 'status', 'source', 'priority', 'is_active', 'created_at', 'updated_at', 'last_message', 'unread_count',
    ])
    expect(at(conversations[0], 'created_at')).toMatch(/\+00:00$/u)
    expect(keysOf(at(conversations[0], 'last_message'))).toEqual([
      'id', 'content', 'type', 'is_ai_response', 'created_at', 'feedback', 'feedback_comment', 'feedback_at',
    ])
    const tags = rows.flatMap((row) => rowsAt(row, 'tags').map((tag) => at(tag, 'name')))
    expect(tags).toContain('VIP')
    expect(tags).not.toContain('Telegram')
  })

  test('messages have sixteen fields, the customer of the conversation always among them', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const client = await stage.open({ endpoint: 'chat', conversation: id })
    for (const message of rowsAt(client.take()[1], 'messages')) {
      expect(keysOf(message)).toEqual([
        'id', 'content', 'type', 'customer', 'conversation_id', 'is_ai_response', 'is_answered', 'created_at', 'feedback', 'feedback_comment',
        'feedback_at', 'message_type', 'media_url', 'media_file', 'processing_status', 'transcription',
      ])
      expect(at(message, 'customer', 'first_name')).toBeTruthy()
      expect(at(message, 'conversation_id')).toBe(id)
    }
  })
})

describe('a request of a list socket', () => {
  test.each([{}, { type: 'get_conversations' }, { type: 'refresh_conversations' }, { type: 'filter_conversations' }, { type: 'get_conversations', filters: null }])(
    '%j answers one list',
    async (message) => {
      const client = await (await makeStage()).open()
      expect(types(await client.ask(message))).toEqual(['conversations_list'])
    },
  )

  test('echoes the filters it was given, also those nobody knows', async () => {
    const client = await (await makeStage()).open()
    const filters = { status: 'closed', page_size: '3', nobody: 'knows', tags: ['VIP'] }
    expect((await client.ask({ type: 'filter_conversations', filters }))[0]).toMatchObject({ filters, pagination: { page_size: 3, limit: 3 } })
  })

  test('[S22] for the page beside the one that is shown goes on from its rows, so that nothing is skipped or shown twice when rows move', async () => {
    const stage = await makeStage()
    const client = await stage.open()
    const ids = await stage.ids()
    const page = async (filters: object) => {
      const [said] = await client.ask({ type: 'get_conversations', filters })
      return { ids: rowsAt(said, 'conversations').map((row) => at(row, 'id')), said }
    }
    // Straight into the store, so that no refresh shows the list anew.
    const touch = (id: string | undefined) => stage.conversations.send({
      workspace: '1', conversation: id ?? '', type: 'support', author: '1', key: undefined, content: 'moved', after: undefined, at: stage.clock.at += 1_000,
    })
    await page({ page_size: 7 })
    await touch(ids.at(-1))
    await touch(ids.at(-2))
    expect((await page({ page_size: 7, page: 2 })).ids).toEqual(ids.slice(7, 14))
    expect((await page({ page_size: '7', page: '3' })).ids).toEqual(ids.slice(14, 21))
    const back = await page({ page_size: 7, page: 2 })
    expect(back.ids).toEqual(ids.slice(7, 14))
    expect(back.said).toMatchObject({ pagination: { page: 2, offset: 7, has_next: true, has_previous: true } })
    expect((await page({ limit: 7, offset: 14 })).ids).toEqual(ids.slice(14, 21))
    // Any other page is counted, as ever: the two that moved stand before it.
    expect((await page({ page_size: 7, page: 5 })).ids).toEqual(ids.slice(26, 33))
    expect((await page({ page_size: 7, page: 1 })).ids).toEqual([ids.at(-2), ids.at(-1), ...ids.slice(0, 5)])
    expect((await page({ page_size: 7, page: 2, status: 'all' })).ids).toEqual(ids.slice(5, 12))
  })

  test('[S22] says truly whether there is a next page, whatever moved since the first was counted', async () => {
    const stage = await makeStage()
    const client = await stage.open()
    const ids = await stage.ids()
    const seen: unknown[] = []
    const pages: unknown[] = []
    for (let page = 1, more: unknown = true; more === true; page += 1) {
      const [said] = await client.ask({ type: 'get_conversations', filters: { page_size: 20, page } })
      seen.push(...rowsAt(said, 'conversations').map((row) => at(row, 'id')))
      pages.push(at(said, 'page_count'))
      more = at(said, 'pagination', 'has_next')
      // Five of those that are still to come get a message, straight into the store.
      for (const conversation of page === 8 ? ids.slice(-5) : []) {
        await stage.conversations.send({ workspace: '1', conversation, type: 'support', author: '1', key: undefined, content: 'moved', after: undefined, at: stage.clock.at += 1_000 })
      }
    }
    expect(seen).toEqual(ids.slice(0, -5))
    expect(pages).toEqual([...Array.from({ length: 9 }, () => 20), 15])
  })

  test('searches with its term as the only filter', async () => {
    const stage = await makeStage()
    const client = await stage.open({ endpoint: 'customers' })
    const [found] = await client.ask({ type: 'search_customers', search_term: 'EMMA' })
    expect(found).toMatchObject({ filters: { search: 'EMMA' }, count: 1, customers: [{ first_name: 'Emma' }] })
    expect((await client.ask({ type: 'search_customers' }))[0]).toMatchObject({ filters: { search: '' }, count: 40 })
    expect(types(await client.ask({ type: 'search_customers', search_term: ['EMMA'] }))).toEqual(['error'])
  })

  test.each([{ date_from: 'garbage' }, { priority: 'high' }, { tags: 'VIP' }, { status: 5 }, 'x', [], { a: { b: [] } }])(
    'with the bad filters %j answers one error frame and no list',
    async (filters) => {
      const client = await (await makeStage()).open()
      const said = await client.ask({ type: 'filter_conversations', filters })
      expect(said).toHaveLength(1)
      expect(said[0]).toMatchObject(error(at(said[0], 'error')))
      expect(types(await client.ask({}))).toEqual(['conversations_list'])
    },
  )

  test('for the options of its filters answers the values of the own workspace and the fixed ones', async () => {
    const stage = await makeStage()
    const conversations = await stage.open()
    const [options] = await conversations.ask({ type: 'get_conversation_filter_options' })
    expect(keysOf(at(options, 'options'))).toEqual(['statuses', 'sources', 'priorities', 'tags', 'order_options'])
    expect(at(options, 'options', 'order_options')).toHaveLength(7)
    const customers = await stage.open({ endpoint: 'customers' })
    const [more] = await customers.ask({ type: 'get_filter_options' })
    expect(keysOf(at(more, 'options'))).toEqual([
      'sources', 'tags', 'conversation_statuses', 'has_email_options', 'has_phone_options', 'has_unread_options', 'order_options',
    ])
    expect(at(more, 'options', 'tags')).toContain('Telegram')
  })

  test('of a type nobody knows, or of another socket, is ignored and counted', async () => {
    const stage = await makeStage()
    const client = await stage.open({ endpoint: 'customers' })
    const unknown = ['bogus', 'refresh_conversations', 'typing', 'ping', 'constructor', '', null, 5, ['get_customers']]
    for (const type of unknown) expect(await client.ask({ type })).toEqual([])
    expect(stage.ignored).toHaveLength(unknown.length)
  })

  test('K1 K8: never shows a row of another tenant', async () => {
    const stage = await makeStage()
    const client = await stage.open({ userId: '5' })
    const own = new Set(await stage.ids('2'))
    const [list] = await client.ask({ type: 'get_conversations', filters: { page_size: 500 } })
    expect(at(list, 'count')).toBe(own.size)
    expect(rowsAt(list, 'conversations').every((row) => own.has(String(at(row, 'id'))))).toBe(true)
  })
})

describe('a request of a chat socket', () => {
  /** The id of an answer of the AI in a conversation. */
  const answered = async ({ conversations }: Awaited<ReturnType<typeof makeStage>>, conversation: string): Promise<string> => {
    const sent = await conversations.send({ workspace: '1', conversation, type: 'AI', author: undefined, key: undefined, content: 'answer', after: undefined, at: now })
    return sent.outcome === 'stored' ? sent.message.id : ''
  }

  const openChat = async (stage: Awaited<ReturnType<typeof makeStage>>, userId = '1') => {
    const [id = ''] = await stage.ids()
    return { id, client: await stage.open({ endpoint: 'chat', conversation: id, userId }) }
  }

  test('for messages answers 10 without filters, 50 with null, and pages counted from the newest', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    for (let count = 0; count < 12; count += 1) await client.ask({ content: `m${String(count)}` })
    const contents = async (message: object) => {
      const [frame] = await client.ask(message)
      return [at(frame, 'pagination', 'page_size'), rowsAt(frame, 'messages').map((row) => at(row, 'content'))] as const
    }
    expect((await contents({ type: 'get_messages' }))[0]).toBe(10)
    expect((await contents({ type: 'get_messages', filters: null }))[0]).toBe(50)
    expect(await contents({ type: 'get_messages', filters: { page_size: 2 } })).toEqual([2, ['m10', 'm11']])
    expect(await contents({ type: 'load_more_messages', filters: { page_size: 2, page: 2 } })).toEqual([2, ['m8', 'm9']])
    const [frame] = await client.ask({ type: 'get_messages' })
    expect(at(frame, 'filters')).toBeUndefined()
    expect(at(frame, 'messages', 0, 'conversation_id')).toBe(id)
  })

  test('a message is stored, then echoed to every socket of the conversation, the sender among them', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const other = await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })
    other.take()
    const said = await client.ask({ type: 'chat_message', content: '  سلام  ' })
    expect(said).toHaveLength(1)
    expect(said[0]).toMatchObject({ type: 'chat_message', message: { content: 'سلام', type: 'support', conversation_id: id } })
    expect(said[0]).toHaveProperty('external_send_result.success', true)
    expect(other.take()).toEqual(said)
    const { rows } = await stage.conversations.messages({ workspace: '1', conversation: id, offset: 0, limit: 1 })
    expect(rows[0]?.id).toBe(at(said[0], 'message', 'id'))
    expect(rows[0]?.author).toBe('1')
  })

  test('[X1] [X8] the echo says whether the message is on its way, and an error frame that it never arrived', async () => {
    const stage = await makeStage({ reached: ['telegram'] })
    const { rows } = await stage.conversations.conversations({ workspace: '1', reader: '', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 500 })
    const echoOf = async (source: string) => {
      const conversation = rows.find((row) => row.conversation.source === source)?.conversation.id ?? expect.unreachable(`no conversation of ${source}`)
      const client = await stage.open({ endpoint: 'chat', conversation })
      const [echo] = await client.ask({ type: 'chat_message', content: 'x' })
      return { client, echo, result: at(echo, 'external_send_result') }
    }
    expect((await echoOf('instagram')).result).toEqual({ success: true, queued: false })
    expect((await echoOf('unknown')).result).toEqual({ success: true })
    const { client, echo, result } = await echoOf('telegram')
    expect(result).toEqual({ success: true, queued: true })
    const message = String(at(echo, 'message', 'id'))
    const event = await stage.outbound.settle({ workspace: '1', message, attempts: 0, result: { outcome: 'failed', reason: 'expired' }, at: now })
    if (event !== undefined) stage.feed.publish(event)
    expect(client.take()).toEqual([{
      type: 'error', error: 'Message could not be delivered to the customer', message: 'Message could not be delivered to the customer', message_id: message,
      timestamp: '2026-11-23T08:00:00+00:00',
    }])
  })

  test('K9: a message that claims its author, time, id or that it was answered is stored with what the server knows', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const [honest] = await client.ask({ type: 'chat_message', content: 'one' })
    const claims = { id: 'aaaaaaaaaa', message_id: 'aaaaaaaaaa', user_id: '2', sender: '2', author: '2', created_at: '1970-01-01', is_answered: true, workspace: '2', seq: 9_999, role: 'owner', conversation_id: 'zzzzzzzzzz' }
    const [echo] = await client.ask({ type: 'chat_message', content: 'two', message_type: 'marketing', ...claims })
    expect(echo).toMatchObject({ message: { type: 'support', conversation_id: id, created_at: at(honest, 'message', 'created_at'), is_answered: at(honest, 'message', 'is_answered') } })
    const { rows } = await stage.conversations.messages({ workspace: '1', conversation: id, offset: 0, limit: 2 })
    expect(rows.map(({ author, type }) => [author, type])).toEqual([['1', 'support'], ['1', 'support']])
    expect(rows.map((row) => row.id)).not.toContain('aaaaaaaaaa')
    expect(Math.abs((rows[0]?.seq ?? 0) - (rows[1]?.seq ?? 0))).toBe(1)
  })

  test('a message in the customer’s name goes nowhere outside', async () => {
    const { client } = await openChat(await makeStage())
    const [echo] = await client.ask({ type: 'chat_message', content: 'inbound', message_type: 'customer' })
    expect(echo).toMatchObject({ message: { type: 'customer', is_answered: false }, external_send_result: null })
    const [support] = await client.ask({ type: 'chat_message', content: 'x', message_type: 'AI' })
    expect(support).toMatchObject({ message: { type: 'support' } })
  })

  test.each([
    [{ type: 'chat_message', content: '' }, 'Message content cannot be empty'],
    [{ type: 'chat_message', content: ' \n ' }, 'Message content cannot be empty'],
    [{ type: 'chat_message' }, 'Message content cannot be empty'],
    [{ content: 5 }, 'Message content must be text'],
    [{ content: 'x'.repeat(10_001) }, 'Message content is too long'],
    [{ type: 'submit_feedback' }, 'message_id is required'],
    [{ type: 'submit_feedback', message_id: 0, feedback: 'positive' }, 'message_id is required'],
    [{ type: 'submit_feedback', message_id: 'x', feedback: 'bad' }, 'Invalid feedback type. Must be "positive", "negative", or "none"'],
    [{ type: 'submit_feedback', message_id: 'x', feedback: null }, 'Invalid feedback type. Must be "positive", "negative", or "none"'],
    [{ type: 'submit_feedback', message_id: 'zz', feedback: 'positive' }, 'Message not found or you do not have permission to access it'],
    [{ type: 'submit_feedback', message_id: { a: 1 }, feedback: 'none' }, 'Message not found or you do not have permission to access it'],
    [{ type: 'submit_feedback', message_id: 'zz', feedback: 'none', comment: 5 }, 'Field "comment" must be text'],
  ])('%j is answered with the error %j', async (message, text) => {
    const { client } = await openChat(await makeStage())
    const said = await client.ask(message)
    expect(said).toMatchObject([error(text)])
    expect(client.closed).toBeUndefined()
  })

  test('reading is told to every socket of the conversation, also when all was read before', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    await stage.conversations.update({ workspace: '1', conversation: id, status: 'support_active', by: '1', at: now })
    await client.ask({ content: 'in', message_type: 'customer' })
    const secondTab = await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })
    const [, other = ''] = await stage.ids()
    const elsewhere = await stage.open({ endpoint: 'chat', conversation: other })
    for (const tab of [client, secondTab, elsewhere]) tab.take()
    for (const unanswered of [1, 0]) {
      expect((await stage.conversations.conversation('1', id, '1'))?.conversation.unansweredCount).toBe(unanswered)
      expect(await client.ask({ type: 'mark_read' })).toEqual([{ type: 'messages_read', user_id: 1 }])
      expect([secondTab.take(), elsewhere.take()]).toEqual([[{ type: 'messages_read', user_id: 1 }], []])
    }
  })

  test('reading answers messages_read, and empties the count of the lists', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    await stage.conversations.update({ workspace: '1', conversation: id, status: 'support_active', by: '1', at: now })
    await client.ask({ content: 'in', message_type: 'customer' })
    expect(await client.ask({ type: 'mark_read' })).toEqual([{ type: 'messages_read', user_id: 1 }])
    expect((await stage.conversations.conversation('1', id, '1'))?.conversation.unansweredCount).toBe(0)
    expect(await client.ask({ type: 'mark_read' })).toEqual([{ type: 'messages_read', user_id: 1 }])
  })

  test('a comment has its first 500 characters, of which an emoji is one', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const message_id = await answered(stage, id)
    const [confirmed] = await client.ask({ type: 'submit_feedback', message_id, feedback: 'negative', comment: `  ${'😀'.repeat(501)}` })
    expect(confirmed).toMatchObject({ type: 'feedback_submitted', data: { comment: '😀'.repeat(500) } })
  })

  test('feedback is confirmed to its giver, then told to everybody in the conversation', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const message = await answered(stage, id)
    const data = { message_id: message, feedback: 'positive', comment: 'ok', feedback_at: '2026-11-23T08:00:00+00:00' }
    const confirmed = await client.ask({ type: 'submit_feedback', message_id: message, feedback: 'POSITIVE', comment: ' ok ' })
    await stage.settled()
    // Nobody had told this process of the answer; it comes out of the log, in its place.
    expect([...confirmed, ...client.take()]).toMatchObject([
      { type: 'feedback_submitted', success: true, data },
      { type: 'ai_message', message: { id: message }, conversation_id: id, is_ai_response: true },
      { type: 'feedback_updated', ...data },
    ])
    const [first = ''] = (await stage.conversations.messages({ workspace: '1', conversation: id, offset: 0, limit: 50 })).rows
      .filter(({ type }) => type === 'customer').map((row) => row.id)
    expect(await client.ask({ type: 'submit_feedback', message_id: first, feedback: 'none' })).toMatchObject([error('Feedback can only be submitted for AI responses')])
  })

  test('what nobody knows is harmless, and typing is answered with nothing', async () => {
    const { client } = await openChat(await makeStage())
    for (const message of [{ type: 'typing', is_typing: true }, { type: 'refresh_conversations' }, { type: 'nobody' }]) expect(await client.ask(message)).toEqual([])
  })

  test('K8: typing is shown to other agents in the conversation, in either dialect, and to nobody else', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const own = await stage.open({ endpoint: 'chat', conversation: id })
    const colleague = await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })
    const modern = await stage.open({ endpoint: 'chat', conversation: id, userId: '3', dialect: 'sallyport.v1' })
    const [, elsewhere = ''] = await stage.ids()
    const other = await stage.open({ endpoint: 'chat', conversation: elsewhere, userId: '2' })
    for (const socket of [own, colleague, modern, other]) socket.take()
    for (let count = 0; count < 5; count += 1) await client.ask({ type: 'typing', is_typing: true })
    expect(colleague.take()).toEqual([
      { type: 'typing_indicator', user_id: 1, username: '1', is_typing: true, conversation_id: id, timestamp: '2026-11-23T08:00:00+00:00' },
    ])
    expect(modern.take()).toEqual([{ type: 'typing', conversation: id, user: '1', active: true }])
    await client.ask({ type: 'typing', is_typing: false })
    expect(colleague.take()).toMatchObject([{ type: 'typing_indicator', is_typing: false }])
    for (const no of ['false', 0, '0', null]) {
      stage.clock.at += 60_000
      await client.ask({ type: 'typing' })
      await client.ask({ type: 'typing', is_typing: no })
      expect(colleague.take(), JSON.stringify(no)).toMatchObject([{ is_typing: true }, { is_typing: false }])
    }
    modern.take()
    await modern.ask({ id: 1, type: 'typing', conversation: id, active: true })
    expect(colleague.take()).toMatchObject([{ type: 'typing_indicator', user_id: 3 }])
    expect([...own.take(), ...other.take()].filter(({ user_id: who }) => who === 1)).toEqual([])
  })

  test('a colleague is present from his first socket to his last, and never to himself', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    client.take()
    const tabs = [await stage.open({ endpoint: 'chat', conversation: id, userId: '2' }), await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })]
    expect(client.take()).toEqual([{ type: 'user_presence', user_id: 2, username: '2', is_online: true, timestamp: '2026-11-23T08:00:00+00:00' }])
    tabs[0]?.close()
    expect(client.take()).toEqual([])
    tabs[1]?.close()
    expect(client.take()).toMatchObject([{ type: 'user_presence', user_id: 2, is_online: false }])
    expect(tabs.flatMap((tab) => tab.take()).filter(({ type }) => type === 'user_presence')).toEqual([])
  })

  test('mark_read reads up to what had been told when it arrived, and nothing that came after', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    await stage.conversations.update({ workspace: '1', conversation: id, status: 'support_active', by: '1', at: now })
    await client.ask({ type: 'mark_read' })
    // Another process has stored it; nobody here has been told yet.
    await stage.conversations.send({ workspace: '1', conversation: id, type: 'customer', author: undefined, key: undefined, content: 'late', after: undefined, at: now })
    await client.ask({ type: 'mark_read' })
    expect((await stage.conversations.conversation('1', id, '1'))?.conversation.unansweredCount).toBe(1)
    await stage.feed.poll()
    await client.ask({ type: 'mark_read' })
    expect((await stage.conversations.conversation('1', id, '1'))?.conversation.unansweredCount).toBe(0)
  })

  test('a deleted conversation is told once, hears nothing more, and answers that it is gone; the lists lose it', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const modern = await stage.open({ endpoint: 'chat', conversation: id, userId: '3', dialect: 'sallyport.v1' })
    const list = await stage.open({ userId: '2' })
    const before = Number(at(list.take()[1], 'count'))
    modern.take()
    client.take()
    const deleted = await stage.conversations.deleteConversation({ workspace: '1', conversation: id, by: '2', at: now })
    if (deleted.outcome === 'deleted') stage.feed.publish(deleted.event)
    await stage.settled()
    const timestamp = '2026-11-23T08:00:00+00:00'
    expect(client.take()).toContainEqual({ type: 'conversation_deleted', conversation_id: id, timestamp, message: 'This conversation has been deleted' })
    expect(modern.take()).toMatchObject([{ type: 'conversation.deleted', conversation: id }])
    expect(list.take()).toMatchObject([{ type: 'conversations_list', count: before - 1 }])
    for (const message of [{ content: 'x' }, { type: 'mark_read' }, { type: 'get_messages' }]) expect(await client.ask(message)).toMatchObject([error('Conversation not found')])
    expect(await client.ask({ type: 'refresh_conversations' })).toEqual([])
    expect(await modern.ask({ id: 1, type: 'typing', conversation: id, active: true })).toMatchObject([{ code: 'not_subscribed' }])
    expect([client.closed, modern.closed]).toEqual([undefined, undefined])
  })

  test('a change of a customer is shown in the lists and in what is said next', async () => {
    const stage = await makeStage()
    const { id, client } = await openChat(stage)
    const customers = await stage.open({ endpoint: 'customers' })
    customers.take()
    const row = await stage.conversations.conversation('1', id, '1')
    const changed = await stage.conversations.updateCustomer({ workspace: '1', customer: row?.customer.id ?? 0, firstName: 'Renamed', by: '1', at: now })
    if (changed.outcome === 'changed') stage.feed.publish(changed.event)
    await stage.settled()
    expect(types(customers.take())).toEqual(['customers_list'])
    expect((await client.ask({ content: 'x' }))[0]).toHaveProperty('message.customer.first_name', 'Renamed')
  })

  test('one message too many is answered with the wait and not stored, and three times as many end the socket', async () => {
    const stage = await makeStage({ messages: { max: 2, windowMs: 60_000 } })
    const { id, client } = await openChat(stage)
    const before = (await stage.conversations.conversation('1', id, '1'))?.conversation.lastSeq ?? 0
    await client.ask({ content: '1' })
    stage.clock.at += 1_000
    await client.ask({ content: '2' })
    expect(await client.ask({ content: '3' })).toMatchObject([{ ...error('Message rate limit exceeded'), retry_after_ms: 59_000 }])
    expect((await stage.conversations.conversation('1', id, '1'))?.conversation.lastSeq).toBe(before + 2)
    for (let count = 0; count < 4; count += 1) await client.ask({ content: 'x' })
    expect(client.closed?.code).toBe(4429)
  })
})

describe('what happens elsewhere', () => {
  test('refreshes the list sockets of the workspace with the view each of them had', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const filtered = await stage.open()
    await filtered.ask({ type: 'filter_conversations', filters: { status: 'closed', page_size: 2, page: 2 } })
    const customers = await stage.open({ endpoint: 'customers', userId: '3' })
    const foreign = await stage.open({ userId: '5' })
    customers.take()
    foreign.take()
    const chat = await stage.open({ endpoint: 'chat', conversation: id, userId: '2' })
    await chat.ask({ content: 'news' })
    await stage.settled()
    expect(filtered.take()).toMatchObject([{ type: 'conversations_list', filters: { status: 'closed', page_size: 2, page: 2 }, pagination: { page: 2 } }])
    expect(types(customers.take())).toEqual(['customers_list'])
    expect(foreign.take()).toEqual([])
    filtered.close()
    await chat.ask({ content: 'more' })
    await stage.settled()
    expect(filtered.take()).toEqual([])
  })

  test('a burst costs two refreshes and not one each', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const list = await stage.open()
    list.take()
    const chats = await Promise.all(['1', '2', '3'].map((userId) => stage.open({ endpoint: 'chat', conversation: id, userId })))
    await Promise.all(chats.flatMap((chat) => Array.from({ length: 10 }, (_, index) => chat.ask({ content: String(index) }))))
    await stage.settled()
    const refreshes = list.take()
    expect(refreshes.length).toBeGreaterThan(0)
    expect(refreshes.length).toBeLessThan(10)
    expect(at(refreshes.at(-1), 'conversations', 0, 'last_message', 'content')).toBe('9')
  })

  test('a list whose refresh failed is shown when the store is back, also when nothing changes any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const list = await stage.open()
    const chat = await stage.open({ endpoint: 'chat', conversation: id })
    list.take()
    await chat.ask({ content: 'shown' })
    await vi.advanceTimersByTimeAsync(0)
    expect(types(list.take())).toEqual(['conversations_list'])

    const sent = await stage.conversations.send({ workspace: '1', conversation: id, type: 'support', author: '1', key: undefined, content: 'unseen', after: undefined, at: now })
    if (sent.outcome !== 'stored') throw new Error(sent.outcome)
    stage.fail(new StoreUnavailable('sqlite', 'away'))
    stage.feed.publish(sent.event)
    // Tried after 0, 1, 3, 7, 15 and 31 s.
    await vi.advanceTimersByTimeAsync(32_000)
    expect(list.take()).toEqual([])
    expect(stage.failures).toHaveLength(6)
    stage.fail(undefined)
    await vi.advanceTimersByTimeAsync(30_000)
    const shown = list.take()
    expect(types(shown)).toEqual(['conversations_list'])
    expect(at(shown[0], 'conversations', 0, 'last_message', 'content')).toBe('unseen')
    await vi.advanceTimersByTimeAsync(600_000)
    expect(list.take()).toEqual([])

    // Who has gone is not tried for.
    stage.fail(new StoreUnavailable('sqlite', 'away'))
    stage.failures.splice(0)
    stage.feed.publish({ ...sent.event, offset: sent.event.offset + 1 })
    await vi.advanceTimersByTimeAsync(0)
    list.close()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(stage.failures).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a store that is away is an error frame, and the socket goes on when it is back', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const list = await stage.open()
    const chat = await stage.open({ endpoint: 'chat', conversation: id })
    stage.fail(new StoreUnavailable('sqlite', 'away'))
    expect(await list.ask({})).toMatchObject([error('Request timeout - please try again')])
    expect(await chat.ask({ content: 'x' })).toMatchObject([error('Failed to save message')])
    const late = await stage.open({ endpoint: 'customers' })
    expect(late.take()).toMatchObject([{ type: 'connection_established' }, error('Connection timeout - please refresh')])
    stage.fail(undefined)
    expect(types(await late.ask({ type: 'get_customers' }))).toEqual(['customers_list'])
    expect(types(await list.ask({}))).toEqual(['conversations_list'])
    stage.fail(new Error('a secret of the inside'))
    expect(JSON.stringify(await list.ask({}))).not.toContain('secret')
  })
})

describe('whatever a stranger sends', () => {
  test('is answered or ignored, and the socket stays', async () => {
    const stage = await makeStage({ messages: { max: 1_000_000, windowMs: 60_000 } })
    const [id = ''] = await stage.ids()
    const clients = await Promise.all(
      ['conversations', 'customers', 'chat'].map((endpoint) => stage.open({ endpoint, conversation: endpoint === 'chat' ? id : undefined })),
    )
    const words = ['chat_message', 'mark_read', 'get_messages', 'submit_feedback', 'filter_customers', 'search_conversations', 'get_conversations']
    const message = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.record({ type: fc.constantFrom(...words), filters: fc.jsonValue(), content: fc.jsonValue(), search_term: fc.jsonValue(), message_id: fc.jsonValue() }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value)),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...clients), message, async (client, text) => {
        await client.ask(text)
        expect(client.closed).toBeUndefined()
      }),
      { numRuns: 300 },
    )
    expect(stage.failures).toEqual([])
  })
})
