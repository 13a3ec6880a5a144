import type { Dialect } from '../protocol/subprotocol.js'
import type { Proxies } from './address/proxies.js'
import type { AllowList } from './allow-list.js'
import type { Budgets } from './budgets.js'
import type { BanSet } from './ban-set.js'
import type { Capacity } from './capacity.js'
import type { DryRunRule } from './decision.js'
import type { Lobby } from './lobby.js'
import type { Ladder, LadderVerdict } from './ladder.js'
import type { Limits } from './limits.js'
import type { Carrier } from './steps/credential.js'
import type { EndpointTable } from './steps/endpoints.js'
import type { OriginRule } from './steps/origin.js'
import type { RevocationSet } from './revocation-set.js'
import type { Tickets } from './tickets.js'
import type { Verifier } from './token/verification.js'
import type { Memberships } from './topic.js'
import type { User } from './user.js'
import type { UserCache } from './user-cache.js'

/** How long each stair that waits may take, and all of them together, in milliseconds. Node's own timeouts end at the upgrade. */
export interface StepDeadlines {
  /** All of them together (default 5,000). */
  readonly handshakeMs: number
  /** A key server and the thread pool that checks signatures (default 2,000). */
  readonly tokenMs: number
  /** The allow-list (default 250). */
  readonly allowListMs: number
  /** `lookupUser` (default 2,000). */
  readonly userMs: number
  /** `memberships` (default 2,000). */
  readonly topicMs: number
  /** `limitsStore` (default 1,000). */
  readonly limitsMs: number
}

export const defaultDeadlines: StepDeadlines = { handshakeMs: 5_000, tokenMs: 2_000, allowListMs: 250, userMs: 2_000, topicMs: 2_000, limitsMs: 1_000 }

/** All that a decision depends on, apart from the handshake itself. */
export interface Rules<U extends User = User> {
  readonly policyVersion: string
  /** Rules that refuse nobody and only mark the decision. */
  readonly dryRun: ReadonlySet<DryRunRule>
  /** Served `host[:port]` values; `undefined` takes every well-formed Host. */
  readonly hosts: ReadonlySet<string> | undefined
  readonly proxies: Proxies
  /** Whether a forwarding header is refused outright: development mode speaks to nobody but this machine. */
  readonly refuseForwarded: boolean
  readonly bans: Pick<BanSet, 'findAddress' | 'findUser'>
  readonly budget: Pick<Budgets, 'reserve' | 'peek' | 'charge'>
  readonly capacity: Pick<Capacity, 'check' | 'enter' | 'leave' | 'load'>
  readonly endpoints: EndpointTable
  readonly origins: OriginRule
  readonly carriers: ReadonlySet<Carrier>
  /** Name of the cookie that holds a token, when that carrier is enabled. */
  readonly cookieName: string
  /** Whether sub-protocols that are not ours are left to the embedder. */
  readonly foreignSubprotocols: boolean
  /** The dialect of a client that offers no sub-protocol of ours. */
  readonly plainDialect: Exclude<Dialect, 'sallyport.v1'>
  readonly verifier: Verifier
  /** Tickets that may be redeemed, where that carrier is enabled. */
  readonly tickets: Pick<Tickets, 'redeem' | 'peek'>
  /** Who waits for a first frame, where that carrier is enabled. */
  readonly lobby: Pick<Lobby, 'full'> | undefined
  readonly ladder: Pick<Ladder, 'failed' | 'admitted'>
  /** Hears what the ladder would do or wants done. */
  readonly laddered: (verdict: Exclude<LadderVerdict, { outcome: 'nothing' }>) => void
  readonly revocations: Pick<RevocationSet, 'find'>
  /** Asked about tokens of issuers that keep such a list, and about no other. */
  readonly allowList: AllowList | undefined
  readonly users: UserCache<U>
  readonly memberships: Memberships | undefined
  readonly limits: Limits
  /** Id of the user that the classic development mode lets in without a valid token. */
  readonly developmentUserId: string | undefined
  readonly deadlines: StepDeadlines
}
