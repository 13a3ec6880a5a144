import type { Denial } from '../protocol/denial.js'
import { farewell } from '../protocol/farewell.js'
import { flushAll } from './outbox.js'
import type { LiveSession } from './session.js'
import { encodeTextFrame } from './text-frame.js'

/**
 * Ends an open session for a reason of the denial table, in the dialect of its socket.
 *
 * @param at - Epoch milliseconds.
 * @returns `false` when it was not open any more; the first reason wins.
 */
export const endSession = (session: LiveSession, denial: Denial, at: number): boolean => {
  if (session.state.name !== 'open') return false
  const { frame, code, reason } = farewell(denial, session.id, session.dialect, at)
  session.state = { name: 'closing', reason: denial.reason }
  // A draining server is healthy: what waits goes out first, and the close timeout cuts off who does not read it.
  if (denial.reason === 'draining' && session.outbox !== undefined) flushAll(session.socket, session.outbox)
  session.outbox = undefined
  if (frame !== undefined) session.socket.write(encodeTextFrame(JSON.stringify(frame)))
  session.socket.close(code, reason)
  return true
}
