import { createExpiryQueue } from './expiry-queue.js'
import type { Revocation } from './revocation.js'
import type { Claims } from './token/claims.js'

/** The revocations this node knows, ready to be asked on every handshake. Costs two hash look-ups and asks no store. */
export interface RevocationSet {
  /** Adds a revocation. What was known of its token or user is kept: of two moments and of two ends the later counts. */
  add(revocation: Revocation): void
  /**
   * The revocation that ends these claims.
   *
   * By `tokenId`, or because the token was issued to its user before the moment; a token that doesn't say when it was issued counts as issued
   * before. The token epoch of a user is compared where the user is known.
   *
   * @param at - Epoch milliseconds; records whose `until` has come are of no use any more and are not found.
   */
  find(claims: Pick<Claims, 'subject' | 'tokenId' | 'issuedAt'>, at: number): Revocation | undefined
  /** Those that still matter at `at`. */
  list(at: number): readonly Revocation[]
  /** Forgets what is of no use any more; costs only what it forgets. At most `limit` records (default 1,000). */
  sweep(at: number, limit?: number): number
  /** Records held, those past their `until` included until they are swept. */
  readonly size: number
}

/** Creates an empty set. */
export const createRevocationSet = (): RevocationSet => {
  const tokens = new Map<string, TokenRevocation>()
  const users = new Map<string, UserRevocation>()
  const endings = createExpiryQueue<Revocation>(({ until }) => until)

  return {
    add(revocation) {
      switch (revocation.kind) {
        case 'token': {
          const known = tokens.get(revocation.tokenId)
          // What is loaded anew is known for the most part, and must not queue up for its end again and again.
          if (known !== undefined && revocation.until <= known.until) return
          tokens.set(revocation.tokenId, revocation)
          endings.push(revocation)
          return
        }
        case 'user': {
          const known = users.get(revocation.userId)
          if (known !== undefined && revocation.before <= known.before && revocation.until <= known.until) return
          const before = Math.max(revocation.before, known?.before ?? -Infinity)
          const merged = { ...revocation, before, until: Math.max(revocation.until, known?.until ?? -Infinity) }
          users.set(revocation.userId, merged)
          endings.push(merged)
        }
      }
    },
    find({ subject, tokenId, issuedAt }, at) {
      const ofToken = tokenId === undefined ? undefined : tokens.get(tokenId)
      if (ofToken !== undefined && at < ofToken.until) return ofToken
      const ofUser = users.get(subject)
      if (ofUser === undefined || at >= ofUser.until) return undefined
      return issuedAt === undefined || issuedAt < ofUser.before ? ofUser : undefined
    },
    list: (at) => [...tokens.values(), ...users.values()].filter((revocation) => at < revocation.until),
    sweep(at, limit = 1_000) {
      let swept = 0
      for (let taken = 0; taken < limit; taken++) {
        const over = endings.take(at)
        if (over === undefined) break
        // A record that was merged into a newer one is in the queue twice, and only the newer one is held.
        const isHeld = over.kind === 'token' ? tokens.get(over.tokenId) === over : users.get(over.userId) === over
        if (!isHeld) continue
        if (over.kind === 'token') tokens.delete(over.tokenId)
        else users.delete(over.userId)
        swept += 1
      }
      return swept
    },
    get size() {
      return tokens.size + users.size
    },
  }
}

type TokenRevocation = Extract<Revocation, { kind: 'token' }>
type UserRevocation = Extract<Revocation, { kind: 'user' }>
