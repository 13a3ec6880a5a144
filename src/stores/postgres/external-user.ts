import type { Role, User } from '../../admission/user.js'

/** A user of a database that is not ours. */
export interface ExternalUser extends User {
  readonly email?: string
}

/** The query answers something that is no user; the message names the column. */
export class UnfitRow extends Error {
  readonly code = 'ERR_USER_ROW'
  override readonly name = 'UnfitRow'
}

const roles: readonly string[] = ['owner', 'admin', 'agent', 'customer'] satisfies readonly Role[]
const isRole = (value: unknown): value is Role => typeof value === 'string' && roles.includes(value)

type Row = Readonly<Record<string, unknown>>

const idOf = ({ id }: Row): string => {
  if (typeof id === 'string') return id
  if (typeof id === 'number' || typeof id === 'bigint') return String(id)
  throw new UnfitRow('The column "id" must be a number or text.')
}

const activeOf = (row: Row): boolean => {
  const value = row['active'] ?? row['is_active']
  if (value === true || value === 1) return true
  if (value === false || value === 0) return false
  // A guess here would let a disabled user in.
  throw new UnfitRow('The query must answer a column "active" or "is_active" that is true or false.')
}

const roleOf = ({ role }: Row): Pick<User, 'role'> => {
  if (role === undefined || role === null) return {}
  if (isRole(role)) return { role }
  throw new UnfitRow(`The column "role" must be one of ${roles.join(', ')}, or null.`)
}

const epochOf = ({ epoch }: Row): Pick<User, 'epoch'> => {
  if (epoch === undefined || epoch === null) return {}
  // A bigint column arrives as text.
  const value = typeof epoch === 'string' && /^\d{1,15}$/.test(epoch) ? Number(epoch) : epoch
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return { epoch: value }
  throw new UnfitRow('The column "epoch" must be a whole number, or null.')
}

const emailOf = ({ email }: Row): Pick<ExternalUser, 'email'> => (typeof email === 'string' ? { email } : {})

/**
 * The user in what the query answered for `id`.
 *
 * @returns `undefined` when there is no row, or one of another id: to an integer column `01` and `1` are the same, to us they are not.
 * @throws UnfitRow
 */
export const externalUser = (rows: readonly Row[], id: string): ExternalUser | undefined => {
  const [row, second] = rows
  if (row === undefined) return undefined
  if (second !== undefined) throw new UnfitRow('The query answered several rows for one id.')
  if (idOf(row) !== id) return undefined
  return { id, active: activeOf(row), ...roleOf(row), ...epochOf(row), ...emailOf(row) }
}
