export interface BreakerConfig {
  /** Failures in a row after which nobody is let through (default 5). */
  readonly failures: number
  /** Milliseconds until one caller is let through to try (default 1000). */
  readonly coolDownMs: number
}

const defaultBreaker: BreakerConfig = { failures: 5, coolDownMs: 1_000 }

/** Keeps callers from waiting, each for its full deadline, on a server that is known not to answer. */
export interface Breaker {
  /** Whether to ask at `at` (epoch milliseconds). While it is open, one caller per cool-down gets a yes. */
  lets(at: number): boolean
  succeeded(): void
  failed(at: number): void
  /** Whether callers are being kept away. */
  readonly open: boolean
}

export const createBreaker = (config: BreakerConfig = defaultBreaker): Breaker => {
  let failures = 0
  let closedUntil = Number.NEGATIVE_INFINITY
  return {
    lets(at) {
      if (failures < config.failures) return true
      // A clock that was set back must not keep the door shut for longer than one cool-down.
      if (at < closedUntil && at > closedUntil - 2 * config.coolDownMs) return false
      closedUntil = at + config.coolDownMs
      return true
    },
    succeeded() {
      failures = 0
    },
    failed(at) {
      failures += 1
      if (failures >= config.failures) closedUntil = at + config.coolDownMs
    },
    get open() {
      return failures >= config.failures
    },
  }
}
