import type { Socket } from '../socket.js'

/** A socket whose other end is the test: what is written is kept, and the operating system takes bytes only when told to. */
export interface TestSocket extends Socket {
  /** Frames, in the order in which they were written. */
  readonly frames: Uint8Array[]
  /** Payloads of the text frames, parsed. */
  readonly said: readonly unknown[]
  readonly ended: { readonly code: number; readonly reason: string }[]
  readonly pings: number
  readonly paused: boolean
  /** How often reading was stopped. */
  readonly pauses: number
  /** Lets the operating system take what was written, up to `bytes`. */
  take(bytes?: number): void
}

/**
 * @param takes - Whether the operating system takes what is written at once.
 */
export const createTestSocket = (takes = true): TestSocket => {
  const frames: Uint8Array[] = []
  const ended: { readonly code: number; readonly reason: string }[] = []
  let backlogBytes = 0
  let pings = 0
  let paused = false
  let pauses = 0
  return {
    frames,
    ended,
    write(frame) {
      frames.push(frame)
      if (!takes) backlogBytes += frame.byteLength
    },
    close(code, reason) {
      ended.push({ code, reason })
    },
    terminate() {
      ended.push({ code: 1006, reason: '' })
    },
    ping() {
      pings += 1
    },
    pause() {
      paused = true
      pauses += 1
    },
    resume() {
      paused = false
    },
    take(bytes = Infinity) {
      backlogBytes = Math.max(0, backlogBytes - bytes)
    },
    get backlogBytes() {
      return backlogBytes
    },
    get said() {
      return frames.map((frame) => payloadOf(frame))
    },
    get pings() {
      return pings
    },
    get paused() {
      return paused
    },
    get pauses() {
      return pauses
    },
  }
}

const payloadOf = (frame: Uint8Array): unknown => {
  const headerBytes = frame[1] === 127 ? 10 : frame[1] === 126 ? 4 : 2
  return JSON.parse(Buffer.from(frame.subarray(headerBytes)).toString())
}
