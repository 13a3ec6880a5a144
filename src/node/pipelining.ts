import type { IncomingMessage, RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'

/** Requests of one connection that may wait for their answers at once; browsers and proxies send one after the other. */
export const maxUnanswered = 8

/**
 * Hands requests on, but for those of a connection that sends more of them than it waits for: it is dropped, as each of 2,000 requests in one segment would be worked on in the same turn of
 * the event loop.
 *
 * @param dropped - Told once for each connection.
 */
export const boundPipelining = (onRequest: RequestListener, dropped: (connection: Duplex) => void): RequestListener => {
  const unanswered = new WeakMap<Duplex, number>()
  const count = ({ socket }: IncomingMessage, change: 1 | -1): number => {
    const now = (unanswered.get(socket) ?? 0) + change
    unanswered.set(socket, now)
    return now
  }
  return (request, response) => {
    // The rest of a segment is read to its end, whatever becomes of the connection.
    if (request.socket.destroyed) return
    if (count(request, 1) > maxUnanswered) {
      request.socket.destroy()
      dropped(request.socket)
      return
    }
    response.once('close', () => {
      count(request, -1)
    })
    onRequest(request, response)
  }
}
