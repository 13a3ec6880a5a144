import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { denials, deny, isReason, type BadRequestStatus, type Denial, type Reason } from './denial.js'
import { problemOf, retryAfterSeconds } from './problem.js'
import { limits } from './size.js'

const id = '0196e3a4-7c00-7000-8000-00000000abcd'
const longest = Number.MAX_SAFE_INTEGER

const badRequestStatuses: readonly BadRequestStatus[] = [405, 408, 414, 421, 426, 431]

/** Every refusal that can be told in HTTP: each row, and each status of its own that a bad request has. */
const refusals: readonly Denial[] = [
  ...Object.keys(denials)
    .filter(isReason)
    .filter((reason) => denials[reason].http !== undefined)
    .map((reason) => deny(reason)),
  ...badRequestStatuses.map((status) => deny('bad_request', { status })),
]

const memberNames = ['title', 'status', 'code', 'decisionId']

describe.each(refusals.map((denial) => [denial.status ?? denials[denial.reason].http, denial.reason, denial] as const))('%s %s', (status, reason, denial) => {
  const problem = problemOf(denial, id)
  const waits = status === 429 || status === 503

  test('[R3] is problem JSON with the told code and the id', () => {
    expect(problem.status).toBe(status)
    expect(problem.headers['Content-Type']).toBe('application/problem+json')
    expect(JSON.parse(problem.body)).toMatchObject({ status, code: denials[reason].told, decisionId: id })
    const body: Readonly<Record<string, unknown>> = JSON.parse(problem.body)
    expect(Object.keys(body)).toEqual(waits ? [...memberNames, 'retryAfterMs'] : memberNames)
  })

  test('[R3] has a body of at most 300 bytes, however long the delay is', () => {
    expect(Buffer.byteLength(problemOf({ ...denial, retryAfterMs: longest }, id).body)).toBeLessThanOrEqual(limits.problemBytes)
    expect(limits.problemBytes).toBe(300)
  })

  test('[R4] is not kept by any cache and carries the fields of its status', () => {
    const fields = Object.keys(problem.headers).filter((name) => name !== 'Content-Type' && name !== 'Cache-Control')
    const expected: Readonly<Record<number, readonly string[]>> = {
      401: ['WWW-Authenticate'],
      405: ['Allow'],
      426: ['Upgrade', 'Sec-WebSocket-Version'],
      429: ['Retry-After'],
      503: ['Retry-After'],
    }
    expect(problem.headers['Cache-Control']).toBe('no-store')
    expect(fields).toEqual(expected[problem.status] ?? [])
  })

  test('says nothing of the detail, which is for operators', () => {
    const detailed = problemOf({ ...denial, detail: 'the secret of the house' }, id)
    expect(detailed).toEqual(problem)
  })
})

test('[R4] the fields of 401, 405 and 426 say what the client needs', () => {
  expect(problemOf(deny('token_missing'), id).headers['WWW-Authenticate']).toBe('Bearer')
  expect(problemOf(deny('token_expired'), id).headers['WWW-Authenticate']).toBe('Bearer error="invalid_token"')
  expect(problemOf(deny('bad_request', { status: 405 }), id).headers['Allow']).toBe('GET')
  expect(problemOf(deny('bad_request', { status: 426 }), id).headers).toMatchObject({ 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13' })
})

test('[R4] Retry-After is a whole number of at least 1 and never shorter than the delay', () => {
  const waiting: readonly Reason[] = ['rate_limited', 'too_many_connections', 'overloaded', 'dependency_unavailable', 'draining']
  fc.assert(
    fc.property(fc.constantFrom(...waiting), fc.oneof(fc.integer({ min: -5, max: 5_000_000 }), fc.double({ min: 0, max: 1e9, noNaN: true })), (reason, retryAfterMs) => {
      const { headers, body } = problemOf(deny(reason, { retryAfterMs }), id)
      expect(headers['Retry-After']).toMatch(/^[1-9]\d*$/)
      expect(Number(headers['Retry-After']) * 1000).toBeGreaterThanOrEqual(retryAfterMs)
      expect(JSON.parse(body)).toMatchObject({ retryAfterMs: Math.ceil(retryAfterMs) === 0 ? 0 : Math.ceil(retryAfterMs) })
    }),
  )
  expect([0, 1, 999, 1000, 1001, 61_000].map(retryAfterSeconds)).toEqual([1, 1, 1, 1, 2, 61])
})

test('[D2] reasons that are told alike are alike to the byte in HTTP', () => {
  const disabled = problemOf(deny('user_disabled', { detail: 'disabled since spring' }), id)
  expect(disabled).toEqual(problemOf(deny('token_invalid', { detail: 'its signature does not hold' }), id))
  expect(disabled).toEqual(problemOf(deny('user_unknown'), id))
})
