import { describe, expect, test } from 'vitest'
import { classicLines } from './classic-lines.js'
import type { LogEvent } from './log-event.js'

type Admission = Extract<LogEvent, { event: 'admission' }>

const gate = 'message.middleware.websocket_auth'
const base: Admission = {
  event: 'admission', outcome: 'denied', reason: undefined, decisionId: 'd', userId: undefined, address: undefined, endpoint: 'chat',
  path: '/ws/chat/Ab3dEf9hJk/', durationMs: 1, development: false, step: undefined, detail: undefined,
}
const said = (event: LogEvent): readonly string[] => classicLines(event, 'info').map(({ logger, level, text }) => `${logger} ${level} ${text}`)
const denied = (rest: Partial<Admission>): readonly string[] => said({ ...base, ...rest })
const admitted = (rest: Partial<Admission>): readonly string[] => said({ ...base, outcome: 'admitted', userId: '7', ...rest })

describe('an admission in the words of the old service', () => {
  test('of a user', () => {
    expect(admitted({})).toEqual([`${gate} debug WebSocket authenticated for user: 7`])
    expect(admitted({ email: 'sara@example.org' })).toEqual([
      `${gate} debug Successfully authenticated user: 7 (sara@example.org)`,
      `${gate} debug WebSocket authenticated for user: 7`,
    ])
  })

  test('without a token in development', () => {
    expect(admitted({ development: true })).toEqual([
      `${gate} debug No authentication token provided for WebSocket`,
      `${gate} debug Development mode: Allowing connection without token`,
    ])
  })

  test.each([['chat', ''], ['conversations', ' for conversations'], ['customers', ' for customers']])('of a stand-in on %s, by his e-mail', (endpoint, list) => {
    expect(admitted({ development: true, endpoint, email: 'sara@example.org' }).at(-1)).toBe(`message.consumers debug Using default user${list}: sara@example.org (ID: 7)`)
  })

  test('with a bad token in development', () => {
    expect(admitted({ development: true, detail: 'eyJhbGciOiJIUzUxMiIs...' })).toEqual([
      `${gate} debug Token validation failed for token: eyJhbGciOiJIUzUxMiIs...`,
      `${gate} debug Development mode: Allowing connection with invalid token`,
    ])
  })
})

describe('a refusal in the words of the old service', () => {
  test.each(['token_invalid', 'token_expired', 'token_revoked'] as const)('for %s shows the preview it was given and never more', (reason) => {
    const why = { token_invalid: [], token_expired: ['accounts.functions.jwt warn Token has expired'], token_revoked: ['accounts.functions.jwt debug Token not found in cache: eyJhbGciOiJIUzUxMiIs...'] }
    expect(denied({ reason, detail: 'eyJhbGciOiJIUzUxMiIs...' })).toEqual([
      ...why[reason],
      `${gate} debug Token validation failed for token: eyJhbGciOiJIUzUxMiIs...`,
      `${gate} debug Invalid WebSocket authentication token: eyJhbGciOiJIUzUxMiIs...`,
    ])
    expect(denied({ reason })).toContain(`${gate} debug Token validation failed for token: <not a JWT>`)
    // Previews stay at DEBUG.
    for (const line of denied({ reason, detail: 'eyJhbGciOiJIUzUxMiIs...' })) expect(line).toMatch(/ debug |^accounts.functions.jwt warn Token has expired$/)
  })

  test.each([
    [{ reason: 'address_banned', address: '203.0.113.7' }, `${gate} warn Blocked WebSocket connection from blacklisted IP: 203.0.113.7`],
    [{ reason: 'rate_limited', userId: '7' }, `${gate} warn Rate limit exceeded for user: 7`],
    [{ reason: 'forbidden', step: 'topic', userId: '7' }, 'message.consumers warn User 7 denied access to conversation Ab3dEf9hJk'],
    [{ reason: 'not_found', step: 'endpoint' }, `${gate} debug WebSocket connection refused: not_found`],
    [{ reason: 'origin_refused' }, `${gate} debug WebSocket connection refused: origin_refused`],
    [{ reason: 'dependency_unavailable', step: 'user', detail: 'no answer' }, `${gate} error Error authenticating WebSocket token: no answer`],
    [{ reason: 'dependency_unavailable', step: 'limits', detail: 'no answer' }, `${gate} error Error checking WebSocket rate limit: no answer`],
    [{ reason: 'dependency_unavailable', step: 'address_ban', detail: 'no answer' }, `${gate} error Error checking IP blacklist: no answer`],
    [{ reason: 'internal_error', detail: 'You cannot call this' }, `${gate} error Error authenticating WebSocket token: You cannot call this`],
  ] satisfies readonly (readonly [Partial<Admission>, string])[])('%o', (event, line) => {
    expect(denied(event)).toEqual([line])
  })

  test.each([
    ['/ws/chat/Ab3dEf9hJk/', ''],
    ['/ws/conversations/', 'ConversationList '],
    ['/ws/customers/?page=2', 'CustomerList '],
  ])('without a token on %s', (path, list) => {
    expect(denied({ reason: 'token_missing', path })).toEqual([
      `${gate} debug No authentication token provided for WebSocket`,
      `message.consumers warn ${list}WebSocket connection rejected: Authentication required`,
    ])
  })

  test('of a user and of a conversation that are not there', () => {
    expect(denied({ reason: 'user_unknown', userId: '7' })).toEqual(['accounts.functions.jwt warn User 7 does not exist', `${gate} debug User 7 not found in database`])
    expect(denied({ reason: 'not_found', step: 'topic', userId: '7' })).toEqual([
      'message.consumers info Conversation Ab3dEf9hJk not found for user 7',
      'message.consumers warn User 7 denied access to conversation Ab3dEf9hJk',
    ])
  })
})

