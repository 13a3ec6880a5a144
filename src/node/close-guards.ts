import type { Duplex } from 'node:stream'

/**
 * Spares a connection the discarded errors of its own end.
 *
 * ws ends a socket that has ended already, and Node answers each such call with an Error and its stack, which nobody reads. Ending what has
 * ended does nothing here; and once our side is written out, the server drops the connection first (RFC 6455 section 7.1.1).
 */
export const guardClose = (socket: Duplex): void => {
  const end = socket.end.bind(socket)
  socket.end = ((...rest: Parameters<typeof end>) => (socket.writableEnded ? socket : end(...rest))) as typeof socket.end
  socket.once('finish', destroyThis)
}

function destroyThis(this: Duplex): void {
  this.destroy()
}
