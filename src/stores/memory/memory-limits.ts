import { positiveInteger } from '../../admission/argument.js'
import type { Allowance, Lease, LimitRule, Limits, LimitsAsk, LimitsConfig } from '../../admission/limits.js'
import { createSteadyTime } from '../../admission/steady-time.js'
import { createSlidingWindow } from './sliding-window.js'

/** Limits that answer at once, so that nothing can come between the check and the act. */
export interface MemoryLimits extends Limits {
  take(ask: LimitsAsk, deadline: number): Allowance
  peek(ask: LimitsAsk, deadline: number): Allowance
  /** Sockets that hold a lease. */
  readonly openSockets: number
  /** Keys remembered by both windows. */
  readonly size: number
}

/**
 * Creates the limits of one node.
 *
 * A user and an address each cost about 150 bytes, and 8 more for each connect of their last window; both are forgotten when the window has passed,
 * and at most 400,000 of each are kept. Leases end by `release` alone and are known by identity: a copy of one releases nothing.
 * A clock that is set back locks nobody out and lets nobody in above the limit; the answers stay true.
 *
 * @throws TypeError or RangeError when a setting is not a positive integer.
 */
export const createMemoryLimits = (config: LimitsConfig): MemoryLimits => {
  const userConnects = createSlidingWindow('userConnects', config.userConnects, maxKeys)
  const addressConnects = createSlidingWindow('addressConnects', config.addressConnects, maxKeys)
  const maxUserSockets = positiveInteger('a rate limit', 'userSockets', config.userSockets)
  const maxAddressSockets = positiveInteger('a rate limit', 'addressSockets', config.addressSockets)
  const maxNodeSockets = positiveInteger('a rate limit', 'nodeSockets', config.nodeSockets)
  const time = createSteadyTime()
  const leases = new Set<Lease>()
  const userSockets = new Map<string, number>()
  const addressSockets = new Map<string, number>()

  const fullRule = ({ userId, addressKey }: LimitsAsk): LimitRule | undefined => {
    if ((userSockets.get(userId) ?? 0) >= maxUserSockets) return 'userSockets'
    if (addressKey !== undefined && (addressSockets.get(addressKey) ?? 0) >= maxAddressSockets) return 'addressSockets'
    return leases.size >= maxNodeSockets ? 'nodeSockets' : undefined
  }

  /** The refusal, or `undefined` when everything is within its limit. Of two windows the one that opens later answers for both. */
  const refusal = (ask: LimitsAsk, now: number): Allowance | undefined => {
    const userReady = userConnects.readyAt(ask.userId)
    const addressReady = ask.addressKey === undefined ? -Infinity : addressConnects.readyAt(ask.addressKey)
    const ready = Math.max(userReady, addressReady)
    const full = fullRule(ask)
    if (ready <= now) return full === undefined ? undefined : { granted: false, rule: full, retryAfterMs: socketGuessMs }
    return {
      granted: false,
      rule: userReady >= addressReady ? 'userConnects' : 'addressConnects',
      retryAfterMs: Math.max(time.until(ready, ask.at), full === undefined ? 0 : socketGuessMs),
    }
  }

  return {
    take(ask) {
      const now = time.now(ask.at)
      const refused = refusal(ask, now)
      if (refused !== undefined) return refused
      const lease = leaseOf(ask)
      userConnects.record(ask.userId, now)
      add(userSockets, ask.userId, 1)
      if (ask.addressKey !== undefined) {
        addressConnects.record(ask.addressKey, now)
        add(addressSockets, ask.addressKey, 1)
      }
      leases.add(lease)
      return { granted: true, lease }
    },
    peek: (ask) => refusal(ask, time.peek(ask.at)) ?? { granted: true, lease: leaseOf(ask) },
    release(lease) {
      if (!leases.delete(lease)) return
      add(userSockets, lease.userId, -1)
      if (lease.addressKey !== undefined) add(addressSockets, lease.addressKey, -1)
    },
    get openSockets() {
      return leases.size
    },
    get size() {
      return userConnects.size + addressConnects.size
    },
  }
}

const maxKeys = 400_000

/** Nobody knows when a socket closes. */
const socketGuessMs = 1_000

const leaseOf = ({ userId, addressKey }: LimitsAsk): Lease => ({ userId, addressKey })

const add = (counts: Map<string, number>, key: string, change: 1 | -1): void => {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
