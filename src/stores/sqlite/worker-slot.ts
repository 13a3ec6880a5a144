import { Worker } from 'node:worker_threads'
import type { Answer, OpenFailure, WorkerMessage, WorkerOrder, WorkerSetup } from './messages.js'

/** Milliseconds before the n-th start in a row without an answer in between; the first restart is at once. */
const restartDelayMs = (failures: number): number => (failures <= 1 ? 0 : Math.min(100 * 2 ** (failures - 2), 5_000))

/** Whom a slot tells what its worker does. */
export interface SlotListener {
  /** The worker waits for an order. */
  idle(): void
  answered(answers: readonly Answer[]): void
  /** The worker died; what it had been asked will never be answered. */
  died(why: Error): void
  /** The first start failed: there is no point in another one. */
  refused(failure: OpenFailure): void
}

export type SlotState = 'starting' | 'idle' | 'busy' | 'down' | 'closed'

/** The place of one worker: starts it, gives it one order at a time, and starts another with back-off when it dies. */
export interface WorkerSlot {
  readonly state: SlotState
  /** Only while `idle`. */
  send(order: WorkerOrder): void
  /** Lets the worker finish its order, then ends it. After `waitMs` it is left alone, to end when its statement does. */
  close(waitMs: number): Promise<void>
}

// What a read answered is JSON made by our own worker from `readBatch`.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the JSON was made by our own worker
const answersOf = (json: string): readonly Answer[] => JSON.parse(json) as readonly Answer[]

export const createWorkerSlot = (setup: WorkerSetup, listener: SlotListener): WorkerSlot => {
  let state: SlotState = 'starting'
  let everReady = false
  let failures = 0
  let restart: NodeJS.Timeout | undefined
  let worker: Worker | undefined
  let reason: Error | undefined

  const ready = (): void => {
    everReady = true
    state = 'idle'
    listener.idle()
  }

  const done = (answers: readonly Answer[]): void => {
    failures = 0
    state = 'idle'
    listener.answered(answers)
    listener.idle()
  }

  const hear = (message: WorkerMessage): void => {
    if (state === 'closed') return
    switch (message.type) {
      case 'ready':
        return ready()
      case 'answers':
        return done(message.answers)
      case 'json':
        return done(answersOf(message.json))
      case 'failed':
        if (everReady) reason = new Error('message' in message.failure ? message.failure.message : 'The file is no database of this program any more, or a newer one')
        else {
          state = 'closed'
          listener.refused(message.failure)
        }
    }
  }

  const ended = (): void => {
    worker = undefined
    if (state === 'closed') return
    if (!everReady) {
      state = 'closed'
      listener.refused({ kind: 'fault', message: reason?.message ?? 'The database worker ended before it was ready' })
      return
    }
    failures += 1
    const delayMs = restartDelayMs(failures)
    state = delayMs === 0 ? 'starting' : 'down'
    if (delayMs === 0) start()
    else restart = setTimeout(start, delayMs)
    listener.died(reason ?? new Error('The database worker ended'))
    reason = undefined
  }

  const start = (): void => {
    state = 'starting'
    worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: setup,
      name: `sallyport-sqlite-${setup.role}`,
      // Flags of the host, such as --input-type or --test, are not for a thread of ours, and some of them end it.
      execArgv: [],
      // What a batch leaves behind is garbage at its end: more room for it would only be more memory, once for each worker.
      resourceLimits: { maxYoungGenerationSizeMb: 3 },
    })
    worker.on('message', hear)
    worker.on('error', (error: unknown) => {
      reason = error instanceof Error ? error : new Error('The database worker failed')
    })
    worker.once('exit', ended)
  }

  start()

  return {
    get state() {
      return state
    },
    send: (order) => {
      state = 'busy'
      worker?.postMessage(order)
    },
    close: async (waitMs) => {
      state = 'closed'
      clearTimeout(restart)
      const last = worker
      if (last === undefined) return
      await new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, waitMs)
        last.once('exit', () => {
          clearTimeout(patience)
          resolve()
        })
        last.postMessage({ type: 'close' } satisfies WorkerOrder)
      })
      last.unref()
    },
  }
}
