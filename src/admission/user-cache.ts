import { LRUCache } from 'lru-cache'
import { shown } from './shown.js'
import type { User, Users } from './user.js'

export interface UserCacheConfig {
  /** Users kept (default 20,000). */
  readonly entries: number
  /** Milliseconds an answer may be used for (default 30,000, range 0 to 60,000). A hit never extends it. */
  readonly maxStaleMs: number
}

export const defaultUserCache: UserCacheConfig = { entries: 20_000, maxStaleMs: 30_000 }

/** Where users come from: a port, or a function of an embedder's, which may answer at once. */
export interface UserSource<U extends User> {
  find(id: string, deadline: number): Promise<U | undefined> | U | undefined
}

/** Users found lately, in front of the port. */
export interface UserCache<U extends User> extends Users<U> {
  /** A user that was found at most `maxStaleMs` before `at`; asks nobody. */
  held(id: string, at: number): U | undefined
  /** Forgets a user, also one that is being looked up right now. */
  changed(id: string): void
  /** Forgets everybody, also those who are being looked up right now. */
  allChanged(): void
}

/**
 * Puts a bounded cache in front of a Users port.
 *
 * Simultaneous questions for one user share a look-up, until nobody waits for its answer any more: one that never ends is nobody else's. An unknown user is
 * not remembered, so one who signs up is known at once.
 */
export const createUserCache = <U extends User>(users: UserSource<U>, config: UserCacheConfig, now: () => number): UserCache<U> => {
  const kept = new LRUCache<string, { readonly user: U; readonly foundAt: number }>({ max: config.entries })
  const asked = new Map<string, Question<U>>()

  const look = async (id: string, deadline: number, question: Question<U>): Promise<U | undefined> => {
    const foundAt = now()
    try {
      const user = await users.find(id, deadline)
      checkUser(user, id)
      // Whoever was changed meanwhile is not `asked` any more: that answer may be the old one.
      if (user !== undefined && asked.get(id) === question) kept.set(id, { user, foundAt })
      return user
    } finally {
      if (asked.get(id) === question) asked.delete(id)
    }
  }

  return {
    held(id, at) {
      const entry = kept.get(id)
      if (entry === undefined) return undefined
      // A clock that was set back would make an answer young for ever.
      if (at - entry.foundAt <= config.maxStaleMs && at >= entry.foundAt - config.maxStaleMs) return entry.user
      kept.delete(id)
      return undefined
    },
    find(id, deadline) {
      const shared = asked.get(id)
      if (shared?.answer !== undefined && now() < shared.deadline) return shared.answer
      const question: Question<U> = { answer: undefined, deadline }
      asked.set(id, question)
      return (question.answer = look(id, deadline, question))
    },
    changed(id) {
      kept.delete(id)
      asked.delete(id)
    },
    allChanged() {
      kept.clear()
      asked.clear()
    },
  }
}

/** One look-up that is under way, known by identity. */
interface Question<U> {
  answer: Promise<U | undefined> | undefined
  /** Epoch milliseconds. */
  readonly deadline: number
}

/**
 * Bans, ends of sessions and limits go by the id of a user: one that is not the subject of his token, or has none, would be reached by none of them. A text such as
 * "false" in `active` would let in whom it shuts out, and no token is below an epoch that is no number.
 *
 * @throws TypeError with the member, what it must be and its value.
 */
const checkUser = (user: User | null | undefined, asked: string): void => {
  if (user === undefined || user === null) return
  const { id, active, epoch }: { readonly [member in 'id' | 'active' | 'epoch']?: unknown } = user
  if (id !== asked) throw new TypeError(`Cannot take a user whose "id" is not the text that was asked for, ${JSON.stringify(asked)}: current value is ${shown(id)}`)
  if (typeof active !== 'boolean') throw new TypeError(`Cannot take a user whose "active" is neither true nor false: current value is ${shown(active)}; where a database answers 1 or 0, answer active: row.active === 1`)
  if (epoch !== undefined && epoch !== null && !Number.isFinite(epoch)) throw new TypeError(`Cannot take a user whose "epoch" is not a number: current value is ${shown(epoch)}`)
}
