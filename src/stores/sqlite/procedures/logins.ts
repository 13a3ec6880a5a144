import type { Database } from '../database.js'
import { addRevocation } from './revocations.js'

/** A refresh token and the access token given out beside it, as they are stored. */
export interface LoginTokens {
  /** Digest of the refresh token. */
  readonly hash: string
  /** `jti` of the access token. */
  readonly accessId: string
  /** Epoch milliseconds at which the access token ends at the latest. */
  readonly accessUntil: number
}

/** An access token that was still good when its session ended, and is revoked with it. */
export interface LiveAccess {
  readonly tokenId: string
  readonly until: number
}

export interface EndedLogin {
  readonly sessionId: string
  readonly userId: string
  readonly accesses: readonly LiveAccess[]
}

export type LoginOpened =
  | { readonly opened: true; readonly issuedAt: number; readonly epoch: number; readonly until: number; readonly ends: number; /** Sessions that gave way, as one user has only so many. */ readonly ended: readonly EndedLogin[] }
  | { readonly opened: false }

export type LoginRotated =
  | { readonly outcome: 'rotated'; readonly issuedAt: number; readonly sessionId: string; readonly userId: string; readonly epoch: number; readonly until: number; readonly ends: number }
  /** A token that had been replaced came again: somebody else has a copy, so the session is over. */
  | { readonly outcome: 'reused'; readonly ended: EndedLogin }
  | { readonly outcome: 'too_fast'; readonly retryAt: number }
  | { readonly outcome: 'refused' }

interface SessionRow {
  readonly id: string
  readonly user_id: string
  readonly epoch: number
  readonly created_ms: number
  readonly until_ms: number
  readonly ends_ms: number
}

/** Sessions of one user; the oldest gives way to one more. */
const maxSessions = 20
/** Tokens kept of one session, the good one included: older ones are merely unknown. */
const maxTokens = 64
/** Sessions that have ended anyway, swept by each log-in. */
const sweepLimit = 100

/** Ends a session with the access tokens it gave out, all in one transaction: there is no moment in which only a part of it has ended. */
const endSession = (db: Database, { id, user_id: userId }: SessionRow, at: number): EndedLogin => {
  const accesses = db.all<LiveAccess>('select access_id as tokenId, access_until_ms as until from login_tokens where session = ? and access_until_ms > ?', [id, at])
  db.run('delete from login_sessions where id = ?', [id])
  for (const { tokenId, until } of accesses) addRevocation(db, { revocation: { kind: 'token', tokenId, until }, actor: `user:${userId}`, at })
  return { sessionId: id, userId, accesses }
}

/**
 * When a token that is given out now counts as issued, in epoch milliseconds.
 *
 * A revocation of a user ends what was issued before a whole second, because tokens tell no less. Who logs in behind it within that second is not meant.
 */
const issuedAtOf = (db: Database, userId: string, at: number): number => {
  const known = db.get<{ before: number }>(`select before_ms as before from revocations where kind = 'user' and subject = ? and until_ms > ?`, [userId, at])
  return known !== undefined && known.before > at && known.before - at < 1_000 ? known.before : at
}

/** @param laterMs - By how much the access token counts as issued later than it was asked for; it ends later, too. */
const keepTokens = (db: Database, session: string, number: number, { hash, accessId, accessUntil }: LoginTokens, laterMs: number): void => {
  db.run('insert into login_tokens (hash, session, number, access_id, access_until_ms) values (?, ?, ?, ?, ?)', [hash, session, number, accessId, accessUntil + laterMs])
}

/**
 * Opens a session for a user whose password was found right.
 *
 * @param passwordHash - What the password was compared with; `null` for none. A user who was disabled, or whose password was changed since, is not let in.
 */
