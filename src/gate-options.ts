import type { AllowList } from './admission/allow-list.js'
import type { BudgetsConfig } from './admission/budgets.js'
import type { ProxiesConfig } from './admission/address/proxies.js'
import type { Bans } from './admission/ban.js'
import type { CapacityConfig } from './admission/capacity.js'
import type { ControlLog } from './admission/control.js'
import type { ControlReaders } from './admission/control-readers.js'
import type { Decision, DryRunRule } from './admission/decision.js'
import type { EndpointRule } from './admission/endpoint.js'
import type { BlockingGuardOptions } from './admission/guard/blocking-guard.js'
import type { Handshake } from './admission/handshake.js'
import type { LadderBan, LadderConfig, LadderVerdict } from './admission/ladder.js'
import type { Limits, LimitsConfig } from './admission/limits.js'
import type { Revocations } from './admission/revocation.js'
import type { StepDeadlines } from './admission/rules.js'
import type { TicketAnswer } from './admission/sell-ticket.js'
import type { Carrier } from './admission/steps/credential.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import type { KeysNotice } from './admission/token/key-ring.js'
import type { JwksPolicy } from './admission/token/remote-keys.js'
import type { Memberships } from './admission/topic.js'
import type { UserCacheConfig } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import type { Refusals } from './node/answer-in.js'
import type { Dialect } from './protocol/subprotocol.js'
import type { SessionEvents, SessionsConfig } from './session/sessions.js'

/** Stores a gate keeps its control data in; the memory stores when left out, which forget everything at a restart. */
export interface GateStores {
  /** Bans, and the lines they leave in the control log. */
  readonly bans: Bans
  /** Revocations, and the lines they leave in the control log. */
  readonly revocations: Revocations
  /** The log by which other processes hear of changes; read every `pollMs`. */
  readonly control: ControlLog
  /** Who else reads the control log, so that ended sessions are counted on every node; without it they are on this one alone. */
  readonly readers?: ControlReaders
  /**
   * Bans of the ladder that ended after `since` (epoch milliseconds) or have not ended, oldest first, without those made before the last lift of their
   * subject. Without it, the ladder begins at its first rung after a restart.
   */
  readonly ladderBans?: (since: number) => Promise<readonly LadderBan[]>
  /** Milliseconds between two looks at the control log, for changes that other processes made (default 400). */
  readonly pollMs?: number
}

/** What a gate tells whoever logs and counts; called synchronously, must not throw. */
export interface GateEvents<U extends User = User> extends SessionEvents<U> {
  /** A handshake was decided about, in so many milliseconds; also one that was refused. */
  decided?(decision: Decision<U>, durationMs: number, handshake: Handshake): void
  /** The ladder banned an address, or would have in dry-run. */
  laddered?(verdict: Exclude<LadderVerdict, { outcome: 'nothing' }>): void
  /** The allow-list does not answer (`false`), or does again (`true`): said once per change. */
  listed?(reached: boolean): void
  /** So many bans have been loaded from the store, at the start or where too much of the control log was missed: said of every 100,000. */
  loading?(bans: number): void
  /** The control log can't be read (`false`), or can again (`true`): said once per change. */
  followed?(reached: boolean): void
  /** The keys of an issuer changed, or their server is away, or back. */
  keys?(notice: KeysNotice): void
  /** A ticket was asked for. */
  ticket?(answer: TicketAnswer, path: string): void
  /** A background task of the gate failed; nothing is lost, it is tried again. */
  failed?(task: string, error: unknown): void
}

