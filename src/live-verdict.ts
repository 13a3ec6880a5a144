import type { ControlReplica } from './admission/control-replica.js'
import type { DryRunRule } from './admission/decision.js'
import type { EndpointTable } from './admission/steps/endpoints.js'
import { effectiveRole } from './admission/steps/role.js'
import type { User } from './admission/user.js'
import { deny, type Denial } from './protocol/denial.js'
import type { Session } from './session/session.js'

/** What its handshake would be told now, asked of a live session; from memory alone. */
export interface LiveVerdict<U extends User> {
  /** By its user, as just found; `undefined` when there is none any more. */
  ofUser(session: Session<U>, user: U | undefined): Denial | undefined
  /** By bans and revocations, at `at` in epoch milliseconds. */
  ofControl(session: Session<U>, at: number): Denial | undefined
  /** A trusted proxy's own address has no key, and no ban refuses it. */
  addressBanned(session: Session<U>, at: number): boolean
  userBanned(userId: string, at: number): boolean
}

export const createLiveVerdict = <U extends User>({ replica, endpoints, dryRun }: {
  readonly replica: Pick<ControlReplica, 'bans' | 'revocations'>
  readonly endpoints: EndpointTable
  /** Bans in dry-run close no socket either. */
  readonly dryRun: ReadonlySet<DryRunRule>
}): LiveVerdict<U> => {
  const addressBanned = ({ client }: Session<U>, at: number): boolean =>
    !dryRun.has('address_ban') && client?.key !== undefined && replica.bans.findAddress(client.address, at) !== undefined

  const userBanned = (userId: string, at: number): boolean => !dryRun.has('user_ban') && replica.bans.findUser(userId, at) !== undefined

  return {
    addressBanned,
    userBanned,
    ofUser(session, user) {
      if (user === undefined) return deny('user_unknown')
      if (!user.active) return deny('user_disabled')
      const { claims } = session.principal
      if (claims?.epoch !== undefined && claims.epoch < (user.epoch ?? 0)) return deny('token_revoked')
      const roles = endpoints.rolesOf(session.endpoint)
      return roles === undefined || roles.includes(effectiveRole(user, claims)) ? undefined : deny('forbidden')
    },
    ofControl(session, at) {
      const { claims } = session.principal
      if (addressBanned(session, at)) return deny('address_banned')
      if (claims !== undefined && replica.revocations.find(claims, at) !== undefined) return deny('token_revoked')
      return userBanned(session.user.id, at) ? deny('user_banned') : undefined
    },
  }
}
