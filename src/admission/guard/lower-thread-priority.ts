import { platform, setPriority } from 'node:os'

/** As `nice` counts: a tenth of the share that a thread of ordinary priority has of a busy processor. */
const lowPriority = 10

/**
 * Lets every other thread go before the one that calls this, for as long as it lives; threads that it starts from then on inherit it.
 *
 * Only inside a worker thread. On Linux a priority is that of the thread that asks; elsewhere it would be that of the whole server, so nothing happens there.
 */
export const lowerThreadPriority = (): void => {
  if (platform() !== 'linux') return
  try {
    setPriority(0, lowPriority)
  } catch {
    // Where it is not allowed, the work is as urgent as everything else.
  }
}
