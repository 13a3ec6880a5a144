/** What one admission asks of the limits store, all or nothing. */
export interface LimitsAsk {
  readonly userId: string
  /** Bucket of the client address (IPv6 by /64). `undefined` for addresses that are never bucketed, such as a trusted proxy's own. */
  readonly addressKey: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/** A socket that is counted as open. Ends by `release`. */
export interface Lease {
  readonly userId: string
  readonly addressKey: string | undefined
}

export type LimitRule = 'userConnects' | 'addressConnects' | 'userSockets' | 'addressSockets' | 'nodeSockets'

export type Allowance =
  | { readonly granted: true; readonly lease: Lease }
  | {
      readonly granted: false
      readonly rule: LimitRule
      /** Waiting exactly this long succeeds for a lone client; for sockets, a guess of 1,000 or more, because nobody knows when one closes. */
      readonly retryAfterMs: number
    }

export interface WindowLimit {
  readonly max: number
  readonly windowMs: number
}

export interface LimitsConfig {
  readonly userConnects: WindowLimit
  readonly addressConnects: WindowLimit
  readonly userSockets: number
  readonly addressSockets: number
  readonly nodeSockets: number
}

/** Sliding windows and socket leases, asked once per admission. */
export interface Limits {
  /**
   * Takes one connect from both windows and one lease of each kind, or nothing at all.
   *
   * @throws StoreUnavailable when a remote store does not answer before `deadline`.
   */
  take(ask: LimitsAsk, deadline: number): Promise<Allowance> | Allowance
  /** What `take` would answer, counting nothing. */
  peek(ask: LimitsAsk, deadline: number): Promise<Allowance> | Allowance
  /** Gives a lease back. A second release of the same lease does nothing. */
  release(lease: Lease): void
}
