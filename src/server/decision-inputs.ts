import type { BudgetAnswer } from '../admission/budgets.js'
import type { ForwardedText } from '../admission/address/forwarded-text.js'
import { forwardings, type Forwarding } from '../admission/address/proxies.js'
import { hopsOf, maxHops } from '../admission/address/resolve-client.js'
import type { Load } from '../admission/capacity.js'
import type { Decision } from '../admission/decision.js'
import type { LimitLevels, LimitRule, LimitsConfig } from '../admission/limits.js'
import type { Carrier } from '../admission/steps/credential.js'
import type { Reason } from '../protocol/denial.js'

/** Version of the decisions that are handed out; a member that changes its meaning or goes makes a new one, a new member does not. */
export const recordVersion = 1

/** Addresses in the order they were written, `null` for what was none; at most 65, counted from the right. */
export type RecordedHops = readonly (string | null)[] | 'too long'

/** What one decision was made from, for whoever makes it again. What its walk did not get to is left out. */
export interface DecisionInputs {
  /** The socket's other end. */
  readonly peer: string
  /** As sent; left out when it reads like a token. */
  readonly host: string | undefined
  /** Each forwarding header that was sent, whether or not it was read. */
  readonly forwarded: Readonly<Partial<Record<Forwarding, RecordedHops>>> | undefined
  /** Bucket of the client address. */
  readonly addressKey: string | undefined
  /** Carriers that were enabled. */
  readonly carriers: readonly Carrier[] | undefined
  readonly credential: { readonly carrier: Carrier } | { readonly reason: Reason; readonly detail: string | undefined } | undefined
  readonly budget: BudgetAnswer | undefined
  readonly load: Load | undefined
  readonly limits:
    | {
        readonly granted: boolean
        /** The limit that refused. */
        readonly rule: LimitRule | undefined
        readonly retryAfterMs: number | undefined
        /** The limit in dry-run that would have refused. */
        readonly wouldRefuse: LimitRule | undefined
        readonly levels: LimitLevels | undefined
      }
    | undefined
}

const hopsIn = (name: Forwarding, lines: readonly string[]): RecordedHops => {
  const hops: (string | null)[] = []
  for (const hop of hopsOf[name](lines)) {
    hops.unshift(hop ?? null)
    // One more than are ever trusted, so that too many are too many again.
    if (hops.length > maxHops) break
  }
  return hops
}

const forwardedIn = (text: ForwardedText): DecisionInputs['forwarded'] => {
  const read: Partial<Record<Forwarding, RecordedHops>> = {}
  for (const name of forwardings) {
    const lines = text[name]
    if (lines !== undefined) read[name] = lines === 'too long' ? lines : hopsIn(name, lines)
  }
  return read
}

/** Reads the inputs off a decision; costs nothing until somebody looks. */
export const decisionInputs = ({ client, facts }: Decision): DecisionInputs => {
  const { budget, load, allowance, credential, carriers, peer, host, forwarded } = facts
  const refusal = allowance?.granted === false ? allowance : undefined
  return {
    peer,
    host: host === undefined || host.includes('eyJ') ? undefined : host,
    forwarded: forwarded && forwardedIn(forwarded),
    addressKey: client?.key,
    carriers: carriers && [...carriers],
    credential: typeof credential === 'string' ? { carrier: credential } : credential && { reason: credential.reason, detail: credential.detail },
    budget,
    load,
    limits: allowance && {
      granted: allowance.granted,
      rule: refusal?.rule,
      retryAfterMs: refusal?.retryAfterMs,
      wouldRefuse: allowance.granted ? allowance.wouldRefuse : undefined,
      levels: allowance.levels && { counts: allowance.levels.counts, limits: thresholdsOf(allowance.levels.limits) },
    },
  }
}

/** The thresholds alone: what else is configured beside them is nothing a decision was made from. */
const thresholdsOf = ({ userConnects, addressConnects, endpointConnects, userSockets, addressSockets, nodeSockets }: LimitsConfig): LimitsConfig => ({
  userConnects,
  addressConnects,
  endpointConnects,
  userSockets,
  addressSockets,
  nodeSockets,
})
