/**
 * A WebSocket as the session room knows it; each host is one implementation.
 *
 * Nothing here throws or blocks: what is said to a socket that is gone goes nowhere.
 */
export interface Socket {
  /** Writes one whole frame as it stands on the wire (RFC 6455 section 5.2, server side, never masked). */
  write(frame: Uint8Array): void
  /** Starts the closing handshake; the host destroys the connection when the peer has not answered within its close timeout. */
  close(code: number, reason: string): void
  /** Drops the connection at once. */
  terminate(): void
  /** Sends a ping with an empty body (RFC 6455 section 5.5.2). */
  ping(): void
  /** Stops reading from the peer until `resume`, so that a peer that hurries waits in its own buffers. */
  pause(): void
  resume(): void
  /** Bytes written and not yet taken by the operating system. */
  readonly backlogBytes: number
}
