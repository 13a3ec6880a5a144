/** Handshakes that are judged in one turn of the event loop, unless said otherwise: some milliseconds of it, whatever comes in at once. */
const defaultPerTurn = 64

/**
 * Connections that are seen off in one turn of the event loop. Writing an answer and ending a connection are system calls, a tenth of a millisecond each time.
 */
const seenOffPerTurn = 16

/** Handshakes that may wait for their turn, unless said otherwise. What is beyond is judged at once, so that the loop is late and the gate sees that it has too much to do. */
const defaultMaxWaiting = 1_024

/** Spreads the work of many handshakes over turns of the event loop, in the order in which they came. */
export interface HandshakeTurns {
  take(judge: () => void): void
}

/**
 * @param maxWaiting - How many may wait (default 1,024); those beyond are judged at once.
 * @param perTurn - How many are judged in one turn (default 64).
 */
export const createHandshakeTurns = (maxWaiting = defaultMaxWaiting, perTurn = defaultPerTurn): HandshakeTurns => {
  const waiting: (() => void)[] = []
  let judged = 0
  let scheduled = false

  const turn = (): void => {
    const now = waiting.splice(0, perTurn)
    judged = now.length
    scheduled = judged > 0
    if (scheduled) setImmediate(turn)
    for (const judge of now) judge()
  }

  return {
    take(judge) {
      if (waiting.length >= maxWaiting || (waiting.length === 0 && judged < perTurn)) {
        judged += 1
        judge()
      } else waiting.push(judge)
      if (scheduled) return
      scheduled = true
      setImmediate(turn)
    },
  }
}

/** Spreads the ends of connections over turns of the event loop: thousands may leave in one. */
export const createDepartures = (): HandshakeTurns => createHandshakeTurns(Infinity, seenOffPerTurn)
