import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { createFairQueue } from '../../admission/fair-queue.js'
import type { Answer, OpenFailure, WorkerOrder, WorkerSetup } from './messages.js'
import { errorOf } from './sqlite-failure.js'
import { createWorkerSlot, type WorkerSlot } from './worker-slot.js'

interface Call<Ask> {
  readonly ask: Ask
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  settled: boolean
}

export interface LaneOptions<Ask> {
  readonly setup: WorkerSetup
  readonly workers: number
  /** Calls a worker is given at once. Small where one slow call would hold up its neighbours. */
  readonly maxBatch: number
  /** Calls that may be under way; one more is refused. */
  readonly maxPending: number
  /** Milliseconds `close` waits for a worker that is deep in a statement. */
  readonly closeWaitMs: number
  readonly order: (asks: readonly Ask[]) => WorkerOrder
}

/** Calls in the order they came, everybody's in turn, and the workers that take them in batches: one batch under way per worker. */
export interface Lane<Ask> {
  /** Resolves when the workers are ready, with what was wrong when one could not open the database. */
  readonly opened: Promise<OpenFailure | undefined>
  /** @throws StoreUnavailable at the deadline, when the worker dies, when too many calls are under way, and after `close`. */
  call(ask: Ask): Promise<unknown>
  /** Takes no more calls. */
  stop(): void
  /** Stops, waits for the calls under way, then ends the workers. */
  close(): Promise<void>
}

const maxTimerMs = 2 ** 31 - 1

const unavailable = (message: string, cause?: unknown): StoreUnavailable => new StoreUnavailable('sqlite', message, cause)

export const createLane = <Ask extends { readonly deadline: number; readonly asker?: string }>(options: LaneOptions<Ask>): Lane<Ask> => {
  let tellOpened: (failure: OpenFailure | undefined) => void = () => {}
  const opened = new Promise<OpenFailure | undefined>((resolve) => {
    tellOpened = resolve
  })
  let tellDrained: () => void = () => {}
  const queue = createFairQueue<Call<Ask>>(({ ask }) => ask.asker ?? '')
  const underWay = new Map<WorkerSlot, readonly Call<Ask>[]>()
  let pending = 0
  let closing = false
  let scheduled = false
  let ready = 0
  let lastDeath: Error | undefined
  let timer: NodeJS.Timeout | undefined
  let nextLookAt = Number.POSITIVE_INFINITY

  const settle = (call: Call<Ask>, finish: () => void): void => {
    if (call.settled) return
    call.settled = true
    pending -= 1
    finish()
    if (closing && pending === 0) tellDrained()
  }

  const fail = (calls: readonly Call<Ask>[], error: Error): void => {
    for (const call of calls) settle(call, () => call.reject(error))
  }

  /** One timer for all deadlines: it looks at the earliest one it knows of, and most calls are answered long before. */
  const lookAgainAt = (at: number): void => {
    if (at >= nextLookAt) return
    nextLookAt = at
    clearTimeout(timer)
    timer = setTimeout(expire, Math.min(Math.max(0, at - Date.now()), maxTimerMs))
  }

  const expire = (): void => {
    const now = Date.now()
    nextLookAt = Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const call of [...queue.all(), ...[...underWay.values()].flat()]) {
      if (call.settled) continue
      if (call.ask.deadline > now) next = Math.min(next, call.ask.deadline)
      else settle(call, () => call.reject(unavailable('The database did not answer before the deadline.')))
    }
    queue.keep((call) => !call.settled)
    lookAgainAt(next)
  }

  const take = (count: number): readonly Call<Ask>[] => queue.take(count).filter((call) => !call.settled)

  const pump = (): void => {
    const idle = slots.filter((slot) => slot.state === 'idle')
    for (const [index, slot] of idle.entries()) {
      const share = Math.ceil(queue.size / (idle.length - index))
      const batch = take(Math.min(share, options.maxBatch))
      if (batch.length === 0) continue
      underWay.set(slot, batch)
      slot.send(options.order(batch.map((call) => call.ask)))
    }
  }

  // Once per turn of the event loop, so that everything asked in one turn travels in one message.
  const pumpSoon = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      pump()
    })
  }

  const answer = (slot: WorkerSlot, answers: readonly Answer[]): void => {
    const batch = underWay.get(slot) ?? []
    underWay.delete(slot)
    for (const [index, call] of batch.entries()) {
      const given = answers[index]
      settle(call, () => {
        if (given === undefined) call.reject(unavailable('The database worker gave no answer.'))
        else if (given.failure === undefined) call.resolve(given.value)
        else call.reject(errorOf(given.failure))
      })
    }
  }

  const bury = (slot: WorkerSlot, why: Error): void => {
    lastDeath = why
    const error = unavailable('The database worker died.', why)
    const batch = underWay.get(slot) ?? []
    underWay.delete(slot)
    fail(batch, error)
    if (slots.some(({ state }) => state === 'idle' || state === 'busy')) return
    fail(queue.all(), error)
    queue.keep(() => false)
  }

  const createSlot = (): WorkerSlot => {
    let known = false
    const slot = createWorkerSlot(options.setup, {
      idle: () => {
        if (!known) ready += 1
        known = true
        if (ready === options.workers) tellOpened(undefined)
        if (queue.size > 0) pump()
      },
      answered: (answers) => answer(slot, answers),
      died: (why) => bury(slot, why),
      refused: (failure) => tellOpened(failure),
    })
    return slot
  }

  const slots = Array.from({ length: options.workers }, createSlot)

  const refusal = (): StoreUnavailable | undefined => {
    if (closing) return unavailable('The database is closed.')
    if (pending >= options.maxPending) return unavailable(`More than ${options.maxPending} calls wait for the database.`)
    // While a worker waits for its next start nobody else should: a store that is down says so at once.
    if (slots.every(({ state }) => state === 'down')) return unavailable('The database worker died.', lastDeath)
    return undefined
  }

  return {
    opened,
    call: (ask) => {
      const refused = refusal()
      if (refused !== undefined) return Promise.reject(refused)
      return new Promise((resolve, reject) => {
        pending += 1
        queue.push({ ask, resolve, reject, settled: false })
        lookAgainAt(ask.deadline)
        pumpSoon()
      })
    },
    stop: () => {
      closing = true
    },
    close: async () => {
      closing = true
      if (pending > 0) {
        await new Promise<void>((resolve) => {
          tellDrained = resolve
        })
      }
      clearTimeout(timer)
      await Promise.all(slots.map((slot) => slot.close(options.closeWaitMs)))
    },
  }
}
