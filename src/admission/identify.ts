import { deny, type Denial } from '../protocol/denial.js'
import { failureDenial } from './failure-denial.js'
import type { Rules } from './rules.js'
import { askAllowList, struckOff } from './steps/listed.js'
import { checkRevoked, checkUser, userBanned } from './steps/standing.js'
import type { Claims } from './token/claims.js'
import type { User } from './user.js'
import { within } from './within.js'

/** Whom a token speaks for. */
export interface Identity<U extends User = User> {
  /** The record that `lookupUser` found. */
  readonly user: U
  /** The verified claims of the token. */
  readonly claims: Claims
}

/**
 * Finds whom a token speaks for by the rules that concern its holder: token, revocation, ban, allow-list, user. Counts nothing.
 *
 * One look-up of the user, none when the cache holds it, and one question to the allow-list of an issuer that keeps one.
 *
 * @param checkTime - Whether it must still be good: `false` passes over its age, revocations, bans and the allow-list, and nothing else.
 * @returns The user with the claims, or why not: `dependency_unavailable` when a store is away. Never rejects.
 */
export const identify = async <U extends User>(rules: Rules<U>, token: string, at: number, checkTime = true): Promise<Identity<U> | Denial> => {
  const { tokenMs, allowListMs, userMs } = rules.deadlines
  try {
    const verification = await within('token', tokenMs, Promise.resolve(rules.verifier.verify(token, at)))
    if (!verification.ok && (checkTime || verification.fault !== 'expired')) return verification.denial
    const { claims } = verification
    if (checkTime) {
      const revoked = checkRevoked(rules, claims, at)
      if (revoked) return revoked
      const ban = rules.bans.findUser(claims.subject, at)
      if (ban && !rules.dryRun.has('user_ban')) return userBanned(ban)
      const listed = askAllowList(rules.allowList, claims, at + allowListMs)
      if (listed && !(await within('allow_list', allowListMs, listed))) return struckOff
    }
    const user = rules.users.held(claims.subject, at) ?? (await within('users', userMs, rules.users.find(claims.subject, at + userMs)))
    const unfit = checkUser(rules, user, claims)
    if (unfit || !user) return unfit ?? deny('user_unknown')
    return { user, claims }
  } catch (error) {
    return failureDenial(error)
  }
}
