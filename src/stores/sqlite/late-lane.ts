import { StoreUnavailable } from '../../admission/store-unavailable.js'
import type { Lane } from './lane.js'

/**
 * A lane whose workers start with its first call: a thread costs megabytes and tens of milliseconds, and many programs that open a database never need this one.
 *
 * @param make - Starts the lane. The next call has it started again where its workers could not open the database.
 */
export const createLateLane = <Ask>(make: () => Lane<Ask>): Pick<Lane<Ask>, 'call' | 'close'> => {
  let lane: Lane<Ask> | undefined
  let closed = false

  const start = (): Lane<Ask> => {
    const started = make()
    void started.opened.then((failure) => {
      if (failure !== undefined) lane = undefined
    })
    return started
  }

  return {
    call: async (ask) => {
      if (closed) throw new StoreUnavailable('sqlite', 'The database is closed.')
      lane ??= start()
      return await lane.call(ask)
    },
    close: async () => {
      closed = true
      await lane?.close()
    },
  }
}
