import type { Ban } from './ban.js'
import type { Revocation } from './revocation.js'

/** One change that every node must act on, in the order of the store. */
export type ControlEvent = { readonly seq: number } & (ControlChange | UnreadableChange)

/** What this program can't make sense of: a newer one wrote it, or somebody else did. Anything may have changed. */
export interface UnreadableChange {
  readonly kind: 'unreadable'
}

export type ControlChange =
  | { readonly kind: 'ban_added'; readonly ban: Ban }
  | { readonly kind: 'ban_lifted'; readonly ban: Ban }
  | { readonly kind: 'revoked'; readonly revocation: Revocation }
  | { readonly kind: 'user_changed'; readonly userId: string }
  | { readonly kind: 'sessions_ended'; readonly end: SessionsEnd }

/** Whose live sessions are meant: one by its id, or all of a user. */
export type EndedSubject = { readonly kind: 'session'; readonly sessionId: string } | { readonly kind: 'user'; readonly userId: string }

/** Live sessions that were ended, wherever they are. Their token stays good, so that sessions which open later are not meant. */
export interface SessionsEnd {
  /** A UUID v7; what readers answer to it is kept under this id. */
  readonly id: string
  readonly subject: EndedSubject
  /** Epoch milliseconds, by the clock of the process that ended them. */
  readonly endedAt: number
  /** Name of that process among the readers of the log: it has ended its own already. */
  readonly reader: string
}

/**
 * The control log: bans, revocations, user changes and ended sessions with gapless sequence numbers, polled by every node.
 *
 * A store may forget old events, oldest first, but never the newest: whoever has not read what it forgot is told so by a first event that does not
 * follow his number.
 */
export interface ControlLog {
  /** The newest sequence number, 0 when the log is empty. */
  head(): Promise<number>
  /** Events after `seq`, oldest first, at most `limit`. */
  since(seq: number, limit: number): Promise<readonly ControlEvent[]>
  /** Appends that a user was changed, so that every node drops it from its cache and looks at its live sockets again. */
  userChanged(userId: string, at: number): Promise<void>
  /** Appends that sessions were ended, so that every node ends those it holds. */
  sessionsEnded(end: SessionsEnd): Promise<void>
}
