import { Socket } from 'node:net'
import { Writable, type Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { dropWritten } from './drop-written.js'

/**
 * Spares a connection the discarded errors of its own end.
 *
 * ws ends a socket that has ended already, and Node answers each such call with an Error and its stack, which nobody reads. Ending what has
 * ended does nothing here; and once our side is written out, the server drops the connection first (RFC 6455 section 7.1.1).
 */
export const guardClose = (connection: Duplex): void => {
  guardEnd(connection, endOrDrop)
  // Not `once`: its wrapper is the first thing of a connection that V8 learns to put into the old part of the heap, and all that it names stays until the next full collection.
  connection.on('finish', destroyThis)
}

/**
 * The same for the receiver behind a WebSocket, which ends itself at a close frame and is ended once more with its connection.
 *
 * The receiver is a private part of ws: where it is not found, this does nothing.
 */
export const guardReceiver = (webSocket: WebSocket): void => {
  if ('_receiver' in webSocket && webSocket._receiver instanceof Writable) guardEnd(webSocket._receiver, endOnce)
}

/**
 * Lets a peer that is still sending hear why it is closed, when it broke the framing; call it behind `guardClose`.
 *
 * A connection that is dropped with bytes unread is reset, and a reset overtakes the close frame. So what such a peer sends is thrown away until it
 * ends the connection too, for a second at most.
 */
export const lingerAtFault = (webSocket: { on(event: 'error', listener: () => void): unknown }, connection: Duplex): void => {
  webSocket.on('error', () => {
    guardEnd(connection, endOnce)
    connection.off('finish', destroyThis)
    connection.once('finish', destroyLater)
  })
}

/**
 * Takes no message over `bytes` until what is returned is called; the receiver refuses a larger one by its header.
 *
 * Where the private receiver of ws is not found this does nothing, and the server's own limit holds.
 */
export const limitReceiver = (webSocket: WebSocket, bytes: number): (() => void) => {
  const receiver: unknown = Reflect.get(webSocket, '_receiver')
  if (!(receiver instanceof Writable)) return () => undefined
  const before: unknown = Reflect.get(receiver, '_maxPayload')
  if (typeof before !== 'number' || (before > 0 && before <= bytes)) return () => undefined
  Reflect.set(receiver, '_maxPayload', bytes)
  return () => {
    Reflect.set(receiver, '_maxPayload', before)
  }
}

const guardEnd = (stream: Writable, end: typeof endOnce): void => {
  // A stream with an `end` of its own, such as an embedder's, keeps it. Assigned, not defined: a defined property costs each socket a kilobyte.
  if (stream.end !== Socket.prototype.end && stream.end !== Writable.prototype.end && stream.end !== endOrDrop) return
  const own: { end: unknown } = stream
  own.end = end
}

/** Shared by all: what the `end` of a socket and of a plain writable do, unless it was done. */
function endOnce(this: Writable, ...rest: Parameters<Writable['end']>): Writable {
  return this.writableEnded ? this : Writable.prototype.end.apply(this, rest)
}

/** The same for a connection, which is dropped at once when everything is written. */
function endOrDrop(this: Writable, ...rest: Parameters<Writable['end']>): Writable {
  const saysMore = rest.length > 0
  return !saysMore && !this.writableEnded && dropWritten(this) ? this : endOnce.apply(this, rest)
}

function destroyThis(this: Duplex): void {
  this.destroy()
}

const lingerMs = 1_000

function destroyLater(this: Duplex): void {
  const timer = setTimeout(() => this.destroy(), lingerMs).unref()
  this.once('close', () => {
    clearTimeout(timer)
  })
}
