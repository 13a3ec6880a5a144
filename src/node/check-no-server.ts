import type { ServerOptions } from 'ws'

/**
 * Checks that a `WebSocketServer` takes no handshake by itself: one that listens, or was given a server, opens a socket for everybody who asks.
 *
 * @throws TypeError with the remedy.
 */
export const checkNoServer = ({ noServer, port, server }: ServerOptions): void => {
  if (noServer === true) return
  const given = server ? '"server"' : `"port" ${String(port)}`
  throw new TypeError(`Cannot upgrade with a WebSocketServer as it must be made with "noServer: true": it has ${given} in its place, and opens sockets that nobody decided about`)
}
