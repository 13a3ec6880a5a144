import { tooLate, unavailable } from './store-unavailable.js'

/**
 * Work that waits only when it must: a generator that yields a promise whenever it has to wait for somebody else, and else runs straight through.
 *
 * The promises it yields never reject; they are the `over` of an `Answer`.
 */
export type Work<T> = Generator<Promise<void>, T, void>

/**
 * Does a piece of work.
 *
 * @returns Its result at once when it never waited, else a promise of it. So what answers from memory costs no promise and no turn of the loop.
 */
export const settle = <T>(work: Work<T>): T | Promise<T> => {
  const step = work.next()
  return step.done === true ? step.value : settleLater(work, step.value)
}

const settleLater = async <T>(work: Work<T>, first: Promise<void>): Promise<T> => {
  let waiting = first
  for (;;) {
    await waiting
    const step = work.next()
    if (step.done === true) return step.value
    waiting = step.value
  }
}

/**
 * The answer of a port, inside of work; it comes within its time or not at all, and what comes later goes nowhere.
 *
 * @example
 * const asked = new Answer('users', 2_000, users.find(id, deadline))
 * yield asked.over
 * const user = asked.value
 */
export class Answer<T> {
  /** Resolves when the answer is there or has failed to come; never rejects. */
  readonly over: Promise<void>
  #settled: PromiseSettledResult<T> | undefined = undefined

  /**
   * @param store - Name of the port, for the failure.
   * @param ms - Milliseconds it may take.
   */
  constructor(store: string, ms: number, promise: Promise<T>) {
    this.over = new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settled = { status: 'rejected', reason: tooLate(store, ms) }
        resolve()
      }, ms)
      promise.then(
        (value) => {
          clearTimeout(timer)
          this.#settled ??= { status: 'fulfilled', value }
          resolve()
        },
        (error: unknown) => {
          clearTimeout(timer)
          this.#settled ??= { status: 'rejected', reason: unavailable(store, error) }
          resolve()
        },
      )
    })
  }

  /**
   * What the port gave.
   *
   * @throws StoreUnavailable when the time was up, or with the port's own failure as its cause.
   */
  get value(): T {
    if (this.#settled === undefined) throw new Error('work went on before its answer was there')
    if (this.#settled.status === 'rejected') throw this.#settled.reason
    return this.#settled.value
  }
}
