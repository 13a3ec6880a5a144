/** Handshakes that are judged in one turn of the event loop: some milliseconds of it, whatever comes in at once. */
const perTurn = 64

/** Handshakes that may wait for their turn, unless said otherwise. What is beyond is judged at once, so that the loop is late and the gate sees that it has too much to do. */
const defaultMaxWaiting = 1_024

/** Spreads the work of many handshakes over turns of the event loop, in the order in which they came. */
export interface HandshakeTurns {
  take(judge: () => void): void
}

/**
 * @param maxWaiting - How many may wait (default 1,024); those beyond are judged at once.
 */
export const createHandshakeTurns = (maxWaiting = defaultMaxWaiting): HandshakeTurns => {
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
