import type { Piscina } from 'piscina'
import { positiveInteger } from '../argument.js'
import { StoreUnavailable } from '../store-unavailable.js'
import { createLane } from './lane.js'

/** How many threads run a blocking function, and how long a call may take. Each a positive integer. */
export interface OffloadOptions {
  /** Worker threads, started when they are needed (default 2). */
  readonly threads?: number
  /** Calls that may wait for a thread (default 256). */
  readonly maxQueue?: number
  /** Milliseconds a call may take, waiting included (default 2,000); then its thread is ended and another one started. */
  readonly deadlineMs?: number
}

/** The asynchronous twin of a blocking function. */
export interface Offloaded<A extends readonly unknown[], R> {
  (...args: A): Promise<R>
  /** Ends the threads; calls that wait are refused. */
  close(): Promise<void>
}

/**
 * Runs a blocking function on worker threads, so that nobody else waits for it.
 *
 * Arguments and result are copied by the structured clone algorithm. The threads start with the first call; an idle one keeps no process alive.
 *
 * @param moduleUrl - Module that exports the function, such as `new URL('./users.js', import.meta.url)`.
 * @param name - Name of the export; `default` is one.
 * @returns The twin. It rejects with StoreUnavailable when the queue is full, the deadline passed or it was closed; with an error of the function's
 * message when the function threw.
 * @throws TypeError or RangeError when an argument is wrong.
 * @example
 * const lookupUser = offload(new URL('./users.js', import.meta.url), 'findUser')
 * console.log(await lookupUser('1'))
 * await lookupUser.close()
 */
export const offload = <A extends readonly unknown[], R>(moduleUrl: URL | string, name: string, options: OffloadOptions = {}): Offloaded<A, R> => {
  if (!URL.canParse(String(moduleUrl))) throw new TypeError(`Cannot create an offloaded function as "moduleUrl" must be a URL: current value is ${String(moduleUrl)}`)
  const subject = 'an offloaded function'
  const threads = positiveInteger(subject, 'threads', options.threads ?? 2)
  const maxQueue = positiveInteger(subject, 'maxQueue', options.maxQueue ?? 256)
  const deadlineMs = positiveInteger(subject, 'deadlineMs', options.deadlineMs ?? 2_000)
  const module = String(moduleUrl)

  const lane = createLane(threads, maxQueue)
  let pool: Promise<Piscina<OffloadedCall, R>> | undefined
  let closed = false
  const start = async (): Promise<Piscina<OffloadedCall, R>> => {
    const { Piscina: Pool } = await import('piscina')
    const made = new Pool<OffloadedCall, R>({
      filename: new URL('offload-worker.js', import.meta.url).href,
      name: 'runOffloaded',
      // A pool that may shrink starts no thread for calls that wait when a deadline ends the last one.
      minThreads: threads,
      maxThreads: threads,
      // A worker that sleeps in Atomics.wait could not finish asynchronous work of the function.
      atomics: 'disabled',
    })
    // What ends a thread is told to the call that ran there.
    made.on('error', () => undefined)
    return made
  }

  const call = async (...args: A): Promise<R> => {
    if (closed) throw new StoreUnavailable(name, 'it was closed')
    if (lane.full) throw new StoreUnavailable(name, `more than ${String(maxQueue)} calls wait`)
    const cancel = new AbortController()
    const timer = setTimeout(() => {
      cancel.abort()
    }, deadlineMs)
    const admitted = await lane.enter(cancel.signal)
    try {
      if (closed) throw new StoreUnavailable(name, 'it was closed')
      const running = await (pool ??= start())
      return await running.run({ module, name, args }, { signal: cancel.signal })
    } catch (error) {
      if (cancel.signal.aborted) throw new StoreUnavailable(name, `no answer within ${String(deadlineMs)} ms`)
      if (closed) throw new StoreUnavailable(name, 'it was closed')
      throw error
    } finally {
      clearTimeout(timer)
      if (admitted) lane.leave()
    }
  }
  return Object.assign(call, {
    async close() {
      closed = true
      lane.open()
      await (await pool)?.destroy()
    },
  })
}

/** What a worker is asked. */
export interface OffloadedCall {
  readonly module: string
  readonly name: string
  readonly args: readonly unknown[]
}
