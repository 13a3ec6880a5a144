import { AsyncResource, createHook, executionAsyncResource } from 'node:async_hooks'

/** What to do about a port that blocks, in the words of the log. */
export const blockingRemedy = 'use offload() or an asynchronous driver'

/** Who hears of a port that blocks, and from when on. */
export interface BlockingGuardOptions {
  /**
   * Hears of a port that blocked, once per port; called in a turn of its own.
   *
   * @param sliceMs - How long the port kept everybody waiting in one go.
   */
  onBlocking(port: string, sliceMs: number): void
  /** Longest slice that is nobody's concern, in milliseconds (default 2). */
  readonly thresholdMs?: number
  /** Milliseconds of a clock that only goes forward (default `performance.now`). */
  readonly clock?: () => number
}

/** Names the ports that block the event loop. */
export interface BlockingGuard {
  /** The same function, watched. */
  wrap<A extends readonly unknown[], R>(port: string, call: (...args: A) => R): (...args: A) => R
  /** Ends the watching; wrapped functions go on to work. */
  stop(): void
}

/** One callback that is running: whose it is, and how much of its time went to callbacks of others within it. */
interface Slice {
  readonly asyncId: number
  readonly port: string | undefined
  readonly startedAt: number
  othersMs: number
}

/**
 * Creates a guard that times the calls of ports slice by slice.
 *
 * A slice is what runs in one go: from the call to its first `await`, and then every callback of a promise, timer or handle that the call or its
 * own callbacks made. What others do while a call waits is not its time. The time is that of the wall, so a slice that reads a file synchronously
 * counts as much as one that computes.
 *
 * For development: it listens to `async_hooks`, which every promise of the process pays for from the first call until `stop()`.
 *
 * @example
 * const guard = createBlockingGuard({ onBlocking: (port, sliceMs) => { console.warn(`${port} blocked for ${sliceMs} ms`) } })
 * const lookupUser = guard.wrap('users', findUser)
 */
export const createBlockingGuard = ({ onBlocking, thresholdMs = 2, clock = () => performance.now() }: BlockingGuardOptions): BlockingGuard => {
  const ports = new WeakMap<object, string>()
  const reported = new Set<string>()
  const running: Slice[] = []

  const ended = ({ port, startedAt, othersMs }: Slice): void => {
    const elapsedMs = clock() - startedAt
    const outer = running.at(-1)
    if (outer !== undefined && outer.port === port) {
      // The outer slice of the same port goes on, and will account for both.
      outer.othersMs += othersMs
      return
    }
    if (outer !== undefined) outer.othersMs += elapsedMs
    const sliceMs = elapsedMs - othersMs
    if (port === undefined || sliceMs <= thresholdMs || reported.has(port)) return
    reported.add(port)
    // An error thrown inside a hook would end the process.
    setImmediate(() => {
      onBlocking(port, sliceMs)
    })
  }

  const hook = createHook({
    init(_asyncId, _type, _triggerAsyncId, resource) {
      const port = ports.get(executionAsyncResource())
      if (port !== undefined) ports.set(resource, port)
    },
    before(asyncId) {
      const port = ports.get(executionAsyncResource())
      // What belongs to nobody matters only inside the slice of somebody.
      if (port !== undefined || running.length > 0) running.push({ asyncId, port, startedAt: clock(), othersMs: 0 })
    },
    after(asyncId) {
      if (!running.some((slice) => slice.asyncId === asyncId)) return
      // A callback that threw may have left without its `after`.
      while (running.at(-1)?.asyncId !== asyncId) running.pop()
      const slice = running.pop()
      if (slice !== undefined) ended(slice)
    },
  })
  let stopped = false

  return {
    wrap:
      (port, call) =>
      (...args) => {
        if (stopped) return call(...args)
        // Not before the first call: a gate that could not be created leaves nothing behind.
        hook.enable()
        const resource = new AsyncResource(`PORT ${port}`)
        ports.set(resource, port)
        return resource.runInAsyncScope(call, undefined, ...args)
      },
    stop() {
      stopped = true
      hook.disable()
      running.length = 0
    },
  }
}
