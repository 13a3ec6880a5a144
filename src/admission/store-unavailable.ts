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
