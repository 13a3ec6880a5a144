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

/** One of the thirteen stairs. */
export type StepName = (typeof stepNames)[number]

/** One stair that was taken. */
export interface Step {
  /** Which stair; they are taken in the order of `stepNames`. */
  readonly name: StepName
  /** `refused` only on the last one of a denial. */
  readonly outcome: 'passed' | 'refused'
  /** Milliseconds it waited for a store, a key server or the thread pool; 0 for a stair that was answered from memory. */
  readonly durationMs: number
  /** Inputs and thresholds for operators, such as `cached` or `59 of 60 in 60000 ms`. Never token text. */
  readonly detail?: string
}

/** Who we decided it is; made once, from verified claims and a known user. */
export interface Principal<U extends User = User> {
  /** The record that `lookupUser` found; in development, that of the user who stands in. */
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
  /** The stair on which it would have. */
  readonly step: StepName
  /** The rule in dry-run, such as `address_ban` or `limits.userConnects`. */
  readonly rule: string
}

interface DecisionBase {
  /** UUID v7; stands in the log, the HTTP body and the close reason. */
  readonly id: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** The stairs that were taken, in order; made when somebody looks. */
  readonly steps: readonly Step[]
  /** Changes whenever the rules change. */
  readonly policyVersion: string
  /** Rules in dry-run that would have refused; mostly none. */
  readonly marks: readonly DryRunMark[]
  /** The counters and thresholds it was made from, for operators. */
  readonly facts: Facts
  /** `undefined` when the walk ended before it was known. */
  readonly client: ClientAddress | undefined
  /** Path without query, as sent, except that a segment which may be a credential is `...`; at most 200 characters. */
  readonly path: string
  /** The Origin as sent, shortened for showing; `undefined` when there was none (RFC 6454 section 7). */
  readonly origin: string | undefined
  /** How the client is spoken to. */
  readonly dialect: Dialect
}

/** Let in. Whoever asked by `admit` owns the lease and gives it back when the socket is gone. */
export interface Admitted<U extends User = User> extends DecisionBase {
  /** Tells the two apart. */
  readonly outcome: 'admitted'
  /** Where it goes. */
  readonly endpoint: Endpoint
  /** Who it is. */
  readonly principal: Principal<U>
  /** The place of its socket among those that are counted as open. */
  readonly lease: Lease
}

/** Refused, with the reason and the stair. */
export interface Denied extends DecisionBase {
  /** Tells the two apart. */
  readonly outcome: 'denied'
  /** Where it wanted to go; `undefined` when the walk ended before its path was looked at. */
  readonly endpoint: Endpoint | undefined
  /** Why, as a row of the denial table knows it. */
  readonly denial: Denial
  /** The stair on which the walk ended. */
  readonly step: StepName
  /** Subject of verified claims, when the walk got that far. */
  readonly userId: string | undefined
}

/** The answer to a handshake: a value, never an exception. */
export type Decision<U extends User = User> = Admitted<U> | Denied
