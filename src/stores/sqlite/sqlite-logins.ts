import type { SqliteEngine } from './engine.js'
import type { EndedLogin, LoginOpened, LoginRotated, LoginTokens } from './procedures/logins.js'

export type { EndedLogin, LoginTokens } from './procedures/logins.js'

/** A user as a log-in meets it. */
export interface LoginUser {
  readonly id: string
  readonly active: boolean
  /** In the PHC string format; `null` when no password was set. */
  readonly passwordHash: string | null
}

/** Sessions that began with a password, and their refresh tokens. */
export interface SqliteLogins {
  /** By e-mail without regard to the case of ASCII letters, else by exact user name. */
  findUser(identifier: string): Promise<LoginUser | undefined>
  /** Opens a session, unless the user was disabled or got another password since it was found. */
  open(ask: {
    readonly userId: string
    readonly passwordHash: string | null
    readonly sessionId: string
    readonly tokens: LoginTokens
    readonly idleMs: number
    readonly lifetimeMs: number
    readonly at: number
  }): Promise<LoginOpened>
  /** Replaces a refresh token by the next; one that was replaced before ends its session. Atomic. */
  rotate(ask: { readonly hash: string; readonly tokens: LoginTokens; readonly idleMs: number; readonly at: number }): Promise<LoginRotated>
  end(by: { readonly hash: string } | { readonly sessionId: string; readonly userId: string }, at: number): Promise<EndedLogin | undefined>
}

export const createSqliteLogins = (engine: SqliteEngine): SqliteLogins => ({
  async findUser(identifier) {
    // No stored text holds U+0000, and binding refuses it.
    if (identifier.includes('\0')) return undefined
    const [row] = await engine.read<{ id: string; active: 0 | 1; password_hash: string | null }>(
      'admission',
      'select id, active, password_hash from users where email = :who or username = :who order by email = :who desc limit 1',
      { who: identifier },
    )
    return row && { id: row.id, active: row.active === 1, passwordHash: row.password_hash }
  },
  open: (ask) => engine.write('openLogin', ask),
  rotate: (ask) => engine.write('rotateLogin', ask),
  end: (by, at) => engine.write('endLogin', { by, at }),
})
