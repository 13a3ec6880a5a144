import { deny, type Denial } from '../protocol/denial.js'
import { positiveInteger } from './argument.js'

export interface LobbyConfig {
  /** Sockets of one address key that may wait at once (default 100). */
  readonly perAddress?: number
  /** Sockets of this node that may wait at once (default 1,000). */
  readonly perNode?: number
}

/** The accepted sockets whose first frame may bring their credential, and how many there may be. */
export interface Lobby {
  /**
   * Whether one more may not wait.
   *
   * @param key - `undefined` for addresses that are never bucketed.
   */
  full(key: string | undefined): Denial | undefined
  /**
   * Lets one wait.
   *
   * @param dismiss - Called at most once, when nobody may wait any longer.
   * @returns Gives its place back; to be called exactly once.
   */
  enter(key: string | undefined, dismiss: (denial: Denial) => void): () => void
  /** Ends the waiting of all. */
  dismiss(denial: Denial): void
  readonly size: number
}

/** @throws TypeError or RangeError when a setting is not a positive integer. */
export const createLobby = (config: LobbyConfig = {}): Lobby => {
  const perAddress = positiveInteger('a lobby', 'perAddress', config.perAddress ?? 100)
  const perNode = positiveInteger('a lobby', 'perNode', config.perNode ?? 1_000)
  const waiting = new Set<(denial: Denial) => void>()
  const counts = new Map<string, number>()
  return {
    full(key) {
      if (waiting.size >= perNode) return deny('overloaded', { retryAfterMs: 1_000, detail: `${String(perNode)} sockets of this node wait for their first frame` })
      if (key === undefined || (counts.get(key) ?? 0) < perAddress) return undefined
      return deny('too_many_connections', { retryAfterMs: 1_000, detail: `${String(perAddress)} sockets of this address wait for their first frame` })
    },
    enter(key, dismiss) {
      waiting.add(dismiss)
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
      return () => {
        waiting.delete(dismiss)
        if (key === undefined) return
        const left = (counts.get(key) ?? 1) - 1
        if (left === 0) counts.delete(key)
        else counts.set(key, left)
      }
    },
    dismiss(denial) {
      for (const one of [...waiting]) one(denial)
    },
    get size() {
      return waiting.size
    },
  }
}
