import { describe, expect, test } from 'vitest'
import { classicLines } from './classic-line.js'
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
  })

  test('without a token in development', () => {
    expect(admitted({ development: true })).toEqual([
      `${gate} debug No authentication token provided for WebSocket`,
      `${gate} debug Development mode: Allowing connection without token`,
    ])
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
    expect(denied({ reason, detail: 'eyJhbGciOiJIUzUxMiIs...' })).toEqual([
      `${gate} debug Token validation failed for token: eyJhbGciOiJIUzUxMiIs...`,
      `${gate} debug Invalid WebSocket authentication token: eyJhbGciOiJIUzUxMiIs...`,
    ])
    expect(denied({ reason })[0]).toBe(`${gate} debug Token validation failed for token: <not a JWT>`)
  })

  test.each([
    [{ reason: 'token_missing' }, `${gate} debug No authentication token provided for WebSocket`],
    [{ reason: 'address_banned', address: '203.0.113.7' }, `${gate} warn Blocked WebSocket connection from blacklisted IP: 203.0.113.7`],
    [{ reason: 'rate_limited', userId: '7' }, `${gate} warn Rate limit exceeded for user: 7`],
    [{ reason: 'user_unknown', userId: '7' }, `${gate} debug User 7 not found in database`],
    [{ reason: 'not_found', step: 'topic', userId: '7' }, 'message.consumers warn User 7 denied access to conversation Ab3dEf9hJk'],
    [{ reason: 'not_found', step: 'endpoint' }, `${gate} debug WebSocket connection refused: not_found`],
    [{ reason: 'origin_refused' }, `${gate} debug WebSocket connection refused: origin_refused`],
    [{ reason: 'dependency_unavailable', step: 'user', detail: 'no answer' }, `${gate} error Error authenticating WebSocket token: no answer`],
    [{ reason: 'dependency_unavailable', step: 'limits', detail: 'no answer' }, `${gate} error Error checking WebSocket rate limit: no answer`],
    [{ reason: 'dependency_unavailable', step: 'address_ban', detail: 'no answer' }, `${gate} error Error checking IP blacklist: no answer`],
    [{ reason: 'internal_error', detail: 'You cannot call this' }, `${gate} error Error authenticating WebSocket token: You cannot call this`],
  ] satisfies readonly (readonly [Partial<Admission>, string])[])('%o', (event, line) => {
    expect(denied(event)).toEqual([line])
  })
})

describe('what happens later', () => {
  test('a socket connects and disconnects', () => {
    const opened = { event: 'session_opened', sessionId: 's', userId: '7' } as const
    expect(said({ ...opened, endpoint: 'conversations' })).toEqual(['message.consumers debug User 7 connected to conversation list'])
    expect(said({ ...opened, endpoint: 'customers' })).toEqual(['message.consumers debug User 7 connected to customer list'])
    expect(said({ ...opened, endpoint: 'chat', conversation: 'Ab3' })).toEqual(['message.consumers debug User 7 connected to conversation Ab3'])
    expect(said({ ...opened, event: 'session_closed', endpoint: 'customers', reason: 'peer', code: 1000, durationMs: 5 })).toEqual([
      'message.consumers debug User 7 disconnecting from customer list',
    ])
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
