import type { Users } from '../../admission/user.js'
import type { SqliteEngine } from './engine.js'
import type { MemberChanged, NewUser, UserAdded } from './procedures/users.js'
import { selectUser, type StoredUser, userFromRow, type UserRow } from './user-row.js'
import { workspaceKey } from './workspace-key.js'

/**
 * Our own table of users, with what an operator does to it. Every change is told to all nodes and written to the audit log: by whom, and from which
 * address, if he asked over a connection.
 */
export interface SqliteUsers extends Users<StoredUser> {
  /** Adds a user. An id, e-mail or user name that is taken is an answer, not an error. */
  add(user: NewUser, actor: string, at: number, actorAddress?: string): Promise<UserAdded>
  /** Enables or disables a user; `undefined` when there is none. */
  setActive(id: string, active: boolean, actor: string, at: number, actorAddress?: string): Promise<StoredUser | undefined>
  /** Takes a user out of one workspace, or lets him in again; `undefined` when there is no such user or membership. */
  setMemberActive(id: string, workspace: string, active: boolean, actor: string, at: number, actorAddress?: string): Promise<MemberChanged | undefined>
  /** Ends every token of our own issued to this user before now; `undefined` when there is no such user. */
  raiseEpoch(id: string, actor: string, at: number, actorAddress?: string): Promise<StoredUser | undefined>
  /** Sets a password by its hash; ends the log-ins and our tokens of this user. `undefined` when there is no such user. */
  setPassword(id: string, hash: string, actor: string, at: number, actorAddress?: string): Promise<StoredUser | undefined>
  /** Without regard to the case of ASCII letters. */
  findByEmail(email: string): Promise<StoredUser | undefined>
  /** Users in the order they were added, at most `limit` (default 100), those after the user `after`. */
  list(page?: { readonly after?: string; readonly limit?: number }): Promise<readonly StoredUser[]>
}

// No stored text holds U+0000, and binding refuses it: who is looked for under such a name does not exist.
const cannotExist = (text: string): boolean => text.includes('\0')

export const createSqliteUsers = (engine: SqliteEngine): SqliteUsers => {
  const findBy = async (condition: string, value: string, deadline?: number): Promise<StoredUser | undefined> => {
    if (cannotExist(value)) return undefined
    const [row] = await engine.read<UserRow>('admission', `${selectUser} where ${condition}`, [value], deadline)
    return row === undefined ? undefined : userFromRow(row)
  }

  return {
    find: (id, deadline) => findBy('u.id = ?', id, deadline),
    findByEmail: (email) => findBy('u.email = ?', email),
    add: (user, actor, at, actorAddress) => engine.write('addUser', { user, actor, at, actorAddress }),
    setActive: (id, active, actor, at, actorAddress) => engine.write('setUserActive', { id, active, actor, at, actorAddress }),
    setMemberActive: (id, workspace, active, actor, at, actorAddress) =>
      engine.write('setMemberActive', { id, workspace: workspaceKey(workspace), active, actor, at, actorAddress }),
    raiseEpoch: (id, actor, at, actorAddress) => engine.write('raiseUserEpoch', { id, actor, at, actorAddress }),
    setPassword: (id, hash, actor, at, actorAddress) => engine.write('setUserPassword', { id, hash, actor, at, actorAddress }),
    async list({ after, limit = 100 } = {}) {
      const rows =
        after === undefined
          ? await engine.read<UserRow>('lists', `${selectUser} order by u.created_at, u.id limit ?`, [limit])
          : await engine.read<UserRow>(
              'lists',
              `${selectUser} where (u.created_at, u.id) > (select created_at, id from users where id = ?)
               order by u.created_at, u.id limit ?`,
              [after, limit],
            )
      return rows.map(userFromRow)
    },
  }
}
