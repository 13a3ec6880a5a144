import type { IncomingMessage } from 'node:http'
import type { Handshake } from '../admission/handshake.js'

/** Turns Node's request into a plain handshake; host types end here. Costs one look at the header fields. */
export const handshakeFromRequest = (request: IncomingMessage, receivedAt: number): Handshake => ({
  receivedAt,
  method: request.method ?? '',
  httpVersion: request.httpVersion,
  target: request.url ?? '',
  headers: request.headersDistinct,
  peerAddress: request.socket.remoteAddress ?? '',
})
