import { WebSocket } from 'ws'

/** The part of a WebSocket that is needed here. */
export interface ControlSocket {
  readonly readyState: number
  pause(): void
  on(event: 'ping' | 'pong', listener: () => void): unknown
  off(event: 'ping' | 'pong', listener: () => void): unknown
}

/** Pings and pongs a peer may send within one second; a heartbeat needs one. */
const maxPerSecond = 200

/**
 * Watches for a peer that floods with control frames, which no limit of messages ever sees.
 *
 * Two floods are told: pings that come faster than their pongs can be written, for which ws has dropped the peer already, and more than 200 pings
 * and pongs within a second. Costs two listeners and two numbers a socket.
 *
 * @param heard - Called for each pong.
 * @param flooded - Called once.
 * @param now - Milliseconds.
 * @returns Ends the watch.
 */
export const watchControlFrames = (webSocket: ControlSocket, heard: () => void, flooded: () => void, now: () => number): (() => void) => {
  let count = 0
  let since = 0
  const counts = (): void => {
    if (count < 0) return
    const at = now()
    // Also when the clock was set back.
    if (at - since >= 1_000 || at < since) {
      since = at
      count = 0
    }
    count += 1
    if (count <= maxPerSecond && webSocket.readyState === WebSocket.OPEN) return
    // What comes behind it in the same chunk of bytes is only skipped.
    count = -1
    flooded()
    webSocket.pause()
  }
  const pong = (): void => {
    heard()
    counts()
  }
  webSocket.on('ping', counts)
  webSocket.on('pong', pong)
  return () => {
    webSocket.off('ping', counts)
    webSocket.off('pong', pong)
  }
}
