import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { watchControlFrames } from './control-frames.js'

/** A socket that only hears, and a clock that is moved by hand. */
const stage = () => {
  const state: { readyState: number; paused: boolean; pause: () => void } = { readyState: WebSocket.OPEN, paused: false, pause: () => undefined }
  const peer = Object.assign(new EventEmitter(), state)
  const told = { heard: 0, flooded: 0 }
  const clock = { at: 5_000 }
  peer.pause = () => {
    peer.paused = true
  }
  watchControlFrames(peer, () => (told.heard += 1), () => (told.flooded += 1), () => clock.at)
  const say = (event: 'ping' | 'pong', times: number): void => {
    for (let index = 0; index < times; index += 1) peer.emit(event)
  }
  return { peer, told, clock, say }
}

test('[S20] 200 pings and pongs within a second are borne, and one more ends it once', () => {
  const { peer, told, say } = stage()
  say('ping', 100)
  say('pong', 100)
  expect(told).toEqual({ heard: 100, flooded: 0 })
  say('ping', 500)
  expect([told.flooded, peer.paused]).toEqual([1, true])
})

test('[S20] every second counts anew, also when the clock was set back', () => {
  const { told, clock, say } = stage()
  for (const at of [6_000, 7_000, 1_000, 2_000]) {
    clock.at = at
    say('pong', 200)
  }
  expect(told.flooded).toBe(0)
})

test('[S20] a peer that ws has dropped for its pings is told from one that left', () => {
  const { peer, told, say } = stage()
  peer.readyState = WebSocket.CLOSING
  say('ping', 1)
  expect(told.flooded).toBe(1)
})
