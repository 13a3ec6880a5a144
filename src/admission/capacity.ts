import { deny, type Denial } from '../protocol/denial.js'
import { positiveInteger, positiveNumber } from './argument.js'
import { createLoopDelay, type LoopDelay } from './loop-delay.js'

export interface CapacityConfig {
  /** Mean delay of the event loop from which no handshake is begun, in milliseconds (default 100). */
  readonly maxLoopDelayMs?: number
  /** Handshakes that may wait for somebody else at once (default 1,000). */
  readonly maxInFlight?: number
  /** Sockets that may be open at once (default 20,000). */
  readonly maxSockets?: number
  /** Share of `maxLoopDelayMs` and `maxInFlight` under which a closed door opens again, over 0 to 1 (default 0.8). */
  readonly hysteresis?: number
}

export interface Load {
  readonly loopDelayMs: number
  readonly inFlight: number
  readonly sockets: number
  readonly draining: boolean
  readonly maxLoopDelayMs: number
  readonly maxInFlight: number
  readonly maxSockets: number
  /** Whether the delay of the loop has shut the door, by its maximum or, once shut, by its hysteresis. */
  readonly delayShut: boolean
  /** The same of handshakes in flight. */
  readonly flightShut: boolean
}

/** Whether this node can take one more. */
export interface Capacity {
  /**
   * Why not: `draining`, or `overloaded` with a guess of when to come back. Costs a few comparisons.
   *
   * Loop delay and handshakes in flight, once too high, refuse until they are under `hysteresis` of their maximum, so that the door does not
   * flap while the node recovers. Sockets have no such margin: they live for hours, and a free place is a free place.
   */
  check(): Denial | undefined
  /** Counts a handshake that has begun to wait; `leave` ends it. */
  enter(): void
  leave(): void
  /** Counts an open socket; `socketClosed` ends it. */
  socketOpened(): void
  socketClosed(): void
  /** From now on every check answers `draining`. */
  drain(): void
  readonly load: Load
  /** Ends the sampling of the loop. */
  stop(): void
}

/**
 * Creates the capacity of this node.
 *
 * @param givenDelay - Where the loop's delay comes from; sampled by `perf_hooks` when left out.
 * @throws TypeError or RangeError when a setting is out of its range.
 */
export const createCapacity = (config: CapacityConfig = {}, givenDelay?: LoopDelay): Capacity => {
  const hysteresis = positiveNumber(subject, 'hysteresis', config.hysteresis ?? 0.8)
  if (hysteresis > 1) throw new RangeError(`Cannot create ${subject} as "hysteresis" must be at most 1: current value is ${hysteresis}`)
  const maxLoopDelayMs = positiveNumber(subject, 'maxLoopDelayMs', config.maxLoopDelayMs ?? 100)
  const maxInFlight = positiveInteger(subject, 'maxInFlight', config.maxInFlight ?? 1_000)
  const delayGate = createGate(maxLoopDelayMs, hysteresis)
  const flightGate = createGate(maxInFlight, hysteresis)
  const maxSockets = positiveInteger(subject, 'maxSockets', config.maxSockets ?? 20_000)
  // Last: a setting that is refused leaves nothing running.
  const loopDelay = givenDelay ?? createLoopDelay()
  let inFlight = 0
  let sockets = 0
  let draining = false
  const load = (): Load => {
    const loopDelayMs = loopDelay.delayMs
    const delayShut = delayGate.isShut(loopDelayMs)
    return { loopDelayMs, inFlight, sockets, draining, maxLoopDelayMs, maxInFlight, maxSockets, delayShut, flightShut: flightGate.isShut(inFlight) }
  }

  return {
    check: () => judgeLoad(load()),
    enter() {
      inFlight += 1
    },
    leave() {
      inFlight = Math.max(0, inFlight - 1)
    },
    socketOpened() {
      sockets += 1
    },
    socketClosed() {
      sockets = Math.max(0, sockets - 1)
    },
    drain() {
      draining = true
    },
    get load() {
      return load()
    },
    stop: () => loopDelay.stop(),
  }
}

/** What a load means for the next handshake. */
export const judgeLoad = (load: Load): Denial | undefined => {
  const { draining, delayShut, loopDelayMs, flightShut, inFlight, sockets, maxSockets } = load
  if (draining) return deny('draining')
  if (delayShut) return deny('overloaded', { retryAfterMs: 2_000, detail: `loop delay ${Math.round(loopDelayMs)} ms` })
  if (flightShut) return deny('overloaded', { retryAfterMs: 1_000, detail: `${inFlight} handshakes in flight` })
  if (isFull(load)) return deny('overloaded', { retryAfterMs: 5_000, detail: `${sockets} of ${maxSockets} sockets are open` })
  return undefined
}

/** Whether it is only the open sockets for which a load refuses. */
export const isFull = ({ draining, delayShut, flightShut, sockets, maxSockets }: Load): boolean => !draining && !delayShut && !flightShut && sockets >= maxSockets

const subject = 'a capacity'

/** Shuts at `max`, opens again under `hysteresis` of it. */
const createGate = (max: number, hysteresis: number): { isShut(value: number): boolean } => {
  let shut = false
  return {
    isShut(value) {
      shut = shut ? value >= max * hysteresis : value >= max
      return shut
    },
  }
}
