/** Pieces of work that are done in one turn of the event loop, unless said otherwise. */
const defaultPerTurn = 64

/** Milliseconds of a turn that handshakes may take: whoever talks waits for them several times before an echo, in the turn that reads, that stores and that answers. */
const handshakesMs = 2

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

/** How much is done in a turn. */
export interface TurnBounds {
  /** Pieces of work that may wait; those beyond are done at once (default 1,024). */
  readonly maxWaiting?: number
  /** Pieces of work that are done in one turn (default 64). */
  readonly perTurn?: number
  /** Milliseconds of work after which no further piece is begun in a turn (default: no bound). */
  readonly msPerTurn?: number
  /** A clock in milliseconds, for tests. */
  readonly now?: () => number
}

export const createTurns = ({ maxWaiting = defaultMaxWaiting, perTurn = defaultPerTurn, msPerTurn = Infinity, now = () => performance.now() }: TurnBounds = {}): Turns => {
  const waiting: (() => void)[] = []
  /** Pieces of work of this turn, and the milliseconds they took. */
  let done = 0
  let spentMs = 0
  let scheduled = false

  const hasRoom = (): boolean => done < perTurn && spentMs < msPerTurn

  const doNow = (work: () => void): void => {
    done += 1
    if (msPerTurn === Infinity) {
      work()
      return
    }
    const startedAt = now()
    work()
    spentMs += now() - startedAt
  }

  const turn = (): void => {
    done = 0
    spentMs = 0
    scheduled = waiting.length > 0
    if (!scheduled) return
    setImmediate(turn)
    // Whoever comes meanwhile waits behind them, as they leave the queue together.
    let next = 0
    try {
      for (let work = waiting[0]; work !== undefined && hasRoom(); work = waiting[next]) {
        next += 1
        doNow(work)
      }
    } finally {
      waiting.splice(0, next)
    }
  }

  return {
    take(work) {
      if (waiting.length >= maxWaiting || (waiting.length === 0 && hasRoom())) doNow(work)
      else waiting.push(work)
      if (scheduled) return
      scheduled = true
      setImmediate(turn)
    },
  }
}

/** Turns for handshakes: some milliseconds of each, whatever comes in at once. */
export const createHandshakeTurns = (): Turns => createTurns({ msPerTurn: handshakesMs })

/** Turns for the ends of connections, of which thousands may come at once: all that do not fit wait. */
export const createDepartures = (): Turns => createTurns({ maxWaiting: Infinity, perTurn: seenOffPerTurn })