/** What `createGate` takes. Only `issuers` and `lookupUser` must be there; what is left out has the default that is named with it. */
export interface GateOptions<U extends User = User> {
  /** Who may issue tokens; at least one. */
  readonly issuers: readonly IssuerConfig[]
  /** When the keys of issuers that serve them are fetched, and how long they are believed. */
  readonly jwks?: Partial<JwksPolicy>
  /** Milliseconds by which `nbf` and `iat` may lie ahead (default 5,000); `exp` has no tolerance. */
  readonly clockToleranceMs?: number
  /**
   * Finds the user a verified token speaks for; the answer types `session.user`. An answer whose `id` is not the text that was asked for is a failure of
   * this look-up, for bans, ends of sessions and limits go by it; so is one whose `active` is neither `true` nor `false`.
   *
   * @param id - Subject of verified claims.
   * @param deadline - Epoch milliseconds after which the answer is not waited for.
   */
  readonly lookupUser: (id: string, deadline: number) => Promise<U | undefined> | U | undefined
  /** How long, and of how many, what `lookupUser` answered is believed (default 30,000 ms, 20,000 users). */
  readonly userCache?: Partial<UserCacheConfig>
  /** Enabled carriers (default `header`, `subprotocol`, `query`; `ticket` is for who sells them by `tickets.issue`; `cookie` also needs `origins`; `first-frame` is for clients that offer `sallyport.v1`). */
  readonly carriers?: readonly Carrier[]
  /** Name of the cookie that holds a token (default `__Host-sallyport`). */
  readonly cookieName?: string
  /** Origins whose pages may connect, compared exactly; left out, every page may, because no credential here is sent by a browser on its own. */
  readonly origins?: readonly string[]
  /** Whether a handshake without Origin is refused (default `false`). */
  readonly requireOrigin?: boolean
  /** Served `host[:port]` values; left out, every well-formed Host. */
  readonly hosts?: readonly string[]
  /**
   * Proxies whose header names the client address; left out, nobody is trusted and the peer is the client. They come over TCP: a peer of a server on a Unix socket
   * has no address, and every handshake there is a `bad_request`. Let the server listen on a port of `127.0.0.1`, and trust that.
   */
  readonly proxies?: ProxiesConfig
  /** Default: every path is one endpoint named `any`. */
  readonly endpoints?: readonly EndpointRule[]
  /** Asked who may enter the conversation that a path names, at once or later; an answer that is neither yes nor no is a failure. Left out, everybody who may use the endpoint may. */
  readonly memberships?: Memberships
  /** Connects and open sockets, by user, address, endpoint and node (default `defaultLimits`). */
  readonly limits?: Partial<LimitsConfig>
  /** Where they are counted; left out, in the memory of this process. One that is given counts by its own limits. */
  readonly limitsStore?: Limits
  /** What an address may cost before its tokens are looked at (default 2,400 at once and 40 more each second). */
  readonly addressBudget?: BudgetsConfig
  /** From which load on this node begins no handshake, with `overloaded`. */
  readonly capacity?: CapacityConfig
  /** Rules that refuse nobody and only mark the decision (default none); limits have `limits.dryRun`. */
  readonly dryRun?: readonly DryRunRule[]
  /** Default `dry-run`; whom it never bans is said in `neverBanned`. */
  readonly ladder?: Omit<Partial<LadderConfig>, 'allowed'>
  /**
   * Addresses and CIDR ranges that the ladder never bans, and that a ban of the same or a wider network passes over (default none). A ban of a narrower
   * one refuses.
   */
  readonly neverBanned?: readonly string[]
  /** Heartbeat, grace after the end of a token, and what waits for a slow reader (default 25,000 ms, none, 1 MiB). */
  readonly sessions?: Partial<SessionsConfig>
  /** Default `auto`. */
  readonly refusals?: Refusals
  /** How clients that offer no sub-protocol of ours are spoken to when they are refused (default `plain`: close codes only). */
  readonly dialect?: Exclude<Dialect, 'sallyport.v1'>
  /** How long a store may take before the answer is `dependency_unavailable`. */
  readonly deadlines?: Partial<StepDeadlines>
  /** Where bans and revocations are kept; left out, in memory, and a restart forgets them. */
  readonly stores?: GateStores
  /**
   * Where issuers with an `allowListPrefix` write down the tokens that are still good. Asked at every handshake, ticket and `authenticate` with such a
   * token, and every 5 s about the live sockets.
   */
  readonly allowList?: AllowList
  /** Decisions kept for `explain` (default 10,000). */
  readonly decisions?: number
  /** Who hears what the gate does, to log and to count. */
  readonly events?: GateEvents<U>
  /** Development only: times every call of a given `lookupUser`, `memberships` and `limitsStore`, and hears once of each that blocks; nothing is watched when left out. */
  readonly blockingGuard?: BlockingGuardOptions
  /** Development only: id of the user that stands in when a token is missing or bad. */
  readonly developmentUserId?: string
  /** Development only: whether a request that somebody forwarded is refused. */
  readonly refuseForwarded?: boolean
}
