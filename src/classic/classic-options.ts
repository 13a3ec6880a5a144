import type { User } from '../admission/user.js'
import type { Conversations } from '../conversation/conversations.js'
import type { Feed } from '../conversation/feed.js'
import type { People } from '../conversation/people.js'
import type { Sends } from '../conversation/sends.js'
import type { Clock } from '../session/clock.js'
import type { Sessions } from '../session/sessions.js'
import type { BadPaging, Paging } from './pagination.js'

/** A list that a socket was sent because it opened or asked. */
export interface ListSent {
  readonly userId: string
  readonly list: 'conversations' | 'customers' | 'messages'
  /** Rows it holds, and rows there are. */
  readonly rows: number
  readonly total: number
  readonly page: number
  /** As the client was told them; messages have none. */
  readonly filters: object | undefined
}

/** What a request was about when it failed. */
export type ClassicTask =
  | 'sending initial messages'
  | 'sending initial conversations'
  | 'sending initial customers'
  | 'getting messages'
  | 'getting conversations'
  | 'getting customers'
  | 'getting conversation filter options'
  | 'getting filter options'
  | 'saving message'
  | 'marking messages as read'
  | 'updating feedback'
  | 'refreshing lists'

/** What the classic dialect tells whoever counts and logs; called synchronously and must not throw. */
export interface ClassicEvents {
  /** A message type this socket doesn't know; it was ignored, as the old service did. */
  ignored?(endpoint: string): void
  /** A request failed for a fault of the store or of ours; the client got an error frame. */
  failed?(endpoint: string, error: unknown, task: ClassicTask, userId: string | undefined): void
  /** A list went out that somebody waits for; a refresh that nobody asked for is not told. */
  sent?(sent: ListSent): void
  /** Filter options went out. */
  optionsSent?(endpoint: string, userId: string): void
  /** Filters of a request were put over what the URL of its socket says. */
  merged?(merged: { readonly url: object; readonly filters: object; readonly result: object }): void
  /** A request chose a page; `bad` is what of it was no number. */
  paged?(paging: Paging, bad: readonly BadPaging[]): void
  /** A number in the query of a list's URL that is none; it was left out. */
  badParameter?(name: string, value: string): void
}

export interface ClassicOptions<U extends User = User> {
  readonly conversations: Conversations
  readonly sessions: Pick<Sessions<U>, 'send' | 'close'>
  readonly feed: Feed
  /** Shared with the other dialect, so that a user has one rate. */
  readonly sends: Sends
  /** Who has which conversation open; shared with the other dialect. */
  readonly people: People
  readonly clock: Clock
  /** Whether `classic.v2` sockets are greeted with `connection_established`. */
  readonly greeting: boolean
  /** Milliseconds between two refreshes of a list that nobody asked for; the first after a pause goes out at once. Default 200. */
  readonly refreshPauseMs?: number
  readonly events?: ClassicEvents
}
