/** What one admission asks of the limits store, all or nothing. */
export interface LimitsAsk {
  /** Id of a known, active user. */
  readonly userId: string
  /** Bucket of the client address (IPv6 by /64). `undefined` for addresses that are never bucketed, such as a trusted proxy's own. */
  readonly addressKey: string | undefined
  /** Name of the endpoint that is connected to; `undefined` when a question is about none. */
  readonly endpoint: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/** A socket that is counted as open. Ends by `release`. */
export interface Lease {
  /** Whose socket it is. */
  readonly userId: string
  /** Bucket it is counted in; `undefined` for an address that is never bucketed. */
  readonly addressKey: string | undefined
}

export type LimitRule = 'userConnects' | 'addressConnects' | 'endpointConnects' | 'userSockets' | 'addressSockets' | 'nodeSockets'

/** The answer to one admission: a lease, or which limit refused and for how long. */
export type Allowance =
  | {
      /** Tells the two apart. */
      readonly granted: true
      /** To be given back by `release` when the socket is gone. */
      readonly lease: Lease
      /** The limit in dry-run that would have refused. */
      readonly wouldRefuse?: LimitRule | undefined
      /** What was counted, for operators. */
      readonly levels?: LimitLevels
    }
  | {
      /** Tells the two apart. */
      readonly granted: false
      /** The limit that refused; where several would, the one that does so longest. */
      readonly rule: LimitRule
      /** Waiting exactly this long succeeds for a lone client; for sockets, a guess of 1,000 or more, because nobody knows when one closes. */
      readonly retryAfterMs: number
      /** What was counted, for operators. */
      readonly levels?: LimitLevels
    }

/** What was counted, before this attempt, and against which limits; a store that can't tell leaves it out. */
export interface LimitLevels {
  /** `undefined` for what is not counted: an address without a key, an endpoint without a limit. */
  readonly counts: Readonly<Record<LimitRule, number | undefined>>
  readonly limits: LimitsConfig
}

/** So many in any span of this length: an exact sliding window. */
export interface WindowLimit {
  /** Positive integer. */
  readonly max: number
  /** Milliseconds, a positive integer. */
  readonly windowMs: number
}

/** Limits of connects and of open sockets. A gate refuses with `rate_limited`, `too_many_connections` or, for the node, `overloaded`. */
export interface LimitsConfig {
  /** Connects of one user (default 60 in any 60,000 ms). */
  readonly userConnects: WindowLimit
  /** Connects of one address key, IPv6 by /64 (default 1,200 in any 60,000 ms). */
  readonly addressConnects: WindowLimit
  /** Connects to each endpoint, whoever makes them; `undefined` (the default) is without a limit. */
  readonly endpointConnects?: WindowLimit | undefined
  /** Open sockets of one user, a positive integer (default 60). */
  readonly userSockets: number
  /** Open sockets of one address key, a positive integer (default 2,000). */
  readonly addressSockets: number
  /** Open sockets of this node, a positive integer (default 20,000); also the default of `capacity.maxSockets`, unless it is in `dryRun`. */
  readonly nodeSockets: number
  /** Limits that refuse nobody and say only whom they would have refused (default none). */
  readonly dryRun?: readonly LimitRule[] | undefined
}

/**
 * Sockets from which the stair `capacity` refuses, before anybody asks who comes: the limit of the node, and any number while that runs dry, so that
 * the stair `limits` marks whom it would refuse.
 */
export const maxSocketsOf = ({ nodeSockets, dryRun = [] }: LimitsConfig): number => (dryRun.includes('nodeSockets') ? Number.MAX_SAFE_INTEGER : nodeSockets)

/** The limits of a gate whose options name none. */
export const defaultLimits: LimitsConfig = {
  userConnects: { max: 60, windowMs: 60_000 },
  addressConnects: { max: 1_200, windowMs: 60_000 },
  userSockets: 60,
  addressSockets: 2_000,
  nodeSockets: 20_000,
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
