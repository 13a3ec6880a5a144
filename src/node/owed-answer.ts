import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Whether whatever is written to this connection now would stand where the answer to an earlier request belongs, or in the middle of it.
 *
 * Asked at a handshake, or at bytes that are no request. Requests that come one behind the other without waiting are answered in their order by node:http, but it hands a handshake over, and
 * tells a fault, as soon as it reads them. An answer that has not begun to a request whose own body is at fault is not owed: the refusal is its answer.
 *
 * The response is a private part of node:http: where it is not found, nothing is owed.
 */
export const owesAnswer = (connection: Duplex): boolean => {
  const current = '_httpMessage' in connection ? connection._httpMessage : undefined
  return isResponse(current) && (current.headersSent || current.req.complete)
}

const isResponse = (value: unknown): value is ServerResponse => value instanceof ServerResponse
