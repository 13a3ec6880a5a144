import { randomUUID } from 'node:crypto'
import type { BudgetsConfig } from '../../admission/budgets.js'
import { createBudgets } from '../../admission/budgets.js'
import type { Verifier } from '../../admission/token/verification.js'
import type { GateRevocations } from '../../gate.js'
import type { EndedLogin, LoginTokens, SqliteLogins } from '../../stores/sqlite/sqlite-logins.js'
import { createLoginBudgets } from './login-budgets.js'
import { HasherFull, type PasswordHasher } from './password-hasher.js'
import { newRefreshToken, refreshDigest } from './refresh-token.js'
import type { SamplePasswords } from './sample-passwords.js'
import type { TokenSigner } from './token-signer.js'

/** What a client holds after a log-in or a refresh. Times are epoch milliseconds. */
export interface TokenPair {
  readonly accessToken: string
  readonly expiresAt: number
  readonly refreshToken: string
  /** When the refresh token ends unless it is used before. */
  readonly refreshExpiresAt: number
  /** When the session ends, however often it is refreshed. */
  readonly sessionExpiresAt: number
  readonly sessionId: string
  readonly userId: string
}

export type LoginAnswer =
  | { readonly outcome: 'accepted'; readonly tokens: TokenPair }
  | { readonly outcome: 'refused' | 'reused' }
  | { readonly outcome: 'limited' | 'overloaded'; readonly retryAfterMs: number }

