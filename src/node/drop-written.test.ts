import { EventEmitter } from 'node:events'
import { createServer, connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { deny } from '../protocol/denial.js'
import { guardClose, lingerAtFault } from './close-guards.js'
import { dropWritten } from './drop-written.js'
import { refuse } from './refuse.js'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** A connection as a server has it, and all that its peer is told until the end. */
const connection = async (): Promise<{ readonly socket: Socket; readonly told: Promise<string>; readonly errors: unknown[] }> => {
  const server = createServer({ allowHalfOpen: true })
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  const peer = connect({ port: address.port, host: '127.0.0.1' })
  const errors: unknown[] = []
  const told = new Promise<string>((resolve) => {
    let text = ''
    peer.on('data', (bytes: Buffer) => (text += bytes.toString()))
    peer.on('end', () => {
      resolve(text)
    })
    peer.on('error', (error) => errors.push(error))
  })
  const socket = await accepted
  socket.on('error', (error) => errors.push(error))
  cleanUps.push(() => {
    socket.destroy()
    peer.destroy()
    server.close()
  })
  return { socket, told, errors }
}

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

test('a connection that is written out is dropped in the next tick, and its peer is told everything and its end', async () => {
  const { socket, told, errors } = await connection()
  socket.write('farewell')
  expect([dropWritten(socket), socket.destroyed]).toEqual([true, false])
  await nextTurn()
  expect(socket.destroyed).toBe(true)
  expect(await told).toBe('farewell')
  expect(errors).toEqual([])
})

test('what still waits is not dropped: it has to be ended as any stream', async () => {
  const { socket, told } = await connection()
  const much = 'x'.repeat(32 * 1024 * 1024)
  socket.write(much)
  expect(dropWritten(socket)).toBe(false)
  socket.end()
  expect((await told).length).toBe(much.length)
})

test('an encrypted connection and a stream of another kind are not dropped', async () => {
  const { socket } = await connection()
  const encrypted = new TLSSocket(socket)
  encrypted.on('error', () => undefined)
  expect([dropWritten(encrypted), dropWritten(new Duplex())]).toEqual([false, false])
})

test('a guarded connection is dropped by its end, but not one whose peer broke the framing', async () => {
  const [good, faulty] = [await connection(), await connection()]
  const webSocket = new EventEmitter()
  for (const { socket } of [good, faulty]) guardClose(socket)
  lingerAtFault(webSocket, faulty.socket)
  webSocket.emit('error', new RangeError('Max payload size exceeded'))
  for (const { socket } of [good, faulty]) socket.end()
  await nextTurn()
  expect([good.socket.destroyed, faulty.socket.destroyed, faulty.socket.writableEnded]).toEqual([true, false, true])
  expect([await good.told, await faulty.told]).toEqual(['', ''])
})

test('a refused peer is told the whole answer, and its connection is dropped in the next tick only when it sent nothing more', async () => {
  const [quiet, eager] = [await connection(), await connection()]
  refuse(quiet.socket, deny('token_missing'), 'an-id', { nothingMore: true })
  refuse(eager.socket, deny('token_missing'), 'an-id')
  expect([quiet.socket.writableEnded, eager.socket.writableEnded]).toEqual([false, true])
  await nextTurn()
  expect(quiet.socket.destroyed).toBe(true)
  for (const answer of [await quiet.told, await eager.told]) expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*an-id/)
})
