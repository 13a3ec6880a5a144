import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { createPlainEnds } from './plain-ends.js'
import { duplexConnection } from './testing/duplex-connection.js'
import { createDepartures } from './turns.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A server that reads so many connections, which all end in one turn of the loop, after these bytes. */
const ended = async (count: number, bytes = '') => {
  const server = createServer()
  const ends = createPlainEnds(server, createDepartures())
  const cutShort: Duplex[] = []
  server.on('clientError', (_error: Error, connection: Duplex) => void cutShort.push(connection))
  const upgraded: Duplex[] = []
  server.on('upgrade', (_request, connection: Duplex) => {
    ends.letGo(connection)
    upgraded.push(connection)
  })
  const connections = Array.from({ length: count }, () => duplexConnection().duplex)
  for (const connection of connections) server.emit('connection', connection)
  const all = Promise.all(connections.map((connection) => new Promise((resolve) => connection.once('end', resolve))))
  for (const connection of connections) {
    if (bytes !== '') connection.push(bytes)
    connection.push(null)
  }
  await all
  return { connections, cutShort, upgraded, left: () => connections.filter(({ writableEnded }) => writableEnded).length }
}

test('[A23] of 40 connections that said nothing and leave in one turn, node:http ends 16 in each', async () => {
  const { left } = await ended(40)
  const counts = [left()]
  for (let turn = 0; turn < 2; turn += 1) {
    await nextTurn()
    counts.push(left())
  }
  expect(counts).toEqual([16, 32, 40])
})

test('[A23] of 40 that leave within their header block, it tells of 16 in each turn', async () => {
  const { cutShort, connections } = await ended(40, 'GET / HTTP/1.1\r\nHost: a')
  const counts = [cutShort.length]
  for (let turn = 0; turn < 2; turn += 1) {
    await nextTurn()
    counts.push(cutShort.length)
  }
  expect(counts).toEqual([16, 32, 40])
  expect(cutShort).toEqual(connections)
})

test('[A23] a connection that is gone when its turn comes is left alone', async () => {
  const { connections, left } = await ended(17)
  const [last] = connections.slice(-1)
  last?.destroy()
  await nextTurn()
  expect(left()).toBe(16)
  expect(last?.writableEnded).toBe(false)
})

test('the end of an upgraded connection is not for node:http any more', async () => {
  const { connections, upgraded, cutShort, left } = await ended(1, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  expect(connections.map(({ readableEnded }) => readableEnded)).toEqual([true])
  await nextTurn()
  expect([upgraded, cutShort, left()]).toEqual([connections, [], 0])
})

test('a server whose own listener is not found is left as it is', () => {
  const server = createServer()
  server.removeAllListeners('connection')
  createPlainEnds(server, createDepartures())
  expect(server.listenerCount('connection')).toBe(0)
})