export const openLogin = (
  db: Database,
  ask: {
    readonly userId: string
    readonly passwordHash: string | null
    readonly sessionId: string
    readonly tokens: LoginTokens
    readonly idleMs: number
    readonly lifetimeMs: number
    readonly at: number
  },
): LoginOpened => {
  const { userId, sessionId, at } = ask
  db.run('delete from login_sessions where id in (select id from login_sessions where until_ms <= ? limit ?)', [at, sweepLimit])
  const user = db.get<{ epoch: number; password_hash: string | null }>('select epoch, password_hash from users where id = ? and active = 1', [userId])
  if (user === undefined || user.password_hash !== ask.passwordHash) return { opened: false }
  const ends = at + ask.lifetimeMs
  const until = Math.min(ends, at + ask.idleMs)
  const tooMany = db.all<SessionRow>('select * from login_sessions where user_id = ? order by created_ms desc, id limit -1 offset ?', [userId, maxSessions - 1])
  const ended = tooMany.map((session) => endSession(db, session, at))
  const issuedAt = issuedAtOf(db, userId, at)
  db.run('insert into login_sessions (id, user_id, epoch, created_ms, until_ms, ends_ms) values (?, ?, ?, ?, ?, ?)', [sessionId, userId, user.epoch, issuedAt, until, ends])
  keepTokens(db, sessionId, 1, ask.tokens, issuedAt - at)
  return { opened: true, issuedAt, epoch: user.epoch, until, ends, ended }
}

const mayGoOn = (db: Database, { user_id: userId, epoch, created_ms: created }: SessionRow, at: number): boolean =>
  db.get(
    `select 1 from users u where u.id = :userId and u.active = 1 and u.epoch = :epoch
       and not exists (select 1 from revocations r where r.kind = 'user' and r.subject = u.id and r.until_ms > :at and r.before_ms > :created)
       and not exists (select 1 from bans b where b.kind = 'user' and b.subject = u.id and b.lifted_ms is null and (b.expires_ms is null or b.expires_ms > :at))`,
    { userId, epoch, at, created },
  ) !== undefined

/** Replaces a refresh token, once: of any number of attempts with one token the first succeeds and the second ends the session. */
export const rotateLogin = (
  db: Database,
  { hash, tokens, idleMs, at }: { readonly hash: string; readonly tokens: LoginTokens; readonly idleMs: number; readonly at: number },
): LoginRotated => {
  const found = db.get<SessionRow & { readonly number: number; readonly newest: number; readonly access_id: string }>(
    `select s.*, t.number, t.access_id, (select max(number) from login_tokens n where n.session = s.id) as newest
     from login_tokens t join login_sessions s on s.id = t.session where t.hash = ?`,
    [hash],
  )
  if (found === undefined || found.until_ms <= at) return { outcome: 'refused' }
  if (found.number < found.newest) return { outcome: 'reused', ended: endSession(db, found, at) }
  const isRevoked = db.get(`select 1 from revocations where kind = 'token' and subject = ? and until_ms > ?`, [found.access_id, at]) !== undefined
  if (isRevoked || !mayGoOn(db, found, at)) {
    endSession(db, found, at)
    return { outcome: 'refused' }
  }
  // Ending a session ends the access tokens it gave out, so those that are still good must not be forgotten, nor grow without end.
  const oldest = found.newest - maxTokens + 1
  const held = db.get<{ until: number }>('select access_until_ms as until from login_tokens where session = ? and number <= ? order by access_until_ms desc limit 1', [found.id, oldest])
  if (held !== undefined && held.until > at) return { outcome: 'too_fast', retryAt: held.until }
  db.run('delete from login_tokens where session = ? and number <= ?', [found.id, oldest])
  const until = Math.min(found.ends_ms, at + idleMs)
  db.run('update login_sessions set until_ms = ? where id = ?', [until, found.id])
  const issuedAt = issuedAtOf(db, found.user_id, at)
  keepTokens(db, found.id, found.newest + 1, tokens, issuedAt - at)
  return { outcome: 'rotated', issuedAt, sessionId: found.id, userId: found.user_id, epoch: found.epoch, until, ends: found.ends_ms }
}

/** Ends a session, by any of its refresh tokens or by its id; `undefined` when there is none. */
export const endLogin = (
  db: Database,
  { by, at }: { readonly by: { readonly hash: string } | { readonly sessionId: string; readonly userId: string }; readonly at: number },
): EndedLogin | undefined => {
  const session =
    'hash' in by
      ? db.get<SessionRow>('select s.* from login_tokens t join login_sessions s on s.id = t.session where t.hash = ?', [by.hash])
      : db.get<SessionRow>('select * from login_sessions where id = ? and user_id = ?', [by.sessionId, by.userId])
  return session && endSession(db, session, at)
}
