import { expect, test } from 'vitest'
import { urlPaging, withUrlPaging } from './url-paging.js'

test('the URL gives whole numbers, and says what it left out', () => {
  const dropped: string[] = []
  expect(urlPaging({ page_size: '5', page: ' 2 ', offset: 'x', limit: '' }, (name) => dropped.push(name))).toEqual({ page_size: 5, page: 2 })
  expect(dropped).toEqual(['offset', 'limit'])
  expect(urlPaging(undefined, () => undefined)).toEqual({})
})

test.each<[url: Record<string, number>, filters: Record<string, unknown>, together: Record<string, unknown>]>([
  [{ page_size: 5, page: 2 }, {}, { page_size: 5, page: 2 }],
  [{ page_size: 5, page: 2 }, { order_by: 'title' }, { page_size: 5, page: 2, order_by: 'title' }],
  [{ page_size: 5, page: 2 }, { page: 3 }, { page_size: 5, page: 3 }],
  [{ page_size: 5, offset: 10 }, { page: 3 }, { page_size: 5, page: 3 }],
  [{ page_size: 5 }, { limit: 20 }, { limit: 20 }],
  [{ page_size: 5, page: 2 }, { search: 'x' }, { page_size: 5, search: 'x' }],
  [{ limit: 5, offset: 5 }, { status: 'closed' }, { limit: 5, status: 'closed' }],
])('of the URL %j and the request %j comes %j', (url, filters, together) => {
  expect(withUrlPaging(url, filters)).toEqual(together)
})
