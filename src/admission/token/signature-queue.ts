import { StoreUnavailable } from '../store-unavailable.js'

/** Runs checks of signatures, so many at once; the others wait in the order they came. */
export interface SignatureQueue {
  /** @throws StoreUnavailable when too many wait already. */
  run(check: () => Promise<boolean>): Promise<boolean>
}

/**
 * Creates a queue. The arithmetic shares four threads with password hashing and files, and each answer wakes the loop: a burst must take neither
 * all threads nor all turns.
 */
export const createSignatureQueue = (atOnce = 2, maxWaiting = 10_000): SignatureQueue => {
  const waiting = new Set<() => void>()
  let running = 0

  const leave = (): void => {
    const [next] = waiting
    if (next === undefined) running -= 1
    else {
      waiting.delete(next)
      next()
    }
  }

  return {
    async run(check) {
      if (running < atOnce) running += 1
      else {
        if (waiting.size >= maxWaiting) throw new StoreUnavailable('token', 'too many signatures wait to be checked')
        await new Promise<void>((resolve) => waiting.add(resolve))
      }
      try {
        return await check()
      } finally {
        leave()
      }
    },
  }
}
