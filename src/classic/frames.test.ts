import { describe, expect, test } from 'vitest'
import { limits } from '../protocol/size.js'
import { errorPush, listPush, stamp } from './frames.js'

const read = (frame: Uint8Array): unknown => JSON.parse(Buffer.from(frame.subarray(frame[1] === 127 ? 10 : frame[1] === 126 ? 4 : 2)).toString())

const list = (items: readonly object[], count = items.length) => ({
  type: 'recent_messages', name: 'messages', items, count, paging: { pageSize: 500, page: 1, offset: 0 }, filters: undefined, at: 0,
} as const)

describe('a list on the wire', () => {
  test('has its fields in the old order, and an empty list is one', () => {
    const frame = read(listPush({ ...list([]), filters: { a: 1 } }, false).frame)
    expect(JSON.stringify(frame)).toMatch(/^\{"type":"recent_messages","messages":\[\],"pagination":\{.*\},"filters":\{"a":1\},"count":0,"page_count":0,"timestamp":"/u)
  })

  test('is cut at 4 MiB, keeps the newest messages, and says that there are more', () => {
    const items = Array.from({ length: 100 }, (_, index) => ({ id: index, content: 'x'.repeat(100_000) }))
    const push = listPush(list(items), true)
    expect(push.frame.byteLength).toBeLessThan(limits.pageBytes + 1_000)
    expect(read(push.frame)).toMatchObject({ count: 100, page_count: 41, pagination: { page_count: 41, has_next: true } })
    expect(read(push.frame)).toHaveProperty('messages.40.id', 99)
    expect(read(listPush(list(items), false).frame)).toHaveProperty('messages.0.id', 0)
  })

  test('is an answer that must arrive, or a refresh of which the newest is enough', () => {
    expect(listPush(list([]), false)).toMatchObject({ class: 'critical', key: '' })
    expect(listPush(list([]), false, 'list')).toMatchObject({ class: 'state', key: 'list' })
  })
})

describe('an error on the wire', () => {
  test('says its text twice, for readers of either field', () => {
    expect(read(errorPush('no', 0, { retry_after_ms: 5 }).frame)).toEqual({
      type: 'error', error: 'no', message: 'no', retry_after_ms: 5, timestamp: '1970-01-01T00:00:00+00:00',
    })
  })

  test('times may hold microseconds', () => {
    expect(stamp(1_700_000_000_123.456)).toBe('2023-11-14T22:13:20.123456+00:00')
  })
})
