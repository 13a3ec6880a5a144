import type { User } from '../../admission/user.js'
import type { Topic } from '../../protocol/command.js'
import type { Push } from '../../session/push.js'
import type { Session } from '../../session/session.js'
import type { Scope } from '../access.js'
import type { Stay } from '../people.js'
import type { Following } from '../feed.js'

/** One topic of one session. */
export interface Subscription {
  readonly topic: Topic
  readonly scope: Scope
  readonly following: Following
  /** The presence in a conversation; lists have none. */
  readonly stay: Stay | undefined
  /** Pushes that came while the first page was being read; they follow it. `undefined` when it has gone out. */
  held: HeldPush[] | undefined
}

export interface HeldPush {
  readonly offset: number
  readonly push: Push
}

/** A session as the modern dialect knows it. */
export interface Member<U extends User> {
  readonly session: Session<U>
  /** Of its lists; `undefined` until somebody could be asked, or for a user of no workspace. */
  scope: Scope | undefined
  readonly topics: Map<Topic, Subscription>
}

export const createMember = <U extends User>(session: Session<U>): Member<U> => ({ session, scope: undefined, topics: new Map() })
