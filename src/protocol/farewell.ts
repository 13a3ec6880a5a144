import { offsetTime } from './classic-time.js'
import { denials, type ClassicFrame, type Denial } from './denial.js'
import type { Dialect } from './subprotocol.js'

/** How a socket is told why it ends: at most one frame, then a close code with a reason. */
export interface Farewell {
  /** JSON value to send as one text frame before the close, `undefined` for none. */
  readonly frame: object | undefined
  readonly code: number
  /** `<told code> <id>`, at most 123 bytes (RFC 6455 section 5.5). */
  readonly reason: string
}

/**
 * Writes the end of a socket in its own dialect.
 *
 * @param id - Of the decision or session, so that an operator can open it.
 * @param at - Epoch milliseconds, for the time stamp of classic frames.
 */
export const farewell = (denial: Denial, id: string, dialect: Dialect, at: number): Farewell => {
  const row = denials[denial.reason]
  const reason = `${row.told} ${id}`
  switch (dialect) {
    case 'sallyport.v1':
      return { frame: closingPush(denial), code: row.close, reason }
    case 'plain':
      return { frame: undefined, code: row.close, reason }
    case 'classic.v2':
      return { frame: classicFrame(row.classic.frame, row.classic.message, denial, at), code: row.classic.v2, reason }
    case 'classic.v1':
      return { frame: classicFrame(row.classic.frame, row.classic.message, denial, at), code: row.classic.v1, reason }
  }
}

/** Only a draining server announces the close: the delay is each socket's own, so that a herd comes back spread out. */
const closingPush = (denial: Denial): object | undefined =>
  denial.reason === 'draining' ? { type: 'session.closing', code: 'draining', reconnectAfterMs: Math.ceil(denial.retryAfterMs ?? 0) } : undefined

const classicFrame = (frame: ClassicFrame, message: string, denial: Denial, at: number): object | undefined => {
  const timestamp = offsetTime(at * 1000)
  switch (frame) {
    case 'none':
      return undefined
    case 'authentication_error':
      return { type: 'authentication_error', message, error_code: 'AUTH_REQUIRED', timestamp }
    case 'access_denied':
      return { type: 'access_denied', message, timestamp }
    case 'error':
      return denial.retryAfterMs === undefined
        ? { type: 'error', error: message, message, timestamp }
        : { type: 'error', error: message, message, retry_after_ms: Math.ceil(denial.retryAfterMs), timestamp }
  }
}
