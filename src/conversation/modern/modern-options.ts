import type { User } from '../../admission/user.js'
import type { Denial } from '../../protocol/denial.js'
import type { Clock } from '../../session/clock.js'
import type { Session } from '../../session/session.js'
import type { Sessions } from '../../session/sessions.js'
import type { Conversations } from '../conversations.js'
import type { Feed } from '../feed.js'
import type { People } from '../people.js'
import type { Sends } from '../sends.js'

/** What became of a new token for a live session. */
export type Reauthentication =
  /** The session ends at `expiresAt` now (epoch milliseconds, `undefined` only in development). */
  { readonly ok: true; readonly expiresAt: number | undefined } | { readonly ok: false; readonly denial: Denial }

/** What the modern dialect tells whoever counts and logs; called synchronously and must not throw. */
export interface ModernEvents {
  /** A message that was no command, or a command nobody knows. */
  refused?(code: string): void
  /** A command failed for a fault of the store or of ours; the client got an error reply. */
  failed?(command: string, error: unknown): void
}

export interface ModernOptions<U extends User = User> {
  readonly conversations: Conversations
  readonly sessions: Pick<Sessions<U>, 'send' | 'close'>
  readonly feed: Feed
  /** Shared with the other dialect, so that a user has one rate. */
  readonly sends: Sends
  /** Who has which conversation open; shared with the other dialect. */
  readonly people: People
  readonly clock: Clock
  /** Told in `welcome`. Milliseconds. */
  readonly heartbeatMs: number
  /** Told in `welcome`. Bytes. */
  readonly frameBytes: number
  /**
   * Verifies a new token for a session, asks every rule again, and moves the session's end. A rejection is answered as `unavailable`.
   */
  reauthenticate(session: Session<U>, token: string): Promise<Reauthentication>
  readonly events?: ModernEvents
}
