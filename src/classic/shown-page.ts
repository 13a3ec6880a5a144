import type { Beside, Place } from '../conversation/lists.js'
import type { ListView, LoadedList } from './list-kind.js'

/** The page a list socket showed last. */
export interface ShownPage {
  readonly list: string
  readonly offset: number
  readonly pageSize: number
  readonly rows: number
  readonly first: Place
  readonly last: Place
}

/** @returns `undefined` for an empty page: nothing is beside it. */
export const shownPage = ({ list, paging: { offset, pageSize } }: ListView, { push, first, last }: LoadedList): ShownPage | undefined =>
  first === undefined || last === undefined ? undefined : { list, offset, pageSize, rows: push.rows, first, last }

/**
 * Where the page is that comes right after the one that is shown, or right before it: beside its rows, so that nothing is skipped or shown twice
 * when rows were added or moved meanwhile, and it costs the same however deep it lies.
 *
 * @returns `undefined` for every other page, and for the first one: those are counted from the beginning.
 */
export const besideOf = (shown: ShownPage | undefined, { list, paging: { offset } }: ListView): Beside | undefined => {
  if (shown === undefined || shown.list !== list || offset === 0) return undefined
  // Who counts by offsets goes on after the rows he got, which are fewer where the page was cut.
  if (offset === shown.offset + shown.pageSize || offset === shown.offset + shown.rows) return { following: shown.last }
  return offset === shown.offset - shown.pageSize ? { preceding: shown.first } : undefined
}