describe('what happens later', () => {
  test.each([
    [{ endpoint: 'conversations' }, 'conversation list'],
    [{ endpoint: 'customers' }, 'customer list'],
    [{ endpoint: 'chat', conversation: 'Ab3' }, 'conversation Ab3'],
  ])('a socket of %o connects and disconnects', (endpoint, where) => {
    const session = { sessionId: 's', userId: '7', ...endpoint }
    expect(said({ event: 'session_opened', ...session })).toEqual([
      `message.consumers debug User 7 connecting to ${where}`,
      `message.consumers debug User 7 authenticated via token for ${where}`,
      `message.consumers debug User 7 connected to ${where}`,
    ])
    expect(said({ event: 'session_opened', ...session, development: true })).toContain(`message.consumers debug Development mode: Using default user 7 for ${where}`)
    expect(said({ event: 'session_closed', ...session, reason: 'peer', code: 1000, durationMs: 5 })).toEqual([`message.consumers debug User 7 disconnecting from ${where}`])
  })

  test('lists and filter options go out', () => {
    const sent = { event: 'list_sent', userId: '7', rows: 10, total: 25, page: 2 } as const
    expect(said({ ...sent, list: 'conversations', filters: '{"status":"active"}' })).toEqual(['message.consumers debug Sent 10/25 conversations to user 7 (page 2) with filters: {"status":"active"}'])
    expect(said({ ...sent, list: 'customers', filters: '{}' })).toEqual(['message.consumers debug Sent 10/25 customers with conversation data and tags to user 7 (page 2) with filters: {}'])
    expect(said({ ...sent, list: 'messages', filters: undefined })).toEqual(['message.consumers debug Sent 10/25 recent messages to user 7 (page 2)'])
    expect(said({ event: 'options_sent', endpoint: 'conversations', userId: '7' })).toEqual(['message.consumers debug Sent conversation filter options to user 7'])
    expect(said({ event: 'options_sent', endpoint: 'customers', userId: '7' })).toEqual(['message.consumers debug Sent filter options to user 7'])
  })

  test('a request fails, or takes too long', () => {
    const failure = { event: 'failure', task: 'classic conversations', detail: 'no answer', userId: '7' } as const
    expect(said({ ...failure, doing: 'getting conversations', late: true })).toEqual(['message.consumers error Timeout getting conversations for user 7'])
    expect(said({ ...failure, doing: 'sending initial customers', late: true })).toEqual(['message.consumers error Timeout sending initial customers to user 7'])
    expect(said({ ...failure, doing: 'saving message', late: false })).toEqual(['message.consumers error Error saving message for user 7: no answer'])
    expect(said({ ...failure, doing: 'refreshing lists', late: false, userId: undefined })).toEqual(['message.consumers error Error refreshing lists: no answer'])
    expect(said({ event: 'failure', task: 'sweep', detail: 'no answer' })).toEqual(['sallyport info failure task=sweep detail="no answer"'])
  })

  test('agents come and go, and conversations are told of things', () => {
    expect(said({ event: 'presence', userId: '7', conversation: 'Ab3', online: true })).toEqual(['message.consumers debug User 7 marked as online for conversation Ab3'])
    expect(said({ event: 'presence', userId: '7', conversation: 'Ab3', online: false })).toEqual(['message.consumers debug User 7 marked as offline for conversation Ab3'])
    expect(said({ event: 'told', change: 'conversation_deleted', subject: 'Ab3' })).toEqual(['message.consumers debug Notified conversation deletion: Ab3'])
    expect(said({ event: 'told', change: 'feedback', subject: 'm1' })).toEqual(['message.consumers debug Notified feedback update for message m1'])
    expect(said({ event: 'told', change: 'ai_message', subject: 'Ab3' })).toEqual(['message.consumers debug Sent AI message to chat room for conversation Ab3'])
  })

  test('an address is banned and let in again', () => {
    expect(said({ event: 'ban_added', subject: '203.0.113.7', hours: 24, actor: 'a' })).toEqual([`${gate} info IP 203.0.113.7 blacklisted for 24 hours`])
    expect(said({ event: 'ban_lifted', subject: '203.0.113.7', hours: undefined, actor: 'a' })).toEqual([`${gate} info IP 203.0.113.7 removed from blacklist`])
  })

  test('what the old service did not know is said by name, not in borrowed words', () => {
    expect(said({ event: 'ban_added', subject: 'user-7', hours: 24, actor: 'a b' })).toEqual(['sallyport info ban_added subject=user-7 hours=24 actor="a b"'])
    expect(said({ event: 'ban_added', subject: '203.0.113.0/24', hours: undefined, actor: 'a' })).toEqual(['sallyport info ban_added subject=203.0.113.0/24 actor=a'])
    expect(said({ event: 'blocking_call', port: 'users', sliceMs: 3, remedy: 'offload' })[0]).toMatch(/^sallyport info BLOCKING_CALL /)
  })
})

