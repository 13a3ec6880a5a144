import type { WorkspaceEvent } from '../../conversation/log.js'
import type { DeliveryResult, Outbound, OutboundLane, OutboundState, Outgoing } from '../../conversation/outbound.js'
import type { Posted } from './post-webhook.js'
import { longestAskedMs, retryWaitMs } from './retry-wait.js'

/** One try to bring a message to its customer, for log and metrics. */
export interface Delivery extends OutboundLane {
  readonly outgoing: Outgoing
  readonly result: DeliveryResult
  readonly detail: string
  readonly durationMs: number
}

export interface DeliveriesOptions {
  readonly outbound: Outbound
  /** Brings one message to its connector, and resolves in time whatever happens. A lane that has no connector any more answers `failed`. */
  readonly post: (lane: OutboundLane, outgoing: Outgoing, stop: AbortSignal) => Promise<Posted>
  /** Milliseconds `post` may take. */
  readonly timeoutMs: number
  /** Milliseconds from the message on after which a failed try is the last. */
  readonly giveUpMs: number
  /** Messages of one lane that are under way at once; a lane that hangs keeps no other waiting. */
  readonly parallel: number
  /** Where what was committed is told. */
  readonly publish: (event: WorkspaceEvent) => void
  readonly tried: (delivery: Delivery) => void
  /** The store failed; it is asked again within 2 s. */
  readonly failed: (error: unknown) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Default `Math.random`. */
  readonly random?: () => number
}

/** Brings queued messages to their customers. */
export interface Deliveries {
  /** Begins with what a process before has left. */
  start(): void
  /** A message of this lane was queued. Only a hint: the queue is looked through every 2 s. */
  wake(lane: OutboundLane): void
  /** What waited when the queue was last looked through. */
  readonly state: Pick<OutboundState, 'queued' | 'oldestAt'>
  /** Gives what is under way 2 s, then breaks it off. Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

const pollMs = 2_000
const stopMs = 2_000

interface Lane extends OutboundLane {
  readonly underWay: Set<Promise<void>>
  claiming: Promise<void> | undefined
  /** Something was queued while the claim was under way. */
  again: boolean
  timer: NodeJS.Timeout | undefined
}

/**
 * Creates the deliveries of one process; several over one store share the work.
 *
 * A message is claimed for twice `timeoutMs`. A process that dies meanwhile leaves it due again then, so it arrives at least once, and twice
 * with the same id.
 */
export const createDeliveries = (options: DeliveriesOptions): Deliveries => {
  const { outbound, post, timeoutMs, giveUpMs, parallel, publish, tried, failed, now, random = Math.random } = options
  /** No message is put off for longer. */
  const longestMs = Math.max(longestAskedMs, 2 * timeoutMs)
  const lanes = new Map<string, Lane>()
  const stop = new AbortController()
  let state: Pick<OutboundState, 'queued' | 'oldestAt'> = { queued: 0, oldestAt: undefined }
  let poll: NodeJS.Timeout | undefined
  let stopped = false

  const laneOf = ({ workspace, source }: OutboundLane): Lane => {
    const key = `${workspace} ${source}`
    const known = lanes.get(key)
    if (known !== undefined) return known
    const made: Lane = { workspace, source, underWay: new Set(), claiming: undefined, again: false, timer: undefined }
    lanes.set(key, made)
    return made
  }

  const resultOf = (posted: Posted, { attempts, queuedAt }: Outgoing): DeliveryResult => {
    if (posted.outcome === 'accepted') return { outcome: 'delivered' }
    if (posted.outcome === 'refused') return { outcome: 'failed', reason: 'refused' }
    const at = now()
    // Broken off by our own end: it is due for whoever comes next.
    if (stop.signal.aborted) return { outcome: 'postponed', dueAt: at }
    const lastAt = queuedAt + giveUpMs
    if (at >= lastAt) return { outcome: 'failed', reason: 'expired' }
    return { outcome: 'postponed', dueAt: Math.min(lastAt, at + retryWaitMs(attempts, posted.retryAfterMs, random())) }
  }

  const deliver = async ({ workspace, source }: Lane, outgoing: Outgoing): Promise<void> => {
    const startedAt = now()
    const posted = await post({ workspace, source }, outgoing, stop.signal)
    const result = resultOf(posted, outgoing)
    tried({ workspace, source, outgoing, result, detail: posted.detail, durationMs: now() - startedAt })
    try {
      const event = await outbound.settle({ workspace, message: outgoing.message.id, attempts: outgoing.attempts, result, at: now() })
      if (event !== undefined) publish(event)
    } catch (error) {
      failed(error)
    }
  }

  const claim = async (lane: Lane): Promise<void> => {
    const at = now()
    const { workspace, source } = lane
    const { outgoing, nextDueAt } = await outbound.claim({
      workspace, source, limit: parallel - lane.underWay.size, at, until: at + 2 * timeoutMs, latest: at + longestMs,
    })
    if (stopped) {
      await Promise.all(outgoing.map(({ message, attempts }) => outbound.settle({ workspace, message: message.id, attempts, result: { outcome: 'postponed', dueAt: at }, at })))
      return
    }
    for (const one of outgoing) {
      const way = deliver(lane, one).finally(() => {
        lane.underWay.delete(way)
        pump(lane)
      })
      lane.underWay.add(way)
    }
    clearTimeout(lane.timer)
    if (nextDueAt === undefined) return
    lane.timer = setTimeout(() => {
      pump(lane)
    }, Math.max(10, nextDueAt - at)).unref()
  }

  const pump = (lane: Lane): void => {
    if (stopped) return
    if (lane.claiming !== undefined) {
      lane.again = true
      return
    }
    // Whoever comes to an end goes on here.
    if (lane.underWay.size >= parallel) return
    lane.again = false
    lane.claiming = claim(lane)
      .catch(failed)
      .finally(() => {
        lane.claiming = undefined
        if (lane.again) pump(lane)
      })
  }

  const look = async (): Promise<void> => {
    try {
      const found = await outbound.state()
      state = found
      const at = now()
      for (const lane of found.lanes) if (lane.dueAt <= at || lane.dueAt > at + longestMs) pump(laneOf(lane))
    } catch (error) {
      failed(error)
    }
    if (!stopped) poll = setTimeout(() => void look(), pollMs).unref()
  }

  return {
    start() {
      if (poll === undefined) void look()
    },
    wake(lane) {
      pump(laneOf(lane))
    },
    get state() {
      return state
    },
    async stop() {
      stopped = true
      clearTimeout(poll)
      for (const { timer } of lanes.values()) clearTimeout(timer)
      await Promise.all([...lanes.values()].flatMap(({ claiming }) => claiming ?? []))
      const under = [...lanes.values()].flatMap(({ underWay }) => [...underWay])
      const timer = setTimeout(() => {
        stop.abort()
      }, stopMs)
      await Promise.all(under)
      clearTimeout(timer)
    },
  }
}
