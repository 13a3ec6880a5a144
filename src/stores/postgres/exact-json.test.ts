import { describe, expect, test } from 'vitest'
import { isExact } from './exact-json.js'

describe('JSON of an old database', () => {
  test.each(['{}', '{"a":[0,-1,1.10,2e3,9007199254740991,9007199254740992]}', '{"id":"17841400000000001"}', String.raw`{"a \" 17841400000000001":1}`, '{"a":0.12345678901234567890}'])(
    'keeps what it says: %s', (json) => {
      expect(isExact(json)).toBe(true)
    })

  test('is read however long a text of it is', () => {
    expect(isExact(JSON.stringify({ notes: 'x'.repeat(30_000_000), id: 5 }))).toBe(true)
  })

  test.each(['{"id":17841400000000001}', '{"a":[{"id":-9007199254740993}]}', '{"a":1e400}', `{"a":1${'0'.repeat(400)}}`])('would be another: %s', (json) => {
    expect(isExact(json)).toBe(false)
  })
})
