import { pythonInt } from './python-int.js'

/** What a client asked of a list, after all the conversions of the old service. */
export interface Paging {
  /** 1 to 500. */
  readonly pageSize: number
  /** 1 or more; only an echo when the client gave an offset. */
  readonly page: number
  /** 0 or more. */
  readonly offset: number
}

/** What a client said of its page that is no number, by the name under which it was taken. */
export interface BadPaging {
  readonly name: 'page_size' | 'page' | 'offset'
  readonly value: unknown
}

/** The `pagination` object of a list. */
export interface Pagination {
  readonly count: number
  readonly page_count: number
  readonly page_size: number
  readonly page: number
  readonly total_pages: number
  readonly has_next: boolean
  readonly has_previous: boolean
  readonly offset: number
  readonly limit: number
}

const maxPageSize = 500

/** A number nobody pages to, and the store still takes. */
const maxOffset = Number.MAX_SAFE_INTEGER

/**
 * Reads `page_size` (else `limit`), `page` and `offset` out of the filters; nothing in them is ever an error.
 *
 * A size that is no positive number is `defaultSize` and does not fall back to `limit`; one over 500 is 500. A bad page is 1. A valid offset
 * wins over the page, and a negative one is 0.
 */
export const pagingOf = (filters: Readonly<Record<string, unknown>>, defaultSize: number): Paging => {
  const asked = Object.hasOwn(filters, 'page_size') ? filters['page_size'] : filters['limit']
  const size = pythonInt(asked) ?? 0
  const pageSize = size <= 0 ? defaultSize : Math.min(size, maxPageSize)
  const page = Math.max(1, pythonInt(filters['page']) ?? 1)
  const offset = pythonInt(filters['offset'])
  return { pageSize, page, offset: Math.min(maxOffset, offset === undefined ? (page - 1) * pageSize : Math.max(0, offset)) }
}

/** What of it is no number and so was not taken; what was not said, or said to be nothing, is no fault. */
export const badPaging = (filters: Readonly<Record<string, unknown>>): readonly BadPaging[] => {
  const said = { page_size: Object.hasOwn(filters, 'page_size') ? filters['page_size'] : filters['limit'], page: filters['page'], offset: filters['offset'] }
  return (['page_size', 'page', 'offset'] as const).flatMap((name) => {
    const value = said[name]
    return value === undefined || value === null || pythonInt(value) !== undefined ? [] : [{ name, value }]
  })
}

/**
 * Writes the `pagination` object.
 *
 * @param count - Rows of the whole list.
 * @param pageCount - Rows that are really in this page; fewer than asked for when the page was cut at its size in bytes.
 * @param hasNext - Whether there is a next page, where it is known; otherwise it is counted.
 */
export const paginationOf = (
  { pageSize, page, offset }: Paging, count: number, pageCount: number, hasNext = offset + pageCount < count && pageCount > 0,
): Pagination => ({
  count,
  page_count: pageCount,
  page_size: pageSize,
  page,
  total_pages: Math.max(1, Math.ceil(count / pageSize)),
  has_next: hasNext,
  has_previous: offset > 0,
  offset,
  limit: pageSize,
})
