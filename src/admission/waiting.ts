import type { Denial } from '../protocol/denial.js'
import type { Decision } from './decision.js'
import type { User } from './user.js'

/** A handshake that has passed every stair before its credential, which its first frame may bring. */
export interface Waiting<U extends User = User> {
  readonly outcome: 'waiting'
  /** Takes a place in the lobby; `dismiss` is called when nobody may wait any longer. */
  enter(dismiss: (denial: Denial) => void): void
  /**
   * Ends the waiting, gives the place back, and walks the stairs again as they are now. To be called once.
   *
   * @param credential - The token of the frame, or why there is none.
   */
  decide(credential: string | Denial): Decision<U> | Promise<Decision<U>>
}
