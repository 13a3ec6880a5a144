import type { ControlLog } from '../../admission/control.js'
import type { User, Users } from '../../admission/user.js'

/** A table of users that can be written to, for development, tests and small embedders. */
export interface MemoryUsers<U extends User = User> extends Users<U> {
  /** Adds a user or replaces the one with this id, and tells every node. */
  put(user: U, at: number): Promise<void>
  /** Forgets a user and tells every node; nothing happens when there is none. */
  remove(id: string, at: number): Promise<void>
}

/** Creates a table of users that lives as long as the process. `log` hears of changes, not of the users it begins with. */
export const createMemoryUsers = <U extends User = User>(log: ControlLog, users: Iterable<U> = []): MemoryUsers<U> => {
  const byId = new Map<string, U>()
  for (const user of users) byId.set(user.id, user)
  return {
    find: (id) => Promise.resolve(byId.get(id)),
    async put(user, at) {
      byId.set(user.id, user)
      await log.userChanged(user.id, at)
    },
    async remove(id, at) {
      if (byId.delete(id)) await log.userChanged(id, at)
    },
  }
}
