import type { RawData, WebSocket } from 'ws'
import type { CommandId } from '../protocol/command.js'
import { deny, type Denial } from '../protocol/denial.js'
import { parseCommand } from '../protocol/parse-command.js'
import { limitReceiver } from './close-guards.js'
import { watchControlFrames } from './control-frames.js'
import { frameFault } from './frame-fault.js'

/** How long a first frame may take, in milliseconds, and how large it may be. */
const firstFrameMs = 5_000
export const firstFrameBytes = 4_096

/** What a socket began with, and what came right behind it. */
export interface FirstFrame {
  readonly credential: { readonly token: string; readonly id: CommandId } | Denial
  /** Hands over what came while the credential was judged, in order, and reads on. */
  resume(): void
}

/**
 * Reads the first message of a socket, which must be `authenticate`, and stops reading there. Nothing is answered.
 *
 * @param heard - Called once: with the token, or with why there is none.
 * @returns Ends the waiting, for a reason of somebody else's.
 */
export const readFirstFrame = (webSocket: WebSocket, heard: (frame: FirstFrame) => void): ((denial: Denial) => void) => {
  const behind: (readonly [RawData, boolean])[] = []
  const unlimit = limitReceiver(webSocket, firstFrameBytes)
  let over = false

  const keep = (data: RawData, isBinary: boolean): void => {
    behind.push([data, isBinary])
  }
  const settle = (credential: FirstFrame['credential']): void => {
    if (over) return
    over = true
    clearTimeout(timer)
    unlimit()
    unwatch()
    webSocket.off('message', first)
    // What was read with the first frame still comes: no more than one read of the connection holds.
    webSocket.on('message', keep)
    webSocket.pause()
    heard({
      credential,
      resume() {
        webSocket.off('message', keep).off('error', failed).off('close', left)
        for (const [data, isBinary] of behind) webSocket.emit('message', data, isBinary)
        webSocket.resume()
      },
    })
  }
  const first = (data: RawData, isBinary: boolean): void => {
    settle(isBinary ? deny('frame_wrong_type') : credentialOf(data))
  }
  const failed = (error: Error): void => {
    settle(deny(frameFault(error) ?? 'auth_timeout'))
  }
  const left = (): void => {
    settle(deny('auth_timeout', { detail: 'the peer left before its first frame' }))
  }
  const timer = setTimeout(() => {
    settle(deny('auth_timeout'))
  }, firstFrameMs)
  const flooded = (): void => {
    settle(deny('too_many_messages', { retryAfterMs: 1_000, detail: 'pings and pongs' }))
  }
  const unwatch = watchControlFrames(webSocket, () => undefined, flooded, Date.now)
  webSocket.on('message', first)
  webSocket.on('error', failed)
  webSocket.on('close', left)
  return settle
}

const credentialOf = (data: RawData): FirstFrame['credential'] => {
  if (!Buffer.isBuffer(data)) return deny('frame_wrong_type')
  if (data.byteLength > firstFrameBytes) return deny('frame_too_big')
  const parsed = parseCommand(data.toString())
  if (!parsed.ok || parsed.command.type !== 'authenticate') return deny('token_missing', { detail: 'the first frame is no authenticate' })
  const { token, id } = parsed.command
  return { token, id }
}
