import type { User } from '../admission/user.js'
import type { Scope } from '../conversation/access.js'
import type { Following } from '../conversation/feed.js'
import type { Stay } from '../conversation/people.js'
import type { Customer } from '../conversation/records.js'
import type { Session } from '../session/session.js'

/** A socket that has one conversation open. */
export interface ChatSocket<U extends User> {
  readonly session: Session<U>
  readonly scope: Scope
  readonly conversation: string
  readonly following: Following
  readonly stay: Stay
  /** As the last page showed him; frames about single messages carry him too. */
  customer: Customer | undefined
  /** `seq` of the newest message it was shown or told. */
  seen: number
  /** `seq` of the newest message it has sent itself. */
  sent: number
}
