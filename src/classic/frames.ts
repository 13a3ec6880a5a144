import { cutToBytes } from '../conversation/page-bounds.js'
import { offsetTime } from '../protocol/classic-time.js'
import { limits } from '../protocol/size.js'
import { createPush, type Push } from '../session/push.js'
import { encodeTextFrame } from '../session/text-frame.js'
import { paginationOf, type Paging } from './pagination.js'

/** The time stamp of frames. */
export const stamp = (atMs: number): string => offsetTime(Math.round(atMs * 1000))

/** A list, ready to be sent. */
export interface ListFrame {
  /** Fields before and after the list, in the order in which they were always sent. */
  readonly type: string
  readonly name: 'conversations' | 'customers' | 'messages'
  readonly items: readonly object[]
  /** Rows of the whole list. */
  readonly count: number
  /** Whether rows follow those of `items`, where it is known better than by counting. */
  readonly more?: boolean | undefined
  readonly paging: Paging
  /** Echo of the client's filters; messages have none. */
  readonly filters: object | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/** An encoded list. */
export interface ListPush extends Push {
  /** How many of its rows went in. */
  readonly rows: number
}

/**
 * Encodes a list, cut at 4 MiB with a true `has_next`.
 *
 * @param fromEnd - Whether what is cut off is the beginning, because newer rows stand at the end.
 * @param key - For refreshes nobody asked for: the newest of a key replaces those that wait. Answers have none.
 */
export const listPush = (list: ListFrame, fromEnd: boolean, key?: string): ListPush => {
  const encoded = list.items.map((item) => JSON.stringify(item))
  // One row always goes out, so that nobody pages in circles.
  const kept = cutToBytes(encoded, limits.pageBytes, fromEnd, (item) => Buffer.byteLength(item) + 1)
  const pagination = paginationOf(list.paging, list.count, kept.length, list.more === undefined ? undefined : list.more || kept.length < encoded.length)
  const tail = JSON.stringify({
    pagination,
    ...(list.filters === undefined ? {} : { filters: list.filters }),
    count: list.count,
    page_count: kept.length,
    timestamp: stamp(list.at),
  })
  const text = `{"type":${JSON.stringify(list.type)},"${list.name}":[${kept.join(',')}],${tail.slice(1)}`
  return { class: key === undefined ? 'critical' : 'state', key: key ?? '', frame: encodeTextFrame(text), rows: kept.length }
}

/** Chat clients read `error`, list clients `message`; every error says both. */
export const errorPush = (text: string, at: number, rest: object = {}): Push =>
  createPush('critical', { type: 'error', error: text, message: text, ...rest, timestamp: stamp(at) })
