import type { Allowance, LimitRule, LimitsAsk, LimitsConfig } from '../../admission/limits.js'
import type { DecisionRecord } from './record.js'

type Counted = NonNullable<DecisionRecord['inputs']['limits']>
type Levels = NonNullable<Counted['levels']>

const windowRules = ['userConnects', 'addressConnects', 'endpointConnects'] as const
const socketRules = ['userSockets', 'addressSockets', 'nodeSockets'] as const

/** Nobody knows when a socket closes; the same guess as the store's. */
const socketGuessMs = 1_000

interface Refusal {
  readonly rule: LimitRule
  readonly retryAfterMs: number
}

/**
 * Judges the counters of one decision by other limits.
 *
 * What was counted is taken as it was, although other limits would have let others in before. A window of another length has no counter.
 *
 * @returns `undefined` when no counter tells. Where several windows are full, the one that refused then is named again, else the first; a
 * `retryAfterMs` that can't be known is NaN.
 */
export const judgeCounts = (counted: Counted, levels: Levels, { userId, addressKey }: LimitsAsk, limits: LimitsConfig): Allowance | undefined => {
  const { counts } = levels
  const dryRun = new Set(limits.dryRun)
  const countOf = (rule: LimitRule): number | undefined => (rule.startsWith('address') && addressKey === undefined ? undefined : counts[rule])

  const isWindowFull = (rule: (typeof windowRules)[number]): boolean | undefined => {
    const limit = limits[rule]
    if (limit === undefined || (rule === 'addressConnects' && addressKey === undefined)) return false
    const count = countOf(rule)
    return count === undefined || levels.limits[rule]?.windowMs !== limit.windowMs ? undefined : count >= limit.max
  }
  const isSame = (rule: LimitRule): boolean => JSON.stringify(levels.limits[rule]) === JSON.stringify(limits[rule])

  const refusalBy = (concerns: (rule: LimitRule) => boolean, before: LimitRule | undefined): Refusal | undefined | 'unknown' => {
    const windows = windowRules.filter(concerns).map((rule) => ({ rule, full: isWindowFull(rule) }))
    const full = windows.filter((each) => each.full === true)
    const [first] = full
    if (first !== undefined) {
      const rule = full.some((each) => each.rule === before) && before !== undefined ? before : first.rule
      return { rule, retryAfterMs: rule === counted.rule && isSame(rule) && counted.retryAfterMs !== undefined ? counted.retryAfterMs : Number.NaN }
    }
    if (windows.some((each) => each.full === undefined)) return 'unknown'
    const rule = socketRules.find((each) => concerns(each) && (countOf(each) ?? 0) >= limits[each])
    return rule && { rule, retryAfterMs: socketGuessMs }
  }

  const shown = { counts: { ...noCounts, ...counts }, limits }
  const refused = refusalBy((rule) => !dryRun.has(rule), counted.rule)
  if (refused === 'unknown') return undefined
  if (refused !== undefined) return { granted: false, ...refused, levels: shown }
  const would = refusalBy((rule) => dryRun.has(rule), counted.wouldRefuse)
  if (would === 'unknown') return undefined
  return { granted: true, lease: { userId, addressKey }, wouldRefuse: would?.rule, levels: shown }
}

const noCounts = {
  userConnects: undefined,
  addressConnects: undefined,
  endpointConnects: undefined,
  userSockets: undefined,
  addressSockets: undefined,
  nodeSockets: undefined,
}
