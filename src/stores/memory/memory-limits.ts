import { positiveInteger } from '../../admission/argument.js'
import type { Allowance, Lease, LimitRule, Limits, LimitsAsk, LimitsConfig } from '../../admission/limits.js'
import { createSlidingWindow } from '../../admission/sliding-window.js'
import { createSteadyTime } from '../../admission/steady-time.js'

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
 * A user and an address each cost less than 500 bytes, and 8 more for each connect of their last window; both are forgotten when the window has passed,
 * and at most 400,000 of each are kept. Leases end by `release` alone and are known by identity: a copy of one releases nothing.
 * A clock that is set back locks nobody out and lets nobody in above the limit; the answers stay true.
 *
 * @throws TypeError or RangeError when a setting is not a positive integer.
 */
export const createMemoryLimits = (config: LimitsConfig): MemoryLimits => {
  const userConnects = createSlidingWindow('userConnects', config.userConnects, maxKeys)
  const addressConnects = createSlidingWindow('addressConnects', config.addressConnects, maxKeys)
  const endpointConnects = config.endpointConnects && createSlidingWindow('endpointConnects', config.endpointConnects, maxKeys)
  const maxSockets = {
    userSockets: positiveInteger('a rate limit', 'userSockets', config.userSockets),
    addressSockets: positiveInteger('a rate limit', 'addressSockets', config.addressSockets),
    nodeSockets: positiveInteger('a rate limit', 'nodeSockets', config.nodeSockets),
  }
  const dryRun: ReadonlySet<LimitRule> = new Set(config.dryRun)
  const enforced = (rule: LimitRule): boolean => !dryRun.has(rule)
  const time = createSteadyTime()
  const leases = new Set<Lease>()
  const userSockets = new Map<string, number>()
  const addressSockets = new Map<string, number>()

  const countsOf = ({ userId, addressKey, endpoint }: LimitsAsk, now: number): Counts => ({
    userConnects: userConnects.used(userId, now),
    addressConnects: addressKey === undefined ? undefined : addressConnects.used(addressKey, now),
    endpointConnects: endpoint === undefined ? undefined : endpointConnects?.used(endpoint, now),
    userSockets: userSockets.get(userId) ?? 0,
    addressSockets: addressKey === undefined ? undefined : (addressSockets.get(addressKey) ?? 0),
    nodeSockets: leases.size,
  })

  const readyAt = (rule: LimitRule, { userId, addressKey, endpoint }: LimitsAsk): number => {
    if (rule === 'userConnects') return userConnects.readyAt(userId)
    if (rule === 'addressConnects') return addressKey === undefined ? -Infinity : addressConnects.readyAt(addressKey)
    return endpoint === undefined ? -Infinity : (endpointConnects?.readyAt(endpoint) ?? -Infinity)
  }

  /** Of the rules that `concerns` names, the window that opens last, and else the first kind of socket there are enough of. */
  const refusalBy = (concerns: (rule: LimitRule) => boolean, ask: LimitsAsk, counts: Counts, now: number): Refusal | undefined => {
    let late: LimitRule | undefined
    let ready = now
    for (const rule of windowRules) {
      const opens = concerns(rule) ? readyAt(rule, ask) : -Infinity
      if (opens > ready) {
        late = rule
        ready = opens
      }
    }
    const full = socketRules.find((rule) => concerns(rule) && (counts[rule] ?? 0) >= maxSockets[rule])
    if (late === undefined) return full && { rule: full, retryAfterMs: socketGuessMs }
    return { rule: late, retryAfterMs: Math.max(time.until(ready, ask.at), full === undefined ? 0 : socketGuessMs) }
  }

  /** Whether every count leaves room for one more, as it nearly always does. */
  const hasRoom = (counts: Counts): boolean =>
    counts.userConnects < config.userConnects.max &&
    (counts.addressConnects ?? 0) < config.addressConnects.max &&
    (config.endpointConnects === undefined || (counts.endpointConnects ?? 0) < config.endpointConnects.max) &&
    counts.userSockets < maxSockets.userSockets &&
    (counts.addressSockets ?? 0) < maxSockets.addressSockets &&
    counts.nodeSockets < maxSockets.nodeSockets

  const refusal = (ask: LimitsAsk, counts: Counts, now: number): Refusal | undefined =>
    hasRoom(counts) ? undefined : refusalBy(enforced, ask, counts, now)

  /** What the rules that only say what they would do have to say. */
  const wouldRefuseBy = (ask: LimitsAsk, counts: Counts, now: number): LimitRule | undefined =>
    dryRun.size === 0 || hasRoom(counts) ? undefined : refusalBy((rule) => dryRun.has(rule), ask, counts, now)?.rule

  return {
    take(ask) {
      const now = time.now(ask.at)
      const counts = countsOf(ask, now)
      const refused = refusal(ask, counts, now)
      if (refused !== undefined) return { granted: false, ...refused, levels: { counts, limits: config } }
      const wouldRefuse = wouldRefuseBy(ask, counts, now)
      const lease = leaseOf(ask)
      userConnects.record(ask.userId, now)
      if (ask.endpoint !== undefined) endpointConnects?.record(ask.endpoint, now)
      add(userSockets, ask.userId, 1)
      if (ask.addressKey !== undefined) {
        addressConnects.record(ask.addressKey, now)
        add(addressSockets, ask.addressKey, 1)
      }
      leases.add(lease)
      return { granted: true, lease, wouldRefuse, levels: { counts, limits: config } }
    },
    peek(ask) {
      const now = time.peek(ask.at)
      const counts = countsOf(ask, now)
      const refused = refusal(ask, counts, now)
      if (refused !== undefined) return { granted: false, ...refused, levels: { counts, limits: config } }
      const wouldRefuse = wouldRefuseBy(ask, counts, now)
      return { granted: true, lease: leaseOf(ask), wouldRefuse, levels: { counts, limits: config } }
    },
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

const windowRules = ['userConnects', 'addressConnects', 'endpointConnects'] as const
const socketRules = ['userSockets', 'addressSockets', 'nodeSockets'] as const

interface Counts {
  readonly userConnects: number
  readonly addressConnects: number | undefined
  readonly endpointConnects: number | undefined
  readonly userSockets: number
  readonly addressSockets: number | undefined
  readonly nodeSockets: number
}

interface Refusal {
  readonly rule: LimitRule
  readonly retryAfterMs: number
}

/** Nobody knows when a socket closes. */
const socketGuessMs = 1_000

const leaseOf = ({ userId, addressKey }: LimitsAsk): Lease => ({ userId, addressKey })

const add = (counts: Map<string, number>, key: string, change: 1 | -1): void => {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
