import { StoreUnavailable } from './store-unavailable.js'

/**
 * Waits for a port no longer than its deadline; what comes later goes nowhere.
 *
 * @throws StoreUnavailable when the time is up, or with the port's own failure as its cause.
 */
export const within = <T>(store: string, ms: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StoreUnavailable(store, `no answer within ${String(ms)} ms`))
    }, ms)
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error instanceof StoreUnavailable ? error : new StoreUnavailable(store, error instanceof Error ? error.message : 'failed without an error', error))
      },
    )
  })
