import type { Denial } from '../protocol/denial.js'
import type { BudgetAnswer } from './budgets.js'
import { forwardedText, type ForwardedText } from './address/forwarded-text.js'
import type { Load } from './capacity.js'
import type { Handshake } from './handshake.js'
import type { Allowance, LimitLevels, LimitRule } from './limits.js'
import { ownText } from './own-text.js'
import type { Carrier } from './steps/credential.js'

/**
 * What one decision was made from, as it was at that instant: enough to make it again under other rules, and no byte of a token.
 *
 * Stairs put their answers here by reference, so that keeping them costs next to nothing; they become words only when somebody looks. What a
 * walk did not get to is `undefined`.
 */
export interface Facts {
  budget: BudgetAnswer | undefined
  load: Load | undefined
  allowance: Allowance | undefined
  /** How the token travelled, or what was wrong with the credential. */
  credential: Carrier | Denial | undefined
  /** Carriers that were enabled then. */
  carriers: ReadonlySet<Carrier> | undefined
  /** The socket's other end, as the operating system names it. */
  readonly peer: string
  readonly host: string | undefined
  readonly forwarded: ForwardedText | undefined
}

/** The facts that a handshake brings along; the stairs add theirs. */
export const factsOf = ({ peerAddress, headers }: Pick<Handshake, 'peerAddress' | 'headers'>): Facts => {
  const host = headers['host']?.[0]
  return {
    budget: undefined,
    load: undefined,
    allowance: undefined,
    credential: undefined,
    carriers: undefined,
    peer: peerAddress,
    host: host === undefined ? undefined : ownText(host.slice(0, maxHostLength)),
    forwarded: forwardedText(headers),
  }
}

/** A name of 253 characters (RFC 1035 section 2.3.4) and a port; what is longer is no Host of ours. */
const maxHostLength = 260

/**
 * Thresholds and counters of a stair in words, such as `limits.userConnects: 60 of 60 in 60000 ms`; `undefined` when the stair counts nothing.
 */
export const factsInWords = (stair: string, { budget, load, allowance }: Facts): string | undefined => {
  if (stair === 'address_budget' && budget !== undefined) return `address budget: ${budget.available.toFixed(1)} of ${budget.capacity}`
  if (stair === 'capacity' && load !== undefined) {
    const { sockets, maxSockets, loopDelayMs, maxLoopDelayMs, inFlight, maxInFlight } = load
    return `sockets: ${sockets} of ${maxSockets === Number.MAX_SAFE_INTEGER ? 'any number' : maxSockets}; loop delay: ${loopDelayMs.toFixed(1)} of ${maxLoopDelayMs} ms; in flight: ${inFlight} of ${maxInFlight}`
  }
  if (stair === 'limits' && allowance !== undefined) {
    // A refusal names the limit that refused; an admission all of them.
    const rules = allowance.granted ? limitRules : [allowance.rule]
    const { levels } = allowance
    return levels && rules.flatMap((rule) => limitInWords(rule, levels) ?? []).join('; ')
  }
  return undefined
}

const limitRules: readonly LimitRule[] = ['userConnects', 'addressConnects', 'endpointConnects', 'userSockets', 'addressSockets', 'nodeSockets']

const limitInWords = (rule: LimitRule, { counts, limits }: LimitLevels): string | undefined => {
  const count = counts[rule]
  const limit = limits[rule]
  if (count === undefined || limit === undefined) return undefined
  return typeof limit === 'number' ? `limits.${rule}: ${count} of ${limit}` : `limits.${rule}: ${count} of ${limit.max} in ${limit.windowMs} ms`
}
