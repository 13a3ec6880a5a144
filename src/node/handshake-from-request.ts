import type { IncomingMessage } from 'node:http'
import type { Handshake } from '../admission/handshake.js'

/** Fields that admission reads, and the one that marks an operator's probe; nothing else of a request is copied. */
const read = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'sallyport-probe',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
])

/** Spellings met so far and the field each means, `undefined` for one that is not read; strangers choose spellings, so there is a bound. */
const spellings = new Map<string, string | undefined>()
const maxSpellings = 1_000

const fieldOf = (name: string): string | undefined => {
  if (spellings.has(name)) return spellings.get(name)
  const lower = name.toLowerCase()
  const field = read.has(lower) ? lower : undefined
  if (spellings.size < maxSpellings) spellings.set(name, field)
  return field
}

/** Turns Node's request into a plain handshake; host types end here. Costs one pass over the header fields. */
export const handshakeFromRequest = (request: IncomingMessage, receivedAt: number): Handshake => {
  // Field names come from a closed list, so no name of a stranger ever becomes a member.
  const headers: Record<string, string[]> = {}
  const { rawHeaders } = request
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const field = fieldOf(rawHeaders[index] ?? '')
    if (field === undefined) continue
    const value = rawHeaders[index + 1] ?? ''
    const known = headers[field]
    if (known === undefined) headers[field] = [value]
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
