import { Writable, type Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/**
 * Spares a connection the discarded errors of its own end.
 *
 * ws ends a socket that has ended already, and Node answers each such call with an Error and its stack, which nobody reads. Ending what has
 * ended does nothing here; and once our side is written out, the server drops the connection first (RFC 6455 section 7.1.1).
 */
export const guardClose = (connection: Duplex): void => {
  guardEnd(connection)
  connection.once('finish', destroyThis)
}

/**
 * The same for the receiver behind a WebSocket, which ends itself at a close frame and is ended once more with its connection.
 *
 * The receiver is a private part of ws: where it is not found, this does nothing.
 */
export const guardReceiver = (webSocket: WebSocket): void => {
  const receiver: unknown = Reflect.get(webSocket, '_receiver')
  if (receiver instanceof Writable) guardEnd(receiver)
}

const guardEnd = (stream: Writable): void => {
  const end = stream.end.bind(stream)
  Object.defineProperty(stream, 'end', {
    configurable: true,
    writable: true,
    value: (...rest: Parameters<typeof end>): Writable => (stream.writableEnded ? stream : end(...rest)),
  })
}

function destroyThis(this: Duplex): void {
  this.destroy()
}
