import { LRUCache } from 'lru-cache'
import type { User, Users } from './user.js'

export interface UserCacheConfig {
  /** Users kept (default 20,000). */
  readonly entries: number
  /** Milliseconds an answer may be used for (default 30,000, range 0 to 60,000). A hit never extends it. */
  readonly maxStaleMs: number
}

export const defaultUserCache: UserCacheConfig = { entries: 20_000, maxStaleMs: 30_000 }

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
 * Simultaneous questions for one user share a look-up. An unknown user is not remembered, so one who signs up is known at once.
 */
export const createUserCache = <U extends User>(users: Users<U>, config: UserCacheConfig, now: () => number): UserCache<U> => {
  const kept = new LRUCache<string, { readonly user: U; readonly foundAt: number }>({ max: config.entries })
  const asked = new Map<string, Promise<U | undefined>>()

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
      if (shared !== undefined) return shared
      const foundAt = now()
      const look = async (): Promise<U | undefined> => await users.find(id, deadline)
      const question: Promise<U | undefined> = look().then(
        (user) => {
          // Whoever was changed meanwhile is not `asked` any more: that answer may be the old one.
          if (asked.get(id) !== question) return user
          asked.delete(id)
          if (user !== undefined) kept.set(id, { user, foundAt })
          return user
        },
        (error: unknown) => {
          if (asked.get(id) === question) asked.delete(id)
          throw error
        },
      )
      asked.set(id, question)
      return question
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
