import type { ControlChange, ControlEvent, ControlLog } from '../../admission/control.js'

/** The control log of one process. Stores that share it append in the same turn in which they change. */
export interface MemoryControlLog extends ControlLog {
  /** Appends a change at once; `seq` is one more than the last. */
  append(change: ControlChange): ControlEvent
}

/**
 * Creates an empty log.
 *
 * It keeps the newest 100,000 events. A reader that is further behind sees that the first event it gets doesn't follow its `seq`, and must load
 * bans and revocations anew.
 */
export const createMemoryControlLog = (): MemoryControlLog => {
  const events: ControlEvent[] = []
  let seq = 0

  const append = (change: ControlChange): ControlEvent => {
    seq += 1
    const event: ControlEvent = { seq, ...change }
    events.push(event)
    // In strides, so that the cost of moving the rest is spread over as many events.
    if (events.length >= keptEvents + stride) events.splice(0, stride)
    return event
  }

  return {
    append,
    head: () => Promise.resolve(seq),
    since(after, limit) {
      const start = Math.max(0, events.length - (seq - after))
      return Promise.resolve(events.slice(start, start + limit))
    },
    userChanged(userId) {
      append({ kind: 'user_changed', userId })
      return Promise.resolve()
    },
    sessionsEnded(end) {
      append({ kind: 'sessions_ended', end })
      return Promise.resolve()
    },
  }
}

const keptEvents = 100_000
const stride = 10_000
