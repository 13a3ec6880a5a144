import { expect, test } from 'vitest'
import { denials, deny, isReason, statusOf, type Reason } from './denial.js'

/** What each reason means on the wire, written by hand: HTTP status, close code, classic v2, classic v1. */
const wire: Readonly<Record<Reason, readonly [http: number | undefined, close: number, v2: number, v1: number]>> = {
  bad_request: [400, 4400, 4400, 4400],
  bad_forwarding: [400, 4400, 4400, 4400],
  token_missing: [401, 4401, 4001, 1008],
  token_invalid: [401, 4401, 4001, 1008],
  token_revoked: [401, 4401, 4001, 1008],
  user_unknown: [401, 4401, 4001, 1008],
  user_disabled: [401, 4401, 4001, 1008],
  session_ended: [undefined, 4401, 4001, 1008],
  token_expired: [401, 4401, 4001, 1008],
  auth_timeout: [401, 4401, 4001, 1008],
  address_banned: [403, 4403, 1008, 1008],
  user_banned: [403, 4403, 1008, 1008],
  origin_refused: [403, 4403, 1008, 1008],
  forbidden: [403, 4403, 1008, 1008],
  not_found: [404, 4404, 1008, 1008],
  idle_timeout: [undefined, 4408, 4408, 4408],
  rate_limited: [429, 4429, 4429, 4429],
  too_many_connections: [429, 4429, 4429, 4429],
  too_many_messages: [429, 4429, 4429, 4429],
  internal_error: [500, 4500, 4500, 4500],
  dependency_unavailable: [503, 4503, 4503, 4503],
  overloaded: [503, 4503, 4503, 4503],
  draining: [503, 1012, 1012, 1012],
  slow_consumer: [undefined, 4420, 4420, 4420],
  frame_protocol: [undefined, 1002, 1002, 1002],
  frame_wrong_type: [undefined, 1003, 1003, 1003],
  frame_not_utf8: [undefined, 1007, 1007, 1007],
  frame_too_big: [undefined, 1009, 1009, 1009],
}

test('the rows of the table are the reasons written here, no more and no fewer', () => {
  expect(Object.keys(denials).toSorted()).toEqual(Object.keys(wire).toSorted())
})

test.each(Object.entries(wire))('[D1] %s has its status and close codes', (reason, [http, close, v2, v1]) => {
  const row = denials[isReason(reason) ? reason : 'internal_error']
  expect([row.http, row.close, row.classic.v2, row.classic.v1]).toEqual([http, close, v2, v1])
})

test('only a user that is not there or disabled is told as something else, and as a bad token', () => {
  const veiled = Object.entries(denials).filter(([reason, row]) => row.told !== reason)
  expect(veiled.map(([reason, row]) => [reason, row.told])).toEqual([
    ['user_unknown', 'token_invalid'],
    ['user_disabled', 'token_invalid'],
  ])
})

test('every told code is a reason of the table', () => {
  expect(Object.values(denials).filter((row) => !isReason(row.told))).toEqual([])
})

test('every reason says one sentence that ends in a full stop and says more than its code', () => {
  for (const { sentence, told } of Object.values(denials)) {
    expect(sentence).toMatch(/^[A-Z][^.]+\.$/)
    expect(sentence).not.toContain(told)
  }
})

test('no refusal closes with 1000 or with a code that may not be sent', () => {
  for (const { close, classic } of Object.values(denials)) {
    for (const code of [close, classic.v1, classic.v2]) {
      expect([1000, 1004, 1005, 1006, 1015]).not.toContain(code)
      expect((code >= 1001 && code <= 1014) || (code >= 4000 && code <= 4999)).toBe(true)
    }
  }
})

test('a frame is there exactly when there is something to say in it', () => {
  for (const { classic } of Object.values(denials)) expect(classic.frame === 'none').toBe(classic.message === '')
})

test('a bad request may carry the status of its own fault, and every other reason has the one of its row', () => {
  expect(statusOf(deny('bad_request'))).toBe(400)
  expect(statusOf(deny('bad_request', { status: 431 }))).toBe(431)
  expect(statusOf(deny('forbidden'))).toBe(403)
  expect(statusOf(deny('idle_timeout'))).toBe(500)
})

test('names that every object has are no reasons', () => {
  expect(['__proto__', 'constructor', 'toString', ''].filter(isReason)).toEqual([])
})
