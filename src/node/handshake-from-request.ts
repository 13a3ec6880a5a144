import type { IncomingMessage } from 'node:http'
import type { Handshake } from '../admission/handshake.js'
import { fieldName } from './field-name.js'

/** Turns Node's request into a plain handshake; host types end here. Costs one pass over the header fields. */
export const handshakeFromRequest = (request: IncomingMessage, receivedAt: number): Handshake => {
  // Field names come from a closed list, so no name of a stranger ever becomes a member.
  const headers: Record<string, string[]> = {}
  const { rawHeaders } = request
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const { lower, isRead } = fieldName(rawHeaders[index] ?? '')
    if (!isRead) continue
    const value = rawHeaders[index + 1] ?? ''
    const known = headers[lower]
    if (known === undefined) headers[lower] = [value]
    else known.push(value)
  }
  return {
    receivedAt,
    method: request.method ?? '',
    httpVersion: request.httpVersion,
    target: request.url ?? '',
    headers,
    peerAddress: request.socket.remoteAddress ?? '',
  }
}
