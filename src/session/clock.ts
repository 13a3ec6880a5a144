/** Both clocks of the machine, so that tests can turn them. */
export interface Clock {
  /** Epoch milliseconds; may jump when the machine's time is set. */
  readonly wall: () => number
  /** Milliseconds since some moment; never jumps or goes backwards. */
  readonly monotonic: () => number
}

export const systemClock: Clock = { wall: () => Date.now(), monotonic: () => performance.now() }
