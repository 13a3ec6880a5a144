import { EventEmitter } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { createLeaveInTurn, guardClose, lingerAtFault } from './close-guards.js'
import { createDepartures } from './handshake-turns.js'

const connection = () => {
  const errors: unknown[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write(_chunk, _encoding, done) {
      done()
    },
  })
  duplex.on('error', (error) => errors.push(error))
  return { duplex, errors }
}

const closed = (duplex: Duplex): Promise<void> => new Promise((resolve) => duplex.once('close', resolve))

test('ending what has ended makes no error, and the connection is dropped once our side is written', async () => {
  const { duplex, errors } = connection()
  guardClose(duplex)
  duplex.end('farewell')
  expect(duplex.end('once more')).toBe(duplex)
  duplex.end()
  await closed(duplex)
  expect([errors, duplex.destroyed]).toEqual([[], true])
})

test('without the guard it does make one, so the guard is for something', async () => {
  const { duplex, errors } = connection()
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
  const { duplex, errors } = connection()
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
  const { duplex } = connection()
  const webSocket = open(duplex)
  const before = [duplex, webSocket].map((emitter) => emitter.eventNames().flatMap((name) => emitter.rawListeners(name)))
  guardClose(duplex)
  lingerAtFault(webSocket, duplex)
  createLeaveInTurn(createDepartures())(duplex)
  const after = [duplex, webSocket].map((emitter) => emitter.eventNames().flatMap((name) => emitter.rawListeners(name)))
  const added = after.flat().filter((listener) => !before.flat().includes(listener))
  expect(added.map((listener) => 'listener' in listener)).toEqual([false, false, false])
})

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** An open WebSocket over a connection of nobody's. */
const open = (duplex: Duplex): WebSocket => {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  Object.assign(request.headers, { upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' })
  let opened: WebSocket | undefined
  new WebSocketServer({ noServer: true }).handleUpgrade(request, duplex, Buffer.alloc(0), (webSocket) => {
    opened = webSocket
  })
  if (opened === undefined) throw new Error('the handshake was refused')
  return opened
}

test('[A23] of 40 WebSockets whose peers leave in one turn, 16 are seen off in each, and all of them are closed', async () => {
  const leaveInTurn = createLeaveInTurn(createDepartures())
  const all = Array.from({ length: 40 }, () => {
    const { duplex } = connection()
    const webSocket = open(duplex)
    leaveInTurn(duplex)
    return { duplex, webSocket }
  })
  const ended = Promise.all(all.map(({ duplex }) => new Promise((resolve) => duplex.once('end', resolve))))
  for (const { duplex } of all) duplex.push(null)
  await ended
  const leaving = (): number => all.filter(({ webSocket }) => webSocket.readyState !== webSocket.OPEN).length
  const counts = [leaving()]
  for (let turn = 0; turn < 2; turn += 1) {
    await nextTurn()
    counts.push(leaving())
  }
  expect(counts).toEqual([16, 32, 40])
  await Promise.all(all.map(({ webSocket }) => new Promise((resolve) => (webSocket.readyState === webSocket.CLOSED ? resolve(undefined) : webSocket.once('close', resolve)))))
})

test('[A23] a connection that is gone when its turn comes is left alone', async () => {
  const { duplex } = connection()
  const webSocket = open(duplex)
  const closing = new Promise((resolve) => webSocket.once('close', resolve))
  const departures = createDepartures()
  for (let index = 0; index < 16; index += 1) departures.take(() => undefined)
  createLeaveInTurn(departures)(duplex)
  duplex.push(null)
  await new Promise((resolve) => duplex.once('end', resolve))
  expect(webSocket.readyState).toBe(webSocket.OPEN)
  duplex.destroy()
  await closing
  await nextTurn()
})
