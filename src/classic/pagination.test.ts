import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { badPaging, pagingOf, paginationOf } from './pagination.js'

describe('a page is chosen by the rules of the old service', () => {
  test.each<[filters: Record<string, unknown>, size: number, page: number, offset: number]>([
    [{}, 10, 1, 0],
    [{ page_size: 2, page: 2 }, 2, 2, 2],
    [{ page_size: '2', page: '3' }, 2, 3, 4],
    [{ page_size: 2.9 }, 2, 1, 0],
    [{ page_size: true }, 1, 1, 0],
    [{ page_size: '۲۰' }, 20, 1, 0],
    [{ page_size: 0 }, 10, 1, 0],
    [{ page_size: -5 }, 10, 1, 0],
    [{ page_size: 'ten' }, 10, 1, 0],
    [{ page_size: null }, 10, 1, 0],
    [{ page_size: 501 }, 500, 1, 0],
    [{ page_size: 1e300 }, 500, 1, 0],
    [{ limit: 7 }, 7, 1, 0],
    [{ page_size: 3, limit: 7 }, 3, 1, 0],
    [{ page_size: 'bad', limit: 7 }, 10, 1, 0],
    [{ page: 0 }, 10, 1, 0],
    [{ page: -1 }, 10, 1, 0],
    [{ page: 'x' }, 10, 1, 0],
    [{ offset: 15 }, 10, 1, 15],
    [{ offset: 15, page: 3 }, 10, 3, 15],
    [{ offset: -4, page: 3 }, 10, 3, 0],
    [{ offset: 'x', page: 3 }, 10, 3, 20],
    [{ offset: null, page: 3 }, 10, 3, 20],
  ])('%j is %i rows, page %i, from %i', (filters, pageSize, page, offset) => {
    expect(pagingOf(filters, 10)).toEqual({ pageSize, page, offset })
  })

  test('what is no number is named as it was taken, and what was not said is not', () => {
    expect(badPaging({ page_size: 'ten', limit: 5, page: '2', offset: [] })).toEqual([{ name: 'page_size', value: 'ten' }, { name: 'offset', value: [] }])
    expect(badPaging({ limit: 'x', page: {} })).toEqual([{ name: 'page_size', value: 'x' }, { name: 'page', value: {} }])
    expect(badPaging({ page_size: 0, page: -1, offset: null })).toEqual([])
  })

  test('nothing a client asks leaves the range of what a store takes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('page', 'page_size', 'limit', 'offset'), fc.oneof(fc.jsonValue(), fc.double())), (filters) => {
        const { pageSize, page, offset } = pagingOf(filters, 10)
        expect(pageSize).toBeGreaterThanOrEqual(1)
        expect(pageSize).toBeLessThanOrEqual(500)
        expect(Number.isSafeInteger(page) && page >= 1).toBe(true)
        expect(Number.isSafeInteger(offset) && offset >= 0).toBe(true)
      }),
    )
  })
})

describe('a list says where it stands', () => {
  test('an empty one has one page and nothing before or after', () => {
    expect(paginationOf({ pageSize: 10, page: 1, offset: 0 }, 0, 0)).toEqual({
      count: 0, page_count: 0, page_size: 10, page: 1, total_pages: 1, has_next: false, has_previous: false, offset: 0, limit: 10,
    })
  })

  test('the second of two pages has one before it and none after', () => {
    expect(paginationOf({ pageSize: 2, page: 2, offset: 2 }, 3, 1)).toEqual({
      count: 3, page_count: 1, page_size: 2, page: 2, total_pages: 2, has_next: false, has_previous: true, offset: 2, limit: 2,
    })
  })

  test('a page past the end is empty and has no next', () => {
    expect(paginationOf({ pageSize: 2, page: 9, offset: 16 }, 3, 0)).toMatchObject({ page_count: 0, has_next: false, has_previous: true })
  })

  test('a page that was cut says that there is more', () => {
    expect(paginationOf({ pageSize: 10, page: 1, offset: 0 }, 10, 4)).toMatchObject({ page_count: 4, has_next: true })
  })
})
