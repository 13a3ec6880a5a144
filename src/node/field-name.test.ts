import { expect, test } from 'vitest'
import { fieldName } from './field-name.js'

test('a name means the same in every spelling, also once it was met', () => {
  for (const spelling of ['Sec-WebSocket-Key', 'sec-websocket-key', 'SEC-WEBSOCKET-KEY', 'Sec-WebSocket-Key'])
    expect(fieldName(spelling)).toEqual({ lower: 'sec-websocket-key', isRead: true })
  expect([fieldName('X-Unread'), fieldName('constructor')]).toEqual([
    { lower: 'x-unread', isRead: false },
    { lower: 'constructor', isRead: false },
  ])
})

test('strangers who make up names are answered as truly when no more are remembered', () => {
  for (let index = 0; index < 2_000; index += 1) expect(fieldName(`X-Made-Up-${index}`).lower).toBe(`x-made-up-${index}`)
  expect(fieldName('X-FORWARDED-For')).toEqual({ lower: 'x-forwarded-for', isRead: true })
})
