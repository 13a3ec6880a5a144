import { Answer } from './work.js'

/**
 * Waits for a port no longer than its deadline; what comes later goes nowhere.
 *
 * @throws StoreUnavailable when the time is up, or with the port's own failure as its cause.
 */
export const within = async <T>(store: string, ms: number, work: Promise<T>): Promise<T> => {
  const answer = new Answer(store, ms, work)
  await answer.over
  return answer.value
}
