import { EventEmitter } from 'node:events'
import { Duplex } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { guardClose, lingerAtFault } from './close-guards.js'

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
