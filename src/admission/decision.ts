import type { Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { ClientAddress } from './address/client-address.js'
import type { Endpoint } from './endpoint.js'
import type { Facts } from './facts.js'
import type { Lease } from './limits.js'
import type { Claims } from './token/claims.js'
import type { User } from './user.js'

/** The stairs, in the order they are walked. */
export const stepNames = [
  'well_formed',
  'client_address',
  'address_ban',
  'address_budget',
  'capacity',
  'endpoint',
  'origin',
  'credential',
  'token',
  'revocation',
  'user',
  'topic',
  'limits',
] as const

export type StepName = (typeof stepNames)[number]

export interface Step {
  readonly name: StepName
  readonly outcome: 'passed' | 'refused'
  /** Milliseconds it waited for a store, a key server or the thread pool; 0 for a stair that was answered from memory. */
  readonly durationMs: number
  /** Inputs and thresholds for operators, such as `cached` or `59 of 60 in 60000 ms`. Never token text. */
  readonly detail?: string
}

/** Who we decided it is; made once, from verified claims and a known user. */
export interface Principal<U extends User = User> {
  readonly user: U
  /** `undefined` only for a development principal that came without a valid token. */
  readonly claims: Claims | undefined
  /** Epoch milliseconds at which the session must end unless it is refreshed; `undefined` only in development. */
  readonly expiresAt: number | undefined
  /** Whether the classic development mode let it in without a valid token. */
  readonly development: boolean
}

/** Rules of the staircase that may run dry; limits have their own list. What proves who somebody is never does. */
export const dryRunRules = ['address_ban', 'address_budget', 'origin', 'user_ban'] as const

export type DryRunRule = (typeof dryRunRules)[number]

/** A rule in dry-run that would have refused. */
export interface DryRunMark {
  readonly step: StepName
  readonly rule: string
}

interface DecisionBase {
  /** UUID v7; stands in the log, the HTTP body and the close reason. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly steps: readonly Step[]
  /** Changes whenever the rules change. */
  readonly policyVersion: string
  readonly marks: readonly DryRunMark[]
  readonly facts: Facts
  /** `undefined` when the walk ended before it was known. */
  readonly client: ClientAddress | undefined
  /** Path without query, as sent, except that a segment which may be a credential is `...`; at most 200 characters. */
  readonly path: string
  readonly origin: string | undefined
  readonly dialect: Dialect
}

export interface Admitted<U extends User = User> extends DecisionBase {
  readonly outcome: 'admitted'
  readonly endpoint: Endpoint
  readonly principal: Principal<U>
  readonly lease: Lease
}

export interface Denied extends DecisionBase {
  readonly outcome: 'denied'
  readonly endpoint: Endpoint | undefined
  readonly denial: Denial
  /** The stair on which the walk ended. */
  readonly step: StepName
  /** Subject of verified claims, when the walk got that far. */
  readonly userId: string | undefined
}

/** The answer to a handshake: a value, never an exception. */
export type Decision<U extends User = User> = Admitted<U> | Denied
