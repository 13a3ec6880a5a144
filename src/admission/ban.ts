/** Whom a ban is about. A network is a canonical address or CIDR range of either family (RFC 4632, RFC 4291). */
export type BanSubject =
  | {
      /** Says which of both it is. */
      readonly kind: 'network'
      /** Address or CIDR range; where it is read, any spelling is fine. */
      readonly network: string
    }
  | {
      /** Says which of both it is. */
      readonly kind: 'user'
      /** Subject of verified claims. */
      readonly userId: string
    }

/** What made a ban: an operator, the ladder by itself, or a list that was read. */
export type BanSource = 'manual' | 'ladder' | 'import'

/** A dated refusal. */
export interface Ban {
  /** UUID v7. */
  readonly id: string
  /** Whom it is about; exactly this, not ranges around it. */
  readonly subject: BanSubject
  /** For operators; never told to the banned. */
  readonly reason: string
  /** Who banned: an operator's name, `ladder`, or `cli`. */
  readonly actor: string
  /** What made it. */
  readonly source: BanSource
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds at which it ends by itself; `undefined` never. */
  readonly expiresAt: number | undefined
}

/** A ban that is not kept yet: its store gives it the id. */
export type NewBan = Omit<Ban, 'id'>

/**
 * How long after its end a ban is still lifted, in milliseconds: a day. By a clock that is behind it may be in force, and who lifts it can't know.
 */
export const liftGraceMs = 24 * 3_600_000

/** Keeps bans; one record each, with its own end. */
export interface Bans {
  /**
   * Persists a ban and appends `ban_added` to the control log, in one transaction.
   *
   * @param actorAddress - From where the actor asked, for a store that keeps an audit log; `undefined` when nobody did over a connection.
   */
  add(ban: NewBan, actorAddress?: string): Promise<Ban>
  /**
   * Persists many in one transaction, with what `add` appends for each.
   *
   * @param actorAddress - As for `add`.
   * @returns Those that are new: one whose subject, reason and end are those of a ban in force, or of an earlier one of the list, is left out.
   */
  addAll(bans: readonly NewBan[], actorAddress?: string): Promise<readonly Ban[]>
  /**
   * Ends bans of exactly this subject (not of ranges that contain it) and appends `ban_lifted` for each; returns what was lifted.
   *
   * @param at - Epoch milliseconds. Those that ended less than `liftGraceMs` before are lifted, too.
   */
  lift(subject: BanSubject, actor: string, at: number, actorAddress?: string): Promise<readonly Ban[]>
  /** Bans that are in force at `at`, oldest first. */
  list(at: number): Promise<readonly Ban[]>
  /** How many bans there are to make room for: those in force, and some or all of those that have ended without being lifted. */
  count(): Promise<number>
  /**
   * The next bans that are in force at `at`, in the order of their ids, so that many are read in parts.
   *
   * @param after - Id of the last one seen; `undefined` begins.
   */
  page(at: number, after: string | undefined, limit: number): Promise<readonly Ban[]>
}
