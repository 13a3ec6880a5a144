/** Pieces of work that are done in one turn of the event loop, unless said otherwise: of handshakes some milliseconds of it, whatever comes in at once. */
const defaultPerTurn = 64

/**
 * Connections that are seen off in one turn of the event loop. Writing an answer and ending a connection are system calls, a tenth of a millisecond each time.
 */
const seenOffPerTurn = 16

/** Pieces of work that may wait for their turn, unless said otherwise. What is beyond is done at once, so that the loop is late and the gate sees that it has too much to do. */
const defaultMaxWaiting = 1_024

/** Spreads the same work of many connections over turns of the event loop, in the order in which it came. */
export interface Turns {
  /** Calls `work` at once while the turn has room, and in a later one else. */
  take(work: () => void): void
}

/**
 * @param maxWaiting - How many pieces of work may wait (default 1,024); those beyond are done at once.
 * @param perTurn - How many are done in one turn (default 64).
 */
export const createTurns = (maxWaiting = defaultMaxWaiting, perTurn = defaultPerTurn): Turns => {
  const waiting: (() => void)[] = []
  let done = 0
  let scheduled = false

  const turn = (): void => {
    const now = waiting.splice(0, perTurn)
    done = now.length
    scheduled = done > 0
    if (scheduled) setImmediate(turn)
    for (const work of now) work()
  }

  return {
    take(work) {
      if (waiting.length >= maxWaiting || (waiting.length === 0 && done < perTurn)) {
        done += 1
        work()
      } else waiting.push(work)
      if (scheduled) return
      scheduled = true
      setImmediate(turn)
    },
  }
}

/** Turns for the ends of connections, of which thousands may come at once: all that do not fit wait. */
export const createDepartures = (): Turns => createTurns(Infinity, seenOffPerTurn)
