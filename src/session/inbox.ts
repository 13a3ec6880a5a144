import { nextTurn } from '../admission/next-turn.js'
import type { User } from '../admission/user.js'
import type { DialectHandler } from './dialect-handler.js'
import type { Session } from './session.js'

/** Messages that may wait before the peer is not read any more. */
const maxWaiting = 32

/** Messages that are handled in one turn of the event loop; those that need nobody else would all be, and one read may bring ten thousand. */
const perTurn = 8

/** Hands the messages of one socket to its dialect, one at a time and in order. */
export interface Inbox {
  /** @param refusedMs - Given for a message that is over a rate, which is answered in its turn and not handled. */
  receive(text: string, refusedMs?: number): void
  close(): void
}

/**
 * Opens a dialect on a session and feeds it.
 *
 * A peer that sends faster than it is answered waits in its own buffers: reading stops while too much waits.
 *
 * @param failed - Told of what the handler threw; the inbox hands over nothing after it.
 */
export const openInbox = <U extends User>(session: Session<U>, handler: DialectHandler<U>, failed: (error: unknown) => void): Inbox => {
  const waiting: { readonly text: string; readonly noted: number | undefined; readonly refusedMs: number | undefined }[] = []
  let busy = false
  let paused = false
  let over = false

  const work = async (first: boolean): Promise<void> => {
    busy = true
    try {
      if (first) await handler.opened(session)
      let handled = 0
      for (let next = waiting.shift(); next !== undefined && session.state.name === 'open'; next = waiting.shift()) {
        if (paused && waiting.length < maxWaiting / 2) {
          paused = false
          session.socket.resume()
        }
        if (next.refusedMs === undefined) await handler.received(session, next.text, next.noted)
        else handler.limited?.(session, next.text, next.refusedMs)
        handled += 1
        if (handled % perTurn === 0) await nextTurn()
      }
    } catch (error) {
      over = true
      failed(error)
    } finally {
      busy = false
    }
  }

  void work(true)
  return {
    receive(text, refusedMs) {
      if (over || session.state.name !== 'open') return
      waiting.push({ text, noted: refusedMs === undefined ? handler.arrived?.(session) : undefined, refusedMs })
      if (!paused && waiting.length >= maxWaiting) {
        paused = true
        session.socket.pause()
      }
      if (!busy) void work(false)
    },
    close() {
      over = true
      waiting.length = 0
      handler.closed(session)
    },
  }
}