describe('a message in the words of the old service', () => {
  test('of somebody who sends too many', () => {
    expect(said({ event: 'message_limited', userId: '7' })).toEqual(['message.security warn Message rate limit exceeded for user 7'])
  })

  test('that looks like spam, and one that is only long, which the old service never said', () => {
    const marked = { event: 'message_marked', writer: '7', conversation: 'Ab3', message: 'm', marks: 'potential_spam', spamScore: 3 } as const
    expect(said(marked)).toEqual(['message.security warn Potential spam detected from user 7: score=3'])
    expect(said({ ...marked, marks: 'content_too_long', spamScore: 1 })[0]).toMatch(/^sallyport info message_marked writer=7 /)
  })
})

test('what became of an outbound message, as the old service said what became of a send', () => {
  const delivery = {
    event: 'delivery', outcome: 'delivered', reason: undefined, connector: 'shop', source: 'telegram', workspace: '1', conversation: 'c', message: 'm', attempts: 1,
    durationMs: 5, detail: 'answered 200',
  } as const
  expect(said(delivery)).toEqual(['message.consumers info Telegram send result: {"success":true,"message_id":"m"}'])
  expect(said({ ...delivery, source: 'instagram', outcome: 'failed', reason: 'refused', detail: 'answered 410' })).toEqual([
    'message.consumers info Instagram send result: {"success":false,"error":"answered 410","message_id":"m"}',
  ])
  expect(said({ ...delivery, outcome: 'postponed' })[0]).toMatch(/^sallyport warn delivery outcome=postponed connector=shop/)
})
