import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { guardClose, lingerAtFault } from './close-guards.js'
import { createLeaveInTurn } from './leave-in-turn.js'
import { duplexConnection } from './testing/duplex-connection.js'
import { openWebSocket } from './testing/open-web-socket.js'
import { createDepartures } from './turns.js'

const closed = (duplex: Duplex): Promise<void> => new Promise((resolve) => duplex.once('close', resolve))

test('ending what has ended makes no error, and the connection is dropped once our side is written', async () => {
  const { duplex, errors } = duplexConnection()
  guardClose(duplex)
  duplex.end('farewell')
  expect(duplex.end('once more')).toBe(duplex)
  duplex.end()
  await closed(duplex)
  expect([errors, duplex.destroyed]).toEqual([[], true])
})

test('without the guard it does make one, so the guard is for something', async () => {
  const { duplex, errors } = duplexConnection()
  duplex.end('farewell')
  duplex.end('once more')
  await new Promise((resolve) => setImmediate(resolve))
  expect(errors).toHaveLength(1)
})

afterEach(() => {
  vi.useRealTimers()
})

test('[F2] behind a fault of its framing the connection of a peer stays for a second, so that it hears why', async () => {
  vi.useFakeTimers()
  const { duplex, errors } = duplexConnection()
  const webSocket = new EventEmitter()
  guardClose(duplex)
  lingerAtFault(webSocket, duplex)
  webSocket.emit('error', new RangeError('Max payload size exceeded'))
  duplex.end('close frame')
  await vi.advanceTimersByTimeAsync(999)
  expect(duplex.destroyed).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect([errors, duplex.destroyed]).toEqual([[], true])
})

test('what guards a connection makes no wrapper of `once` for it: V8 would keep that, and all it names, until the next full collection', () => {
  const { duplex } = duplexConnection()
  const webSocket = openWebSocket(duplex)
  const before = [duplex, webSocket].map((emitter) => emitter.eventNames().flatMap((name) => emitter.rawListeners(name)))
  guardClose(duplex)
  lingerAtFault(webSocket, duplex)
  createLeaveInTurn(createDepartures())(duplex)
  const after = [duplex, webSocket].map((emitter) => emitter.eventNames().flatMap((name) => emitter.rawListeners(name)))
  const added = after.flat().filter((listener) => !before.flat().includes(listener))
  expect(added.map((listener) => 'listener' in listener)).toEqual([false, false, false])
})
