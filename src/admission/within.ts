import { StoreUnavailable } from './store-unavailable.js'

/**
 * Waits for a port no longer than its deadline; what comes later goes nowhere.
 *
 * @throws StoreUnavailable when the time is up, or with the port's own failure as its cause.
 */
export const within = async <T>(store: string, ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new StoreUnavailable(store, `no answer within ${String(ms)} ms`))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error
    throw new StoreUnavailable(store, error instanceof Error ? error.message : 'failed without an error', error)
  } finally {
    clearTimeout(timer)
  }
}
