import { Socket } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'

/**
 * Drops a plain connection whose peer is told everything, when the operating system has taken all of it.
 *
 * Closing it sends the same FIN that ending it first would, for one call of the operating system less. It is dropped in the next tick: a stream that is destroyed
 * while it tells of its last write makes an Error with its stack, which nobody reads.
 *
 * @returns `false` when it has to be ended as any stream: bytes still wait, it is encrypted (TLS ends with a message of its own), or no connection of Node's.
 */
export const dropWritten = (stream: Duplex | Writable): boolean => {
  if (!(stream instanceof Socket) || stream instanceof TLSSocket || stream.writableLength > 0) return false
  process.nextTick(destroy, stream)
  return true
}

const destroy = (socket: Socket): void => {
  socket.destroy()
}
