import { canonicalAddress } from './admission/address/canonical.js'
import { DangerousBan } from './admission/ban-dangers.js'
import { defaultDeadlines } from './admission/rules.js'
import { StoreUnavailable } from './admission/store-unavailable.js'
import type { User } from './admission/user.js'
import type { Gate } from './gate.js'

/** The helpers of the old Django service under their names, answered by a gate; all of them promises. */
export interface Classic<U extends User = User> {
  /**
   * Whether a token is good: signature, form and type, its user exists and is active, and with `checkTime` (the default) it is neither too old
   * nor revoked, and the user is not banned. A refresh token never is.
   *
   * @returns `false` also when the user can't be looked up: a token is never called good on trust.
   */
  validateToken(token: string, checkTime?: boolean): Promise<boolean>
  /** What a token says if its signature, form and type hold, be it too old or revoked; `undefined` otherwise. Asks no store. */
  claimToken(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /**
   * The user of a token that `validateToken` calls good, `undefined` for every other.
   *
   * @throws StoreUnavailable when the user can't be looked up, which is no word about the user.
   */
  getUserFromToken(token: string): Promise<U | undefined>
  /**
   * Takes one connect from the window of a user, together with those that admissions take: of many callers at once exactly as many get `true`
   * as the window has places. A refusal takes none. For servers that do not admit by the gate; `upgrade` and `admit` count by themselves.
   *
   * @throws StoreUnavailable when a remote limits store does not answer in time.
   */
  checkRateLimit(userId: string): Promise<boolean>
  /** Whether an address, in any spelling, is under a ban of its own or of a range around it. `false` for what is no address. Asks no store. */
  isIpBlacklisted(ip: string): Promise<boolean>
  /**
   * Bans an address, in any spelling, and closes its live sockets. Each ban ends at its own time, whatever others there are.
   *
   * @param durationHours - Over 0, default 24; fractions are fine.
   * @returns `false` when it is no address, one that nobody bans by accident (this machine, a trusted proxy, one of `neverBanned`: see `gate.bans.add`), or
   * the ban could not be kept: then nothing changed.
   * @throws RangeError when `durationHours` is not a positive number.
   */
  blacklistIp(ip: string, durationHours?: number): Promise<boolean>
  /**
   * Ends every ban of exactly this address, and no other.
   *
   * @returns Whether the address is free now: `false` when it is no address, a range around it is still banned, or the store did not answer.
   */
  whitelistIp(ip: string): Promise<boolean>
}

const actor = 'classic'

/**
 * Puts the old helper names on a gate.
 *
 * @example
 * const classic = createClassic(gate)
 * if (await classic.validateToken(token)) console.log(await classic.getUserFromToken(token))
 */
export const createClassic = <U extends User>(gate: Gate<U>): Classic<U> => ({
  async validateToken(token, checkTime = true) {
    return !('reason' in (await gate.identify(token, checkTime)))
  },
  async claimToken(token) {
    const verification = await gate.verifier.verify(token, Date.now())
    return verification.ok || verification.fault === 'expired' ? verification.claims.payload : undefined
  },
  async getUserFromToken(token) {
    const identity = await gate.identify(token)
    if (!('reason' in identity)) return identity.user
    if (identity.reason === 'dependency_unavailable') throw new StoreUnavailable('users', identity.detail ?? 'did not answer')
    return undefined
  },
  async checkRateLimit(userId) {
    const at = Date.now()
    const asked = gate.limits.take({ userId, addressKey: undefined, endpoint: undefined, at }, at + defaultDeadlines.limitsMs)
    // An answer that is there at once gives its lease back at once: waiting callers must not fill the places of open sockets.
    const allowance = asked instanceof Promise ? await asked : asked
    // The connect counts; whether a socket comes of it is not for us to know.
    if (allowance.granted) gate.limits.release(allowance.lease)
    return allowance.granted
  },
  async isIpBlacklisted(ip) {
    const address = canonicalAddress(ip)
    return address !== undefined && gate.bans.findAddress(address) !== undefined
  },
  async blacklistIp(ip, durationHours = 24) {
    if (!(durationHours > 0 && Number.isFinite(durationHours)))
      throw new RangeError(`Cannot ban an address as "durationHours" must be a positive number: current value is ${String(durationHours)}`)
    const address = canonicalAddress(ip)
    if (address === undefined) return false
    const durationMs = Math.ceil(durationHours * 3_600_000)
    return await kept(() => gate.bans.add({ kind: 'network', network: address }, { reason: 'blacklist_ip', actor, durationMs }))
  },
  async whitelistIp(ip) {
    const address = canonicalAddress(ip)
    if (address === undefined) return false
    const lifted = await kept(() => gate.bans.lift({ kind: 'network', network: address }, actor))
    return lifted && gate.bans.findAddress(address) === undefined
  },
})

/** The old helpers said `False` when nothing came of a change. */
const kept = async (change: () => Promise<unknown>): Promise<boolean> => {
  try {
    await change()
    return true
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof DangerousBan) return false
    throw error
  }
}
