import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Socket } from '../session/socket.js'

/** A `ws` WebSocket and the connection below it, as the session room knows them. */
export class WsSocket implements Socket {
  #webSocket: WebSocket | undefined
  #connection: Duplex | undefined

  constructor(webSocket: WebSocket, connection: Duplex) {
    this.#webSocket = webSocket
    this.#connection = connection
  }

  /**
   * Lets go of both, once they are closed.
   *
   * A Map that rehashes leaves its old table behind, and one that got old keeps what it held until the next full collection: sessions in such
   * tables would keep their whole connection, seven kilobytes each.
   */
  release(): void {
    this.#webSocket = undefined
    this.#connection = undefined
  }

  write(frame: Uint8Array): void {
    // Without compression ws writes at once and keeps no queue of its own, so a ready frame may go beside it without overtaking anything.
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#connection?.write(frame)
  }

  close(code: number, reason: string): void {
    this.#webSocket?.close(code, reason)
  }

  terminate(): void {
    this.#webSocket?.terminate()
  }

  ping(): void {
    if (this.#webSocket?.readyState === WebSocket.OPEN) this.#webSocket.ping()
  }

  pause(): void {
    this.#webSocket?.pause()
  }

  resume(): void {
    this.#webSocket?.resume()
  }

  get backlogBytes(): number {
    return this.#connection?.writableLength ?? 0
  }
}
