import type { RawData, WebSocket } from 'ws'
import type { User } from '../admission/user.js'
import { deny } from '../protocol/denial.js'
import type { DialectHandler } from '../session/dialect-handler.js'
import { openInbox } from '../session/inbox.js'
import type { Session } from '../session/session.js'
import type { Sessions } from '../session/sessions.js'

export interface TextEvents {
  received?(bytes: number): void
  /** What a handler threw: a fault of ours. */
  failed(error: unknown): void
}

/** Lets a dialect speak on an admitted socket. Binary messages end it with 1003. */
export const receiveText = <U extends User>(
  webSocket: WebSocket,
  session: Session<U>,
  sessions: Sessions<U>,
  handler: DialectHandler<U>,
  events: TextEvents,
): void => {
  const inbox = openInbox(session, handler, (error) => {
    events.failed(error)
    sessions.close(session, deny('internal_error'))
  })
  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    if (isBinary) {
      sessions.close(session, deny('frame_wrong_type'))
      return
    }
    const bytes = bytesOf(data)
    events.received?.(bytes.byteLength)
    inbox.receive(bytes.toString())
  })
  webSocket.on('close', () => {
    inbox.close()
  })
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
