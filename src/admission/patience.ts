import type { Rules } from './rules.js'
import type { User } from './user.js'
import type { Walk } from './walk.js'
import { Answer } from './work.js'

/** How long one handshake may wait for others, in all; it is counted as in flight from its first wait to its end. */
export class Patience {
  readonly #walk: Walk<User>
  readonly #rules: Rules
  readonly #live: boolean
  #until: number | undefined = undefined

  /** @param live - Whether the handshake counts. */
  constructor(walk: Walk<User>, rules: Rules, live: boolean) {
    this.#walk = walk
    this.#rules = rules
    this.#live = live
  }

  /** The answer of a store, within its time and what is left of ours. */
  ask<T>(store: string, ms: number, work: Promise<T>): Answer<T> {
    const startedAt = performance.now()
    if (this.#until === undefined) {
      this.#until = startedAt + this.#rules.deadlines.handshakeMs
      if (this.#live) this.#rules.capacity.enter()
    }
    this.#walk.waits(startedAt)
    return new Answer(store, Math.min(ms, Math.ceil(this.#until - startedAt)), work)
  }

  end(): void {
    if (this.#live && this.#until !== undefined) this.#rules.capacity.leave()
  }
}
