import type { Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { Proxies } from './address/proxies.js'
import type { Ban } from './ban.js'
import type { Limits } from './limits.js'
import type { Carrier } from './steps/credential.js'
import type { EndpointTable } from './steps/endpoints.js'
import type { OriginRule } from './steps/origin.js'
import type { Claims } from './token/claims.js'
import type { TokenFault, Verifier } from './token/verification.js'
import type { Memberships } from './topic.js'
import type { User } from './user.js'
import type { UserCache } from './user-cache.js'

/** The bans in force, looked up without a store call. */
export interface BanLookup {
  findAddress(address: string, at: number): Ban | undefined
  findUser(userId: string, at: number): Ban | undefined
}

/** The revocations in force, looked up without a store call. */
export interface RevocationLookup {
  /** Why these claims are revoked, for operators; `undefined` when they are not. */
  find(claims: Claims, at: number): string | undefined
}

/** What strangers of one address may cost us. */
export interface Budget {
  /** Takes the price of one good connect, or says when there will be enough. */
  reserve(key: string, at: number): { readonly granted: true } | { readonly granted: false; readonly retryAfterMs: number }
  /** The same answer, taking nothing. */
  peek(key: string, at: number): { readonly granted: true } | { readonly granted: false; readonly retryAfterMs: number }
  /** Charges what an attempt cost beyond the reserve. */
  charge(key: string, cost: number, at: number): void
}

/** Whether this node can take one more. */
export interface CapacityCheck {
  check(): Denial | undefined
  /** Counts a handshake that has begun to wait. */
  enter(): void
  leave(): void
}

/** Hears of forged tokens and bans who sends many. */
export interface LadderWatch {
  failed(key: string, fault: TokenFault, token: string, at: number): 'nothing' | 'would_ban' | 'banned'
  admitted(key: string, at: number): void
}

/** How long each stair that waits may take, in milliseconds. */
export interface StepDeadlines {
  readonly tokenMs: number
  readonly userMs: number
  readonly topicMs: number
  readonly limitsMs: number
}

export const defaultDeadlines: StepDeadlines = { tokenMs: 2_000, userMs: 2_000, topicMs: 2_000, limitsMs: 1_000 }

/** All that a decision depends on, apart from the handshake itself. */
export interface Rules<U extends User = User> {
  readonly policyVersion: string
  /** Served `host[:port]` values; `undefined` takes every well-formed Host. */
  readonly hosts: ReadonlySet<string> | undefined
  readonly proxies: Proxies
  /** Whether a forwarding header is refused outright: development mode speaks to nobody but this machine. */
  readonly refuseForwarded: boolean
  readonly bans: BanLookup
  readonly budget: Budget
  readonly capacity: CapacityCheck
  readonly endpoints: EndpointTable
  readonly origins: OriginRule
  readonly carriers: ReadonlySet<Carrier>
  /** Whether sub-protocols that are not ours are left to the embedder. */
  readonly foreignSubprotocols: boolean
  /** The dialect of a client that offers no sub-protocol of ours. */
  readonly plainDialect: Exclude<Dialect, 'sallyport.v1'>
  readonly verifier: Verifier
  readonly ladder: LadderWatch
  readonly revocations: RevocationLookup
  readonly users: UserCache<U>
  readonly memberships: Memberships | undefined
  readonly limits: Limits
  /** Id of the user that the classic development mode lets in without a valid token. */
  readonly developmentUserId: string | undefined
  readonly deadlines: StepDeadlines
}
