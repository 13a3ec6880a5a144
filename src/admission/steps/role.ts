import type { Claims } from '../token/claims.js'
import type { Role, User } from '../user.js'

const rank: Readonly<Record<Role, number>> = { customer: 0, agent: 1, admin: 2, owner: 3 }

const isRole = (text: string): text is Role => Object.hasOwn(rank, text)

/**
 * The role a principal acts in: the user's own, or the token's when that is the lower one.
 *
 * A token may narrow what its user may do, never widen it; a role nobody knows narrows to `customer`.
 */
export const effectiveRole = (user: User, claims: Claims | undefined): Role => {
  const own = user.role ?? 'agent'
  if (claims?.role === undefined) return own
  const claimed = isRole(claims.role) ? claims.role : 'customer'
  return rank[claimed] < rank[own] ? claimed : own
}
