import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isBad } from './filter-value.js'
import { conversationFilter, customerFilter, rawFilters } from './filters.js'

const conversation = (filters: Record<string, unknown>): unknown => {
  const understood = conversationFilter(filters)
  return isBad(understood) ? understood.bad : JSON.parse(JSON.stringify(understood.filter))
}

const customer = (filters: Record<string, unknown>): unknown => {
  const understood = customerFilter(filters)
  return isBad(understood) ? understood.bad : JSON.parse(JSON.stringify(understood.filter))
}

describe('filters of conversations', () => {
  test.each<[filters: Record<string, unknown>, filter: object]>([
    [{}, {}],
    [{ status: 'closed', source: 'telegram' }, { status: 'closed', source: 'telegram' }],
    [{ status: 'all', source: 'all', priority: 'all' }, {}],
    [{ status: '', source: null, priority: 0, tags: [], search: '', date_from: '' }, {}],
    [{ priority: '2' }, { priority: 2 }],
    [{ tags: ['VIP', 'New'] }, { tags: ['VIP', 'New'] }],
    [{ unread_only: true }, { unanswered: true }],
    [{ unread_only: 'yes' }, { unanswered: true }],
    [{ unread_only: 'false' }, {}],
    [{ unread_only: '0' }, {}],
    [{ nobody: 'knows', this: 1 }, {}],
    [{ search: 'a\0b' }, { search: 'a\uFFFDb' }],
    [{ search: 4711 }, { search: '4711' }],
    [{ priority: [], tags: {}, status: {}, search: {}, date_to: [] }, {}],
  ])('%j is understood as %j', (filters, filter) => {
    expect(conversation(filters)).toEqual(filter)
  })

  test.each<[filters: Record<string, unknown>]>([
    [{ date_from: 'garbage' }], [{ date_to: '2026-02-30' }], [{ date_from: '2026-13-01' }], [{ date_from: 20260101 }], [{ date_from: '2026-01-01T25:00' }],
    [{ priority: 'high' }], [{ priority: [1] }], [{ tags: 'VIP' }], [{ tags: [1] }], [{ tags: Array.from({ length: 101 }, () => 'x') }],
    [{ status: 5 }], [{ source: ['telegram'] }], [{ search: true }], [{ search: 'x'.repeat(201) }],
  ])('%j is an error and no list', (filters) => {
    expect(conversation(filters)).toMatch(/^Invalid filter "/u)
  })

  test('a bare date holds its whole day, a time is held itself, and an offset counts', () => {
    const day = Date.UTC(2026, 10, 23)
    expect(conversation({ date_from: '2026-11-23', date_to: '2026-11-23' })).toEqual({ createdFrom: day, createdBefore: day + 86_400_000 })
    expect(conversation({ date_from: '2026-11-23T10:00:00+03:30' })).toEqual({ createdFrom: day + 6.5 * 3_600_000 })
    expect(conversation({ date_to: '2026-11-23 10:00' })).toEqual({ createdBefore: day + 10 * 3_600_000 + 1 })
    expect(conversation({ date_from: '2026-11-23T10:00:00.250Z' })).toEqual({ createdFrom: day + 10 * 3_600_000 + 250 })
  })

  test('a sort nobody knows is the default one', () => {
    const order = (value: unknown) => {
      const understood = conversationFilter({ order_by: value })
      return isBad(understood) ? undefined : understood.order
    }
    expect(order('-priority')).toEqual({ by: 'priority', descending: true })
    expect(order('title')).toEqual({ by: 'title', descending: false })
    for (const unknown of ['', 'id', '--title', '__proto__', 'constructor', 5, null, ['title']]) {
      expect(order(unknown)).toEqual({ by: 'updatedAt', descending: true })
    }
  })
})

describe('filters of customers', () => {
  test.each([['true', true], [true, true], [1, true], ['1', true], ['false', false], [false, false], [0, false], ['0', false]])(
    'the tri-state %j is %j',
    (value, wanted) => {
      expect(customer({ has_email: value, has_phone: value, has_unread: value })).toEqual({ hasEmail: wanted, hasPhone: wanted, unanswered: wanted })
    },
  )

  test.each(['all', 'TRUE', '', null, 2, [], {}])('the tri-state %j is no filter', (value) => {
    expect(customer({ has_email: value, has_unread: value })).toEqual({})
  })

  test('ids of tags may be written as text', () => {
    expect(customer({ tag_ids: ['1', 2] })).toEqual({ tagIds: [1, 2] })
    for (const nothing of ['', 0, false, null, [], {}]) expect(customer({ tag_ids: nothing })).toEqual({})
    expect(customer({ tag_ids: 'x' })).toMatch(/^Invalid filter/u)
    expect(customer({ last_activity_from: 'x' })).toMatch(/^Invalid filter/u)
  })
})

describe('what a client calls filters', () => {
  test('is an object of flat values, or an error', () => {
    expect(rawFilters(undefined)).toEqual({})
    expect(rawFilters(null)).toEqual({})
    for (const value of [[], 'x', 5, true, { a: { b: 1 } }, { a: [[1]] }]) expect(isBad(rawFilters(value))).toBe(true)
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${String(index)}`, 1]))
    expect(isBad(rawFilters(many))).toBe(true)
  })

  test('never throws, and what is echoed can always be written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const raw = rawFilters(value)
        if (isBad(raw)) return
        conversationFilter(raw)
        customerFilter(raw)
        JSON.stringify(raw)
      }),
    )
    const names = ['search', 'status', 'source', 'priority', 'tags', 'tag_ids', 'date_from', 'date_to', 'unread_only', 'order_by', 'has_email', '__proto__']
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 1 })), (value) => {
        const raw = rawFilters(value)
        if (isBad(raw)) return
        conversationFilter(raw)
        customerFilter(raw)
      }),
    )
  })
})
