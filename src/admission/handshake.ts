/**
 * One ask for a WebSocket, with nothing proved about it yet.
 *
 * Host types end here: `node/` makes it from an `IncomingMessage`, a test writes it by hand.
 */
export interface Handshake {
  /** Epoch milliseconds at which the header block was complete. */
  readonly receivedAt: number
  /** Request method, as sent. */
  readonly method: string
  /** `1.1` of `HTTP/1.1`. */
  readonly httpVersion: string
  /** Request target as sent (RFC 9112 section 3.2), never decoded, folded or resolved. */
  readonly target: string
  /** Field values by lower-case field name, in the order they came; a repeated field has several. A host may leave out what admission does not read. */
  readonly headers: Headers
  /** Address of the socket's other end, as the operating system names it. */
  readonly peerAddress: string
}

/** Header fields by lower-case name, with every line as sent: `headersDistinct` of Node. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>
