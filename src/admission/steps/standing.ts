import { deny, type Denial } from '../../protocol/denial.js'
import type { Ban } from '../ban.js'
import type { Endpoint } from '../endpoint.js'
import type { Rules } from '../rules.js'
import type { Claims } from '../token/claims.js'
import type { User } from '../user.js'
import { effectiveRole } from './role.js'

/** Whether a token was ended before its time: a local look-up only. */
export const checkRevoked = (rules: Rules, claims: Claims | undefined, at: number): Denial | undefined => {
  const revoked = claims && rules.revocations.find(claims, at)
  return revoked && deny('token_revoked', { detail: revoked.kind === 'token' ? 'revoked by token id' : 'issued before the user was revoked' })
}

export const userBanned = (ban: Ban): Denial => deny('user_banned', { detail: `ban ${ban.id}` })

/** Whether the user exists, is active, and may use this endpoint, if one is named, in the role the token leaves. */
export const checkUser = <U extends User>(rules: Rules<U>, user: U | undefined, claims: Claims | undefined, endpoint?: Endpoint): Denial | undefined => {
  if (!user) return deny('user_unknown')
  if (!user.active) return deny('user_disabled')
  if (claims?.epoch !== undefined && claims.epoch < (user.epoch ?? 0)) return deny('token_revoked', { detail: 'token epoch is over' })
  if (endpoint === undefined) return undefined
  const roles = rules.endpoints.rolesOf(endpoint)
  const role = effectiveRole(user, claims)
  if (roles && !roles.includes(role)) return deny('forbidden', { detail: `role ${role} may not use ${endpoint.name}` })
  return undefined
}
