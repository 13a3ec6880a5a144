import type { BanDanger } from '../admission/ban-dangers.js'
import type { Ban, BanSubject } from '../admission/ban.js'
import type { Decision, StepName } from '../admission/decision.js'
import type { TokenCheck } from '../admission/token/token-check.js'
import type { Role } from '../admission/user.js'
import type { Reason } from '../protocol/denial.js'
import type { Actor } from './actor.js'
import type { Audit } from './audit.js'
import type { DecisionInputs, recordVersion } from './decision-inputs.js'
import type { DecisionReader } from './decision-feed.js'
import type { DecisionFilter } from './decision-filter.js'
import type { DryRunRow } from './dry-run-counts.js'
import type { BanPreview } from './preview-ban.js'
import type { Reach } from './reach.js'

export interface SessionSummary {
  readonly id: string
  readonly userId: string
  readonly address: string | undefined
  readonly endpoint: string
  readonly dialect: string
  /** Epoch milliseconds. */
  readonly openedAt: number
  readonly expiresAt: number | undefined
  readonly development: boolean
}

export interface UserSummary {
  readonly id: string
  readonly email: string
  readonly active: boolean
  readonly role: Role | undefined
}

export type ImportedBan = Pick<Ban, 'subject' | 'reason' | 'expiresAt'>

/** What became of a batch of bans. */
export interface BanImport {
  readonly added: number
  /** Equal to a ban in force. */
  readonly unchanged: number
  /** Ended before they came. */
  readonly ended: number
  /** Not stored, because nobody forced them; by their place in the batch, from 0. */
  readonly refused: readonly { readonly index: number; readonly dangers: readonly BanDanger[] }[]
}

/** A question to the evaluator about a handshake that nobody made; it counts nothing. */
export interface ExplainAsk {
  /** Request path with or without a query, such as `/ws/customers/`. */
  readonly path: string
  readonly address: string
  readonly origin: string | undefined
  /** Raw token; it is judged and forgotten. */
  readonly token: string | undefined
}

/** A decision for people and tools: plain JSON, the user's record left out. Holds what `sallyport replay` makes it again from. */
export interface DecisionReport {
  readonly recordVersion: typeof recordVersion
  readonly id: string
  readonly outcome: Decision['outcome']
  readonly reason: Reason | undefined
  /** The stair that refused. */
  readonly step: StepName | undefined
  readonly told: string | undefined
  readonly sentence: string | undefined
  /** What an operator can do about a refusal. */
  readonly remedy: string | undefined
  readonly retry: string | undefined
  readonly status: number | undefined
  readonly closeCode: number | undefined
  readonly retryAfterMs: number | undefined
  readonly receivedAt: number
  readonly address: string | undefined
  readonly path: string
  readonly origin: string | undefined
  readonly dialect: string
  readonly endpoint: string | undefined
  readonly userId: string | undefined
  readonly policyVersion: string
  readonly steps: readonly { readonly name: string; readonly outcome: string; readonly durationMs: number; readonly detail?: string; readonly remedy?: string }[]
  readonly marks: readonly { readonly step: string; readonly rule: string }[]
  readonly inputs: DecisionInputs
}

/** One thing that was asked of a token or its holder. */
export interface ReportedCheck {
  readonly part: TokenCheck['part'] | 'holder'
  readonly name: string
  readonly expected: string
  readonly found: string
  readonly accepted: boolean
  /** What to do about it, when it was refused. */
  readonly remedy: string | undefined
}

/** What a token says, claim by claim, without any of its text. */
export interface TokenReport {
  readonly accepted: boolean
  readonly reason: Reason | undefined
  readonly detail: string | undefined
  readonly remedy: string | undefined
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly tokenId: string | undefined
  readonly issuedAt: number | undefined
  readonly expiresAt: number | undefined
  /** What was expected and found, claim by claim. Of a token that is refused, its holder is not asked about. */
  readonly checks: readonly ReportedCheck[]
}

export interface Health {
  readonly ready: boolean
  readonly mode: 'development' | 'production'
  readonly draining: boolean
  /** By name, such as `storage`. */
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>
  readonly sessions: number
}

/** Everything an operator can do to a running server; the internal port and, where it makes sense, the command line offline stand on it. */
export interface Operations extends Audit {
  health(): Promise<Health>
  metrics(): Promise<string>
  info(): Readonly<Record<string, unknown>>
  /** @param durationMs - `undefined` bans without end. */
  ban(subject: BanSubject, reason: string, durationMs: number | undefined, actor: Actor): Promise<{ readonly ban: Ban } & Reach>
  /** @param ownAddress - Where the operator comes from, when that is known. */
  previewBan(subject: BanSubject, ownAddress: string | undefined): BanPreview
  lift(subject: BanSubject, actor: Actor): Promise<readonly Ban[]>
  importBans(bans: readonly ImportedBan[], force: boolean, ownAddress: string | undefined, actor: Actor): Promise<BanImport & Reach>
  /** Bans in force after the one with this id, oldest first. */
  bans(after: string | undefined, limit: number): Promise<readonly Ban[]>
  revokeToken(tokenId: string, untilAt: number | undefined, actor: Actor): Promise<Reach>
  revokeUser(userId: string, beforeAt: number | undefined, actor: Actor): Promise<Reach>
  /** Of this process. */
  sessions(): readonly SessionSummary[]
  /** Ends one session by its id, or all of a user's, in every process that shares the database. */
  kick(target: { readonly sessionId: string } | { readonly userId: string }, actor: Actor): Promise<Reach>
  users(): Promise<readonly UserSummary[]>
  addUser(user: { readonly id?: string; readonly email: string; readonly role: Role }, actor: Actor): Promise<UserSummary>
  /** @returns `undefined` when there is no such user. */
  setUserActive(id: string, active: boolean, actor: Actor): Promise<({ readonly user: UserSummary } & Reach) | undefined>
  /**
   * Takes a user out of one workspace, or lets him in again; his sockets end in every process, and he comes back to what he may still see.
   *
   * @returns `undefined` when there is no such user or membership.
   */
  setMemberActive(id: string, workspace: string, active: boolean, actor: Actor): Promise<({ readonly user: UserSummary } & Reach) | undefined>
  /** Drops what every node knows of a user who was changed in another database (`users.url`), and looks at the live sockets again. */
  userChanged(id: string, actor: Actor): Promise<Reach>
  /**
   * Sets a password; ends the user's log-ins, and the sockets of our tokens.
   *
   * @returns `undefined` when there is no such user.
   */
  setUserPassword(id: string, password: string, actor: Actor): Promise<({ readonly user: UserSummary } & Reach) | undefined>
  /** A past decision from the ring. */
  decision(id: string): DecisionReport | undefined
  /** The newest decisions first; older ones than the one with the id `before`, when that is given. */
  decisions(filter: DecisionFilter, before: string | undefined, limit: number): readonly DecisionReport[]
  /** Decisions as they are made, for the reader of this name; `undefined` when there are as many readers as there may be, of his or of all. */
  followDecisions(filter: DecisionFilter, reader: string): DecisionReader | undefined
  /** What each rule that can run dry would do, or does, since the start of the server in epoch milliseconds. */
  dryRun(): { readonly since: number; readonly items: readonly DryRunRow[] }
  explain(ask: ExplainAsk): Promise<DecisionReport>
  checkToken(token: string): Promise<TokenReport>
}
