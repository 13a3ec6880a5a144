import type { Denial } from '../protocol/denial.js'
import { farewell } from '../protocol/farewell.js'
import { flushAll } from './outbox.js'
import type { LiveSession } from './session.js'
import { encodeTextFrame } from './text-frame.js'

/**
 * Ends an open session for a reason of the denial table: from now on nothing of it is handled and nothing pushed to it. What is left is to tell it.
 *
 * @returns `false` when it was not open any more; the first reason wins.
 */
export const endSession = (session: LiveSession, { reason }: Denial): boolean => {
  if (session.state.name !== 'open') return false
  session.state = { name: 'closing', reason }
  // A draining server is healthy: what waits goes out first, and the close timeout cuts off who does not read it.
  if (reason !== 'draining') session.outbox = undefined
  return true
}

/**
 * Tells a session that was ended why, in the dialect of its socket, and begins to close that.
 *
 * @param at - Epoch milliseconds.
 */
export const sayFarewell = (session: LiveSession, denial: Denial, at: number): void => {
  const { frame, code, reason } = farewell(denial, session.id, session.dialect, at)
  if (session.outbox !== undefined) flushAll(session.socket, session.outbox)
  session.outbox = undefined
  if (frame !== undefined) session.socket.write(encodeTextFrame(JSON.stringify(frame)))
  session.socket.close(code, reason)
}
