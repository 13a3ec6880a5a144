import type { RawData, WebSocket } from 'ws'
import type { User } from '../admission/user.js'
import { deny } from '../protocol/denial.js'
import type { DialectHandler } from '../session/dialect-handler.js'
import type { FrameAllowance, FrameRule } from '../session/frame-rates.js'
import { openInbox } from '../session/inbox.js'
import type { Session } from '../session/session.js'
import type { Sessions } from '../session/sessions.js'

export interface TextOptions {
  /** What the next message meets; every one is granted when this is left out. */
  allowance?(bytes: number): FrameAllowance
  received?(bytes: number): void
  /** A message was over a rate; with `flood` its socket is closed. */
  limited?(rule: FrameRule, outcome: 'limited' | 'flood'): void
  /** What a handler threw: a fault of ours. */
  failed(error: unknown): void
}

/** Lets a dialect speak on an admitted socket. Binary messages end it with 1003; what is over a rate is counted before anybody reads it. */
export const receiveText = <U extends User>(
  webSocket: WebSocket,
  session: Session<U>,
  sessions: Sessions<U>,
  handler: DialectHandler<U>,
  options: TextOptions,
): void => {
  const inbox = openInbox(session, handler, (error) => {
    options.failed(error)
    sessions.close(session, deny('internal_error'))
  })
  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    // One read may bring thousands behind the one that ended it.
    if (session.state.name !== 'open') return
    if (isBinary) {
      sessions.close(session, deny('frame_wrong_type'))
      return
    }
    const bytes = bytesOf(data)
    options.received?.(bytes.byteLength)
    const allowance = options.allowance?.(bytes.byteLength)
    if (allowance === undefined || allowance.outcome === 'granted') {
      inbox.receive(bytes.toString())
      return
    }
    const { outcome, rule, retryAfterMs } = allowance
    options.limited?.(rule, outcome)
    if (outcome === 'flood') sessions.close(session, deny('too_many_messages', { retryAfterMs, detail: `limits.${rule}` }))
    else inbox.receive(bytes.toString(), retryAfterMs)
  })
  webSocket.on('close', () => {
    inbox.close()
  })
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
