import type { Ban } from './ban.js'
import type { Revocation } from './revocation.js'

/** One change that every node must act on, in the order of the store. */
export type ControlEvent = { readonly seq: number } & ControlChange

export type ControlChange =
  | { readonly kind: 'ban_added'; readonly ban: Ban }
  | { readonly kind: 'ban_lifted'; readonly ban: Ban }
  | { readonly kind: 'revoked'; readonly revocation: Revocation }
  | { readonly kind: 'user_changed'; readonly userId: string }

/**
 * The control log: bans, revocations and user changes with gapless sequence numbers, polled by every node.
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
}
