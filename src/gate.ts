import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Ban, BanSubject } from './admission/ban.js'
import type { EndedSubject } from './admission/control.js'
import type { DecisionRing } from './admission/decision-ring.js'
import type { Decision } from './admission/decision.js'
import type { Handshake } from './admission/handshake.js'
import type { Identity } from './admission/identify.js'
import type { Limits } from './admission/limits.js'
import type { Revocation } from './admission/revocation.js'
import type { TicketAnswer, TicketRequest } from './admission/sell-ticket.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import type { TokenInspector } from './admission/token/verification.js'
import type { User } from './admission/user.js'
import type { Denial } from './protocol/denial.js'
import type { Session } from './session/session.js'
import type { Sessions } from './session/sessions.js'

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
   * Nobody bans by accident every address of a family, a range wider than a /16 of IPv4 or a /32 of IPv6, this machine, a trusted proxy, or addresses of `neverBanned`:
   * that takes `force`. What nobody can see is whether a range holds the address you come from yourself.
   *
   * @param durationMs - `undefined` bans without end.
   * @param actorAddress - From where the actor asked, for an audit log; `undefined` when it was over no connection.
   * @param force - Bans that all the same (default `false`).
   * @throws TypeError when the network is neither an address nor a CIDR range, or the user id, reason or actor is no text, RangeError when `durationMs` is no time to come.
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
   * @throws TypeError when a network is neither an address nor a CIDR range, a user id, reason or actor is no text or an end is no number of milliseconds: then nothing changed.
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
  /**
   * Revokes and closes the live sockets it concerns.
   *
   * @throws TypeError when an id or the actor is no text or a moment no number of milliseconds, but one of seconds, such as `exp` of a token: then nothing changed.
   */
  add(revocation: Revocation, actor: string, actorAddress?: string): Promise<Closed>
  /** Puts a revocation in force on this node now that its store holds already; others read it in the control log. */
  enforce(revocation: Revocation): Promise<Closed>
}

/** What the gate is told about users that changed. */
export interface GateUsers {
  /**
   * Forgets what is known of a user and looks at the live sockets again: a disabled one is out.
   *
   * @throws TypeError when the id is no text: then nothing changed.
   */
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
   * @returns A ticket for `?ticket=` that is good once, for 30 s, for this path and Origin; or why not.
   * @throws TypeError when the carrier `ticket` is not enabled: nobody could use it; or when the headers are those of `request.headers`, which have no lists.
   */
  issue(request: TicketRequest): Promise<TicketAnswer>
}

/** What goes to the `upgrade` event of a `node:http` server. Never throws; a refused connection is destroyed. */
export type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void

/** A gate: admission in front, sessions behind. */
export interface Gate<U extends User = User> {
  /**
   * Makes the listener of a server's `upgrade` event.
   *
   * It answers every handshake. Where another listener of the event answers some, such as a second gate or the live reload of a bundler, one listener must choose by
   * path which of them is called; else both answer, and a socket that the other opened is an error that ends the process.
   *
   * @param wss - Made with `noServer: true`. It is not shown a token that came as a sub-protocol.
   * @throws TypeError when it takes handshakes by itself, RangeError when its `maxPayload` would be no bound.
   */
  upgrade(wss: WebSocketServer, onSession: (webSocket: WebSocket, session: Session<U>) => void): UpgradeListener
  /**
   * Decides about a handshake, counting it; the caller owns the lease of an admission.
   *
   * @throws TypeError when it is none, such as one with the `headers` of a request in place of its `headersDistinct`.
   */
  admit(handshake: Handshake): Promise<Decision<U>>
  /**
   * Walks the same stairs, counting nothing.
   *
   * @throws TypeError as `admit` does.
   */
  explain(handshake: Handshake): Promise<Decision<U>>
  /**
   * Finds whom a token speaks for by the rules that concern its holder: token, revocation, ban, user. Counts nothing.
   *
   * @param checkTime - `false` passes over age, revocations and bans, and nothing else (default `true`).
   * @returns The user with the claims, or why not: `token_missing` for `undefined`. Never rejects.
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
   * @throws TypeError when an id is no text: then nothing changed.
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
  /** Bans held by this node: those in force, and those that ended within a day. */
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
   * @throws RangeError when the time is none: then nobody was told anything. A drain without an end would wait for a peer that never answers.
   */
  drain(overMs: number): Promise<number>
  /** Stops all timers; sockets are left to their owner. */
  stop(): void
}
