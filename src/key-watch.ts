import type { User } from './admission/user.js'
import { deny } from './protocol/denial.js'
import type { Session } from './session/session.js'
import type { Sessions } from './session/sessions.js'

/** How long a socket may go on without its key, in milliseconds: time to bring a new token. */
export const withdrawnMs = 5_000

/** The same after the planned end of a key: nothing is suspected then, and clients need not all come back in the same second. */
export const retiredMs = 60_000

const withdrawn = deny('token_expired', { detail: 'its key was withdrawn' })
const retired = deny('token_expired', { detail: 'its key is past its end' })

/** Ends live sessions after the key that verified their token: each is asked for a new one, and closed when none came in time. */
export interface KeyWatch<U extends User = User> {
  /** Looks at all sessions, after keys were withdrawn or were given an earlier end. */
  shortened(): void
  /** Looks at one session that has just opened or brought a new token. */
  opened(session: Session<U>): void
}

/** @param now - Epoch milliseconds. */
export const createKeyWatch = <U extends User>(sessions: Pick<Sessions<U>, 'close' | 'closeAt' | typeof Symbol.iterator>, now: () => number): KeyWatch<U> => {
  const retire = (session: Session<U>, notAfter: number): void => {
    if (Number.isFinite(notAfter)) sessions.closeAt(session, notAfter + retiredMs, retired)
  }
  return {
    shortened() {
      for (const session of sessions) {
        const key = session.principal.claims?.key
        if (key === undefined) continue
        if (key.withdrawn) sessions.closeAt(session, now() + withdrawnMs, withdrawn)
        else retire(session, key.notAfter)
      }
    },
    opened(session) {
      const key = session.principal.claims?.key
      if (key === undefined) return
      // It was withdrawn while the handshake waited for something else: by then nobody may be let in by it.
      if (key.withdrawn) sessions.close(session, withdrawn)
      else retire(session, key.notAfter)
    },
  }
}
