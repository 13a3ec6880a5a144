/** A store or service did not answer, or not in time. Never says anything about the client. */
export class StoreUnavailable extends Error {
  readonly code = 'ERR_STORE_UNAVAILABLE'
  override readonly name = 'StoreUnavailable'
  /** The port that was asked, such as `users`. */
  readonly store: string

  constructor(store: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.store = store
  }
}

/** The failure of a port that did not answer within its time. */
export const tooLate = (store: string, ms: number): StoreUnavailable => new StoreUnavailable(store, `no answer within ${String(ms)} ms`)

/** The failure of a port that failed by itself; one that says already that it is away is believed. */
export const unavailable = (store: string, error: unknown): StoreUnavailable =>
  error instanceof StoreUnavailable ? error : new StoreUnavailable(store, error instanceof Error ? error.message : 'failed without an error', error)
