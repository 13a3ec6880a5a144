import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { AllowList } from './admission/allow-list.js'
import type { BudgetsConfig } from './admission/budgets.js'
import type { ProxiesConfig } from './admission/address/proxies.js'
import type { Ban, Bans, BanSubject } from './admission/ban.js'
import type { CapacityConfig } from './admission/capacity.js'
import type { ControlLog, EndedSubject } from './admission/control.js'
import type { ControlReaders } from './admission/control-readers.js'
import type { DecisionRing } from './admission/decision-ring.js'
import type { Decision, DryRunRule } from './admission/decision.js'
import type { EndpointRule } from './admission/endpoint.js'
import type { BlockingGuardOptions } from './admission/guard/blocking-guard.js'
import type { Handshake } from './admission/handshake.js'
import type { Identity } from './admission/identify.js'
import type { LadderBan, LadderConfig, LadderVerdict} from './admission/ladder.js'
import type { Limits, LimitsConfig } from './admission/limits.js'
import type { Revocation, Revocations } from './admission/revocation.js'
import type { StepDeadlines } from './admission/rules.js'
import type { TicketAnswer, TicketRequest } from './admission/sell-ticket.js'
import type { Carrier } from './admission/steps/credential.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import type { KeysNotice } from './admission/token/key-ring.js'
import type { JwksPolicy } from './admission/token/remote-keys.js'
import type { TokenInspector } from './admission/token/verification.js'
import type { Memberships } from './admission/topic.js'
import type { UserCacheConfig } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import type { Refusals } from './node/answer-in.js'
import type { Denial } from './protocol/denial.js'
import type { Dialect } from './protocol/subprotocol.js'
import type { Session } from './session/session.js'
import type { SessionEvents, Sessions, SessionsConfig } from './session/sessions.js'

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
   * Finds the user a verified token speaks for; the answer types `session.user`.
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
  /** Proxies whose header names the client address; left out, nobody is trusted and the peer is the client. */
  readonly proxies?: ProxiesConfig
  /** Default: every path is one endpoint named `any`. */
  readonly endpoints?: readonly EndpointRule[]
  /** Asked who may enter the conversation that a path names; left out, everybody who may use the endpoint may. */
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

/** How many sockets a change closed on this node; others close theirs within a second. */
export interface Closed {
  /** So many were open and are closing; other nodes' are not counted. */
  readonly sockets: number
}

/** Bans of addresses, ranges and users: kept in their store first, then in force here and on live sockets, elsewhere within a second. */
export interface GateBans {
  /**
   * Bans a network or a user and closes the live sockets it concerns.
   *
   * Nobody bans by accident every address of a family, this machine, a trusted proxy, or addresses of `neverBanned`: that takes `force`. What nobody can see
   * is whether a range holds the address you come from yourself.
   *
   * @param durationMs - `undefined` bans without end.
   * @param actorAddress - From where the actor asked, for an audit log; `undefined` when it was over no connection.
   * @param force - Bans that all the same (default `false`).
   * @throws TypeError when the network is neither an address nor a CIDR range.
   * @throws DangerousBan (`ERR_DANGEROUS_BAN`, with `dangers`) for a ban that takes force and has none: then nothing changed.
   * @throws StoreUnavailable when it could not be kept: then nothing changed.
   */
  add(
    subject: BanSubject,
    about: {
      readonly reason: string
      readonly actor: string
      readonly actorAddress?: string | undefined
      readonly durationMs?: number | undefined
      readonly source?: Ban['source']
      readonly force?: boolean
    },
  ): Promise<{ readonly ban: Ban } & Closed>
  /**
   * Bans many at once, in one transaction, and closes the live sockets they concern in one walk over them.
   *
   * @param bans - `expiresAt` in epoch milliseconds, `undefined` for one without end. Best a thousand at a time: each costs some 10 µs of the event loop.
   * @returns Those that are new; one equal to a ban in force is left out.
   * @throws TypeError when a network is neither an address nor a CIDR range: then nothing changed.
   * @throws DangerousBan for the first that takes `force` and has none: then nothing changed.
   * @throws StoreUnavailable when they could not be kept: then nothing changed.
   */
  addAll(
    bans: readonly Pick<Ban, 'subject' | 'reason' | 'expiresAt'>[],
    about: { readonly actor: string; readonly actorAddress?: string | undefined; readonly source: Ban['source']; readonly force?: boolean },
  ): Promise<{ readonly bans: readonly Ban[] } & Closed>
  /** Ends the bans of exactly this subject. */
  lift(subject: BanSubject, actor: string, actorAddress?: string): Promise<readonly Ban[]>
  /** Those in force, oldest first; all of them at once, so `page` is for many. Asks the store. */
  list(): Promise<readonly Ban[]>
  /** The next ones in force after the one with this id, in the order of their ids, which is that of their making. */
  page(after: string | undefined, limit: number): Promise<readonly Ban[]>
  /** The ban an address is under, if any; asks no store. */
  findAddress(address: string): Ban | undefined
}

/** Ends of tokens before their time; in force here at once and elsewhere within a second. */
export interface GateRevocations {
  /** Revokes and closes the live sockets it concerns. */
  add(revocation: Revocation, actor: string, actorAddress?: string): Promise<Closed>
  /** Puts a revocation in force on this node now that its store holds already; others read it in the control log. */
  enforce(revocation: Revocation): Promise<Closed>
}

