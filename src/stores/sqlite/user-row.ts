import type { Role, User } from '../../admission/user.js'

/** What an operator may do to this instance, apart from any workspace. */
export type OperatorRole = 'none' | 'read' | 'write'

/** A user of our own table. */
export interface StoredUser extends User {
  readonly epoch: number
  readonly email: string
  readonly username: string | undefined
  readonly firstName: string | undefined
  readonly lastName: string | undefined
  readonly operator: OperatorRole
}

export interface UserRow {
  readonly id: string
  readonly email: string
  readonly username: string | null
  readonly first_name: string | null
  readonly last_name: string | null
  readonly active: 0 | 1
  readonly epoch: number
  readonly operator: OperatorRole
  /** Index into `ranks` of the highest role in any workspace; `null` for a member of none. */
  readonly rank: number | null
}

const ranks: readonly Role[] = ['owner', 'admin', 'agent']

/** Selects `UserRow`; goes on with `where`. */
export const selectUser = `select u.id, u.email, u.username, u.first_name, u.last_name, u.active, u.epoch, u.operator,
  (select min(case m.role when 'owner' then 0 when 'admin' then 1 else 2 end)
   from workspace_members m where m.user_id = u.id and m.active = 1) as rank
from users u`

export const userFromRow = (row: UserRow): StoredUser => {
  const role = row.rank === null ? undefined : ranks[row.rank]
  return {
    id: row.id,
    active: row.active === 1,
    ...(role === undefined ? {} : { role }),
    epoch: row.epoch,
    email: row.email,
    username: row.username ?? undefined,
    firstName: row.first_name ?? undefined,
    lastName: row.last_name ?? undefined,
    operator: row.operator,
  }
}
