import { hash, randomBytes } from 'node:crypto'
import { deny, type Denial } from '../protocol/denial.js'
import { positiveInteger } from './argument.js'
import { createSteadyTime } from './steady-time.js'
import type { Claims } from './token/claims.js'
import type { Verification } from './token/verification.js'

/** What a ticket is bound to beside its user. */
export interface TicketUse {
  /** Target or path of the handshake; neither its query nor a last slash counts. */
  readonly target: string
  /** Origin of who bought it: the handshake has the same, or none if that had none. */
  readonly origin: string | undefined
}

export interface TicketsConfig {
  /** Milliseconds for which a ticket is good (default 30,000). */
  readonly lifeMs?: number
  /** Unused tickets kept (default 20,000); when all are still good, no further one is issued. */
  readonly maxTickets?: number
}

/** Single-use stand-ins for tokens that were verified. */
export interface Tickets {
  /**
   * Makes a ticket of 192 random bits that stands for these claims, once.
   *
   * @returns `undefined` while there are as many as may be.
   */
  issue(claims: Claims, use: TicketUse, at: number): string | undefined
  /** The claims a ticket stands for. Any try uses it up, and all of it happens in one turn: of many at once, one succeeds. */
  redeem(ticket: string, use: TicketUse, at: number): Verification
  /** The answer of `redeem`, using nothing up. */
  peek(ticket: string, use: TicketUse, at: number): Verification
  /** Milliseconds for which a ticket is good. */
  readonly lifeMs: number
  /** Unused tickets held, those that are over included until the next one is issued. */
  readonly size: number
}

interface Held {
  readonly claims: Claims
  readonly path: string
  readonly origin: string | undefined
  /** Steady milliseconds. */
  readonly endsAt: number
}

/**
 * Creates an empty holder of tickets, in this process. Of a ticket only its SHA-256 is kept.
 *
 * @throws TypeError or RangeError when a setting is not a positive integer.
 */
export const createTickets = (config: TicketsConfig = {}): Tickets => {
  const lifeMs = positiveInteger('tickets', 'lifeMs', config.lifeMs ?? 30_000)
  const maxTickets = positiveInteger('tickets', 'maxTickets', config.maxTickets ?? 20_000)
  const time = createSteadyTime()
  /** In the order of their ends, because all live equally long. */
  const held = new Map<string, Held>()

  const sweep = (now: number): void => {
    for (const [digest, { endsAt }] of held) {
      if (endsAt > now) return
      held.delete(digest)
    }
  }

  return {
    issue(claims, use, at) {
      const now = time.now(at)
      sweep(now)
      if (held.size >= maxTickets) return undefined
      const ticket = randomBytes(24).toString('base64url')
      held.set(digestOf(ticket), { claims, path: pathOf(use.target), origin: use.origin, endsAt: now + lifeMs })
      return ticket
    },
    redeem(ticket, use, at) {
      const digest = digestOf(ticket)
      const found = held.get(digest)
      held.delete(digest)
      return judge(found, use, time.now(at), at)
    },
    peek: (ticket, use, at) => judge(held.get(digestOf(ticket)), use, time.peek(at), at),
    lifeMs,
    get size() {
      return held.size
    },
  }
}

const digestOf = (ticket: string): string => hash('sha256', ticket, 'base64url')

const pathOf = (target: string): string => {
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

const judge = (found: Held | undefined, use: TicketUse, now: number, at: number): Verification => {
  // Nobody can tell a used ticket from one that never was, and the remedy is the same: another one.
  if (found === undefined || found.endsAt <= now) return refused(deny('token_expired', { detail: 'the ticket is used, over or unknown' }))
  if (found.path !== pathOf(use.target)) return refused(deny('token_invalid', { detail: 'the ticket is for another path' }))
  if (found.origin !== use.origin) return refused(deny('token_invalid', { detail: 'the ticket is for another Origin' }))
  const { claims } = found
  if (claims.expiresAt <= at) return refused(deny('token_expired', { detail: 'the token that bought the ticket has expired' }))
  if (claims.key.withdrawn || claims.key.notAfter <= at) return refused(deny('token_expired', { detail: 'the key of the token that bought the ticket is withdrawn' }))
  return { ok: true, claims, cached: false }
}

const refused = (denial: Denial): Verification => ({ ok: false, denial, fault: 'claims' })