/** What the gate is told about users that changed. */
export interface GateUsers {
  /** Forgets what is known of a user and looks at the live sockets again: a disabled one is out. */
  changed(id: string): Promise<Closed>
}

/** How far an end of sessions had reached when it was answered. */
export interface SessionsEnded extends Closed {
  /** Over all nodes that answered. */
  readonly sockets: number
  /** This node and those that answered. */
  readonly nodes: number
  /** Nodes that had not answered after a second: dead, or cut off, and then their sockets are closed when they are back. */
  readonly silent: number
}

export interface GateIssuers {
  /**
   * Puts other issuers in the place of all, without a restart: keys that are the same go on, and those that are gone verify nothing from now on.
   * Sockets that a withdrawn key admitted are asked for a new token and closed after 5 s.
   *
   * @returns Sentences about the new configuration.
   * @throws TypeError or RangeError when it is weak or contradicts itself; then nothing changed.
   */
  replace(issuers: readonly IssuerConfig[]): Promise<readonly string[]>
  /** Issuers whose key server did not answer last; keys that are held stay in use up to 24 h. */
  readonly away: readonly string[]
}

/** Single-use stand-ins for a token, for clients that can set nothing but a URL. */
export interface GateTickets {
  /**
   * Answers one HTTP request for a ticket, by every rule that a handshake with the token in its `Authorization: Bearer` would meet, its limits excepted.
   * Any request may ask: 600 at once and 20 a second of an address, 60 at once and 1 a second of a user.
   *
   * @param request - `headers` as in `request.headersDistinct` of Node, `peerAddress` as in `request.socket.remoteAddress`.
   * @returns A ticket for `?ticket=` that is good once, for 30 s, for this path and Origin; or why not. Never rejects.
   * @throws TypeError when the carrier `ticket` is not enabled: nobody could use it.
   */
  issue(request: TicketRequest): Promise<TicketAnswer>
}

/** What goes to the `upgrade` event of a `node:http` server. Never throws; a refused connection is destroyed. */
export type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void

/** A gate: admission in front, sessions behind. */
export interface Gate<U extends User = User> {
  /** Makes the listener of a server's `upgrade` event; `wss` needs `noServer: true`. */
  upgrade(wss: WebSocketServer, onSession: (webSocket: WebSocket, session: Session<U>) => void): UpgradeListener
  /** Decides about a handshake, counting it; the caller owns the lease of an admission. */
  admit(handshake: Handshake): Promise<Decision<U>>
  /** Walks the same stairs, counting nothing. */
  explain(handshake: Handshake): Promise<Decision<U>>
  /**
   * Finds whom a token speaks for by the rules that concern its holder: token, revocation, ban, user. Counts nothing.
   *
   * @param checkTime - `false` passes over age, revocations and bans, and nothing else (default `true`).
   * @returns The user with the claims, or why not. Never rejects.
   */
  identify(token: string, checkTime?: boolean): Promise<Identity<U> | Denial>
  /** Bans, and who is under one. */
  readonly bans: GateBans
  /** The limits that admissions are counted by. */
  readonly limits: Limits
  /** Ends of tokens before their time. */
  readonly revocations: GateRevocations
  /** What it is told about users that changed. */
  readonly users: GateUsers
  /**
   * Ends one session, or all of a user, with `session_ended`: on this node at once, on every other one that follows the control log within a second.
   * Their token stays good until it is revoked.
   *
   * @returns How far it reached. Waits for other nodes, up to a second, where `stores.readers` says that there are any.
   * @throws StoreUnavailable when other nodes could not be told; those of this node are closed all the same.
   */
  endSessions(subject: EndedSubject): Promise<SessionsEnded>
  /** Who may issue tokens, and putting others in their place. */
  readonly issuers: GateIssuers
  /** Tickets for `?ticket=`. */
  readonly tickets: GateTickets
  /**
   * Judges a new token for a live socket, by every rule that a handshake would meet after its credential.
   *
   * @returns The new end of the session, in epoch milliseconds; or why not, and then nothing changed. A token of another subject is refused.
   */
  reauthenticate(session: Session<U>, token: string): Promise<{ readonly expiresAt: number } | Denial>
  /** Bans held by this node, ended ones included until they are swept. */
  readonly banCount: number
  /** Live sockets of this node: to be found, spoken to and closed. */
  readonly sessions: Sessions<U>
  /** The newest decisions of this node, by id. */
  readonly decisions: DecisionRing<U>
  /** Reads tokens without asking a store, for a log-in or a check of one's own. */
  readonly verifier: TokenInspector
  /** Sentences about the keys that are to be said at every start. */
  readonly warnings: readonly string[]
  /** Whether the control log could be read at the last look. */
  readonly follows: boolean
  /** Whether the allow-list answered at the last look; `undefined` without one. */
  readonly lists: boolean | undefined
  /** What `capacity` is judged by, at this moment: mean delay of the event loop in milliseconds, handshakes that wait, open sockets, and whether it drains. */
  readonly load: { readonly loopDelayMs: number; readonly inFlight: number; readonly sockets: number; readonly draining: boolean }
  /**
   * Admits nobody from now on, tells each live socket its own delay, and waits for them to go.
   *
   * @param overMs - Delays are spread over this time, so that the herd doesn't come back at once.
   * @returns How many sockets were still open at the end.
   */
  drain(overMs: number): Promise<number>
  /** Stops all timers; sockets are left to their owner. */
  stop(): void
}
