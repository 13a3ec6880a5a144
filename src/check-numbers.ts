import type { User } from './admission/user.js'
import type { GateOptions } from './gate-options.js'

/** Largest delay of a timer: a longer one fires at once. */
const longest = 2 ** 31 - 1
/** Things that may be remembered. */
const most = 10_000_000

type Check = readonly [path: string, value: number | undefined, from: number, to: number]

/**
 * Checks the times and sizes of a gate that nothing else checks: NaN would be no bound at all, and a time over 24 days over at once.
 *
 * @throws TypeError or RangeError with the option, its range and its value.
 */
export const checkNumbers = <U extends User>({ sessions, deadlines, jwks, userCache, decisions, stores }: GateOptions<U>): void => {
  const checks: readonly Check[] = [
    ['sessions.heartbeatMs', sessions?.heartbeatMs, 1, longest],
    ['sessions.pongMs', sessions?.pongMs, 1, longest],
    ['sessions.graceMs', sessions?.graceMs, 0, longest],
    ['sessions.noticeMs', sessions?.noticeMs, 0, longest],
    ['sessions.maxBacklogBytes', sessions?.maxBacklogBytes, 1, longest],
    ['deadlines.handshakeMs', deadlines?.handshakeMs, 1, longest],
    ['deadlines.tokenMs', deadlines?.tokenMs, 1, longest],
    ['deadlines.allowListMs', deadlines?.allowListMs, 1, longest],
    ['deadlines.userMs', deadlines?.userMs, 1, longest],
    ['deadlines.topicMs', deadlines?.topicMs, 1, longest],
    ['deadlines.limitsMs', deadlines?.limitsMs, 1, longest],
    ['jwks.refreshMs', jwks?.refreshMs, 1, longest],
    ['jwks.staleMs', jwks?.staleMs, 1, longest],
    ['jwks.cooldownMs', jwks?.cooldownMs, 0, longest],
    ['jwks.unknownKidMs', jwks?.unknownKidMs, 0, longest],
    ['jwks.fetchMs', jwks?.fetchMs, 1, longest],
    ['jwks.waitMs', jwks?.waitMs, 1, longest],
    ['userCache.entries', userCache?.entries, 1, most],
    ['userCache.maxStaleMs', userCache?.maxStaleMs, 0, 60_000],
    ['decisions', decisions, 0, most],
    ['stores.pollMs', stores?.pollMs, 1, longest],
  ]
  for (const [path, value, from, to] of checks) {
    if (value === undefined) continue
    const wanted = `Cannot create a gate as "${path}" must be a whole number from ${from} to ${to}: current value is`
    if (typeof value !== 'number') throw new TypeError(`${wanted} ${typeof value}`)
    if (!Number.isInteger(value) || value < from || value > to) throw new RangeError(`${wanted} ${String(value)}`)
  }
}
