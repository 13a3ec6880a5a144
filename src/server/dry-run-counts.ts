import { isFull } from '../admission/capacity.js'
import { dryRunRules, type Decision } from '../admission/decision.js'
import { dryRunLimits } from './config/keys.js'
import { createTopCounts, type TopCount } from './top-counts.js'

/** What became of one rule since the start. */
export interface DryRunRow {
  /** As in `dryRun` of the configuration; `ladder` for the one of bans. */
  readonly rule: string
  readonly mode: 'dry-run' | 'in force'
  /** Admitted, and would be refused by it: who is newly refused when it leaves dry-run. */
  readonly wouldRefuse: number
  /** Marked by it, and refused by another rule all the same. */
  readonly refusedAnyway: number
  /** Refused by it: who is newly admitted when it enters dry-run, unless a later stair refuses. */
  readonly refused: number
  /** Address keys it concerns most, of those it would refuse or refuses; at most ten. */
  readonly addresses: readonly TopCount[]
  /** The same of users, as far as they were known by then. */
  readonly users: readonly TopCount[]
}

/** Counts what rules in dry-run would do, and those in force do. */
export interface DryRunCounts {
  decided(decision: Decision): void
  rows(): readonly DryRunRow[]
}

const shown = 10
const ruleNames = [...dryRunRules, ...dryRunLimits, 'ladder'] as const
type RuleName = (typeof ruleNames)[number]

const isRuleName = (text: string): text is RuleName => ruleNames.some((name) => name === text)

/** The rule of a mark: limits are marked by their whole path. */
const ruleOfMark = (rule: string): RuleName | undefined => {
  const name = rule.startsWith('limits.') ? rule.slice('limits.'.length) : rule
  return isRuleName(name) ? name : undefined
}

/** The rule that refused, when it is one that can run dry. */
const ruleOfDenial = (decision: Decision & { readonly outcome: 'denied' }): RuleName | undefined => {
  const { step, denial, facts } = decision
  if (step === 'address_ban' || step === 'address_budget' || step === 'origin') return step
  if (step === 'revocation') return denial.reason === 'user_banned' ? 'user_ban' : undefined
  // A full node is seen before anybody asks who comes.
  if (step === 'capacity') return facts.load !== undefined && isFull(facts.load) ? 'nodeSockets' : undefined
  return step === 'limits' && facts.allowance?.granted === false ? facts.allowance.rule : undefined
}

/**
 * Creates the counts, all zero; they live in memory and hold at most 200 addresses and users for each rule.
 *
 * @param dryRun - Rules in dry-run, as in the configuration, and `ladder` when that is.
 */
export const createDryRunCounts = (dryRun: ReadonlySet<string>): DryRunCounts => {
  const rules = new Map(ruleNames.map((rule) => [rule, { wouldRefuse: 0, refusedAnyway: 0, refused: 0, addresses: createTopCounts(), users: createTopCounts() }]))

  const count = (rule: RuleName | undefined, decision: Decision, what: 'wouldRefuse' | 'refusedAnyway' | 'refused'): void => {
    const row = rule && rules.get(rule)
    if (row === undefined) return
    row[what] += 1
    if (what === 'refusedAnyway') return
    const address = decision.client?.key
    const user = decision.outcome === 'admitted' ? decision.principal.user.id : decision.userId
    if (address !== undefined) row.addresses.add(address)
    if (user !== undefined) row.users.add(user)
  }

  return {
    decided(decision) {
      for (const { rule } of decision.marks) count(ruleOfMark(rule), decision, decision.outcome === 'admitted' ? 'wouldRefuse' : 'refusedAnyway')
      if (decision.outcome === 'denied') count(ruleOfDenial(decision), decision, 'refused')
    },
    rows: () =>
      // The ladder's bans are bans like any other once it is in force.
      [...rules].filter(([rule]) => rule !== 'ladder' || dryRun.has(rule)).map(([rule, { addresses, users, ...counts }]) => ({
        rule,
        mode: dryRun.has(rule) ? 'dry-run' : 'in force',
        ...counts,
        addresses: addresses.top(shown),
        users: users.top(shown),
      })),
  }
}