/** What a log-in is told of who asks. */
export interface Asker {
  /** Bucket of the client address; `undefined` for a trusted proxy's own. */
  readonly addressKey: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/** Log-ins by password, and what becomes of them. */
export interface Logins {
  /** Unknown, disabled and wrong are one answer, and take one time. */
  login(identifier: string, password: string, asker: Asker): Promise<LoginAnswer>
  /** Gives a new pair for a refresh token, which is good once; a second use ends the session and its sockets. */
  refresh(refreshToken: string, asker: Asker): Promise<LoginAnswer>
  /** Ends the session that a refresh token or an access token belongs to, with its sockets. Nothing is told of tokens that name none. */
  logout(tokens: { readonly refreshToken: string | undefined; readonly accessToken: string | undefined }, asker: Asker): Promise<LoginAnswer | { readonly outcome: 'ended'; readonly sockets: number }>
}

export interface LoginsOptions {
  readonly store: SqliteLogins
  readonly hasher: PasswordHasher
  readonly sign: TokenSigner
  readonly verifier: Verifier
  readonly revocations: Pick<GateRevocations, 'enforce'>
  /** Development only. */
  readonly samples: SamplePasswords | undefined
  readonly accessMs: number
  readonly idleMs: number
  readonly lifetimeMs: number
  readonly addressBudget: BudgetsConfig
  readonly accountBudget: BudgetsConfig
}

/** What an address may ask of `refresh` and `logout`: tokens nobody gave out cost 10, and nobody guesses 256 bits. */
const callBudget: BudgetsConfig = { capacity: 600, refillPerSecond: 10 }
const unknownCost = 10

export const createLogins = (options: LoginsOptions): Logins => {
  const { store, hasher, sign, verifier, revocations, samples, accessMs, idleMs, lifetimeMs } = options
  const budgets = createLoginBudgets({ address: options.addressBudget, account: options.accountBudget })
  const calls = createBudgets(callBudget)

  const reserveCall = ({ addressKey, at }: Asker): { readonly outcome: 'limited'; readonly retryAfterMs: number } | undefined => {
    const answer = addressKey === undefined ? undefined : calls.reserve(addressKey, at)
    return answer?.granted === false ? { outcome: 'limited', retryAfterMs: answer.retryAfterMs } : undefined
  }
  const chargeUnknown = ({ addressKey, at }: Asker): void => {
    if (addressKey !== undefined) calls.charge(addressKey, unknownCost - 1, at)
  }

  const newTokens = (at: number): { readonly refreshToken: string; readonly stored: LoginTokens } => {
    const refreshToken = newRefreshToken()
    return { refreshToken, stored: { hash: refreshDigest(refreshToken), accessId: randomUUID(), accessUntil: at + accessMs } }
  }

  const pairOf = async (
    { refreshToken, stored }: ReturnType<typeof newTokens>,
    session: { readonly sessionId: string; readonly userId: string; readonly epoch: number; readonly issuedAt: number; readonly until: number; readonly ends: number },
  ): Promise<TokenPair> => {
    const { sessionId, userId, epoch, issuedAt: at, until, ends } = session
    // No access token outlives its session; a last one of less than a second is rounded up to the least there is.
    const ownMs = Math.max(1_000, Math.min(accessMs, ends - at))
    const accessToken = await sign({ subject: userId, tokenId: stored.accessId, sessionId, epoch, lifetimeMs: ownMs, at })
    const expiresAt = (Math.floor(at / 1_000) + Math.floor(ownMs / 1_000)) * 1_000
    return { accessToken, expiresAt, refreshToken, refreshExpiresAt: until, sessionExpiresAt: ends, sessionId, userId }
  }

  /** Puts in force here what the store has ended with a session: its access tokens, and with them the sockets they opened. */
  const enforce = async ({ accesses }: EndedLogin): Promise<number> => {
    let sockets = 0
    for (const { tokenId, until } of accesses) sockets += (await revocations.enforce({ kind: 'token', tokenId, until })).sockets
    return sockets
  }

  /** The session that an access token names, as its own user's: another issuer may write anything there. */
  const sessionOf = async (accessToken: string, at: number): Promise<{ readonly sessionId: string; readonly userId: string } | undefined> => {
    const verification = await verifier.verify(accessToken, at)
    if (!verification.ok) return undefined
    const { subject: userId, payload } = verification.claims
    const sessionId = payload['sid']
    return typeof sessionId === 'string' ? { sessionId, userId } : undefined
  }

  return {
    async login(identifier, password, { addressKey, at }) {
      const attempt = budgets.take(identifier, addressKey, at)
      if ('granted' in attempt) return { outcome: 'limited', retryAfterMs: attempt.retryAfterMs }
      try {
        const user = await store.findUser(identifier)
        const stored = user?.passwordHash ?? undefined
        const same = await hasher.verify(stored ?? (await samples?.hashFor(user?.id)), password)
        if (!same || user?.active !== true) return { outcome: 'refused' }
        const tokens = newTokens(at)
        const sessionId = randomUUID()
        const opened = await store.open({ userId: user.id, passwordHash: user.passwordHash, sessionId, tokens: tokens.stored, idleMs, lifetimeMs, at })
        if (!opened.opened) return { outcome: 'refused' }
        for (const ended of opened.ended) await enforce(ended)
        const pair = await pairOf(tokens, { ...opened, sessionId, userId: user.id })
        attempt.accepted(at)
        return { outcome: 'accepted', tokens: pair }
      } catch (error) {
        attempt.unjudged(at)
        if (error instanceof HasherFull) return { outcome: 'overloaded', retryAfterMs: error.retryAfterMs }
        throw error
      }
    },

    async refresh(refreshToken, asker) {
      const limited = reserveCall(asker)
      if (limited !== undefined) return limited
      const { at } = asker
      const tokens = newTokens(at)
      const rotated = await store.rotate({ hash: refreshDigest(refreshToken), tokens: tokens.stored, idleMs, at })
      switch (rotated.outcome) {
        case 'rotated':
          return { outcome: 'accepted', tokens: await pairOf(tokens, rotated) }
        case 'too_fast':
          return { outcome: 'limited', retryAfterMs: rotated.retryAt - at }
        case 'reused':
          await enforce(rotated.ended)
          return { outcome: 'reused' }
        case 'refused':
          chargeUnknown(asker)
          return { outcome: 'refused' }
      }
    },

    async logout({ refreshToken, accessToken }, asker) {
      const limited = reserveCall(asker)
      if (limited !== undefined) return limited
      const { at } = asker
      const byAccess = accessToken === undefined ? undefined : await sessionOf(accessToken, at)
      const ended = [
        refreshToken === undefined ? undefined : await store.end({ hash: refreshDigest(refreshToken) }, at),
        byAccess === undefined ? undefined : await store.end(byAccess, at),
      ].filter((each) => each !== undefined)
      if (ended.length === 0) chargeUnknown(asker)
      let sockets = 0
      for (const each of ended) sockets += await enforce(each)
      return { outcome: 'ended', sockets }
    },
  }
}
