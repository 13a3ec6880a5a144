import type { RawFilters } from './filter-value.js'
import { own } from './parse-frame.js'
import { pythonInt } from './python-int.js'

/** Pagination out of a list's URL, as whole numbers. */
export type UrlPaging = RawFilters

/**
 * Reads the pagination of a URL.
 *
 * @param dropped - Told of each value that is no whole number; it is left out.
 */
export const urlPaging = (parameters: Readonly<Record<string, string>> = {}, dropped: (name: string, value: string) => void): UrlPaging => {
  const paging: Record<string, number> = {}
  for (const [name, value] of Object.entries(parameters)) {
    const number = pythonInt(value)
    if (number === undefined) dropped(name, value)
    else paging[name] = number
  }
  return paging
}

/** Names that choose a place or an order and narrow nothing. */
const neutral: ReadonlySet<string> = new Set(['page_size', 'limit', 'page', 'offset', 'order_by'])

/**
 * Puts the URL's pagination under the filters of a request.
 *
 * What the request says itself wins over the URL, whichever of the two spellings it uses. A request that narrows the list asks a new question: the
 * URL's size holds for it, but not its page, which the old service kept and so answered searches with an empty list.
 */
export const withUrlPaging = (url: UrlPaging, filters: RawFilters): RawFilters => {
  const says = (name: string): boolean => own(filters, name) !== undefined
  const size = says('page_size') || says('limit') ? {} : pick(url, 'page_size', 'limit')
  const narrowed = Object.keys(filters).some((name) => !neutral.has(name))
  const place = narrowed || says('page') || says('offset') ? {} : pick(url, 'page', 'offset')
  return { ...size, ...place, ...filters }
}

const pick = (from: RawFilters, ...names: readonly string[]): RawFilters => Object.fromEntries(names.flatMap((name) => (own(from, name) === undefined ? [] : [[name, own(from, name)] as const])))
