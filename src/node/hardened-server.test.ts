import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { createHardenedServer } from './hardened-server.js'
import { duplexConnection } from './testing/duplex-connection.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A server that so many connections were too slow for, or ended, in one turn of the loop. */
const failed = (code: string, count: number) => {
  const written: string[] = []
  const seen = { told: 0, upgrades: 0, written }
  const server = createHardenedServer({
    onRequest: () => undefined,
    onUpgrade: () => void (seen.upgrades += 1),
    onMalformed: () => void (seen.told += 1),
  })
  const connections = Array.from(
    { length: count },
    () =>
      new Duplex({
        read: () => undefined,
        write(chunk: Buffer, _encoding, done) {
          written.push(chunk.toString('latin1'))
          done()
        },
      }),
  )
  for (const connection of connections) server.emit('clientError', Object.assign(new Error('failed'), { code }), connection)
  return { server, seen, connections }
}

for (const code of ['ERR_HTTP_REQUEST_TIMEOUT', 'HPE_INVALID_EOF_STATE']) {
  test(`[A23] [A24] H6: of many connections with ${code} at once, 16 are seen off in each turn of the loop, and none is left out`, async () => {
    const { seen, connections } = failed(code, 100)
    const counts = []
    while (seen.told < 100) {
      counts.push(seen.told)
      await nextTurn()
    }
    expect(counts).toEqual([16, 32, 48, 64, 80, 96])
    await nextTurn()
    expect(connections.every(({ destroyed, writableEnded }) => destroyed || writableEnded)).toBe(true)
  })
}

test('[A24] H6: a handshake that is whole when its connection waits to be seen off is none any more', async () => {
  const { server, seen, connections } = failed('ERR_HTTP_REQUEST_TIMEOUT', 20)
  server.emit('upgrade', { rawHeaders: [] }, connections.at(-1), Buffer.alloc(0))
  await nextTurn()
  await nextTurn()
  expect(seen).toMatchObject({ told: 20, upgrades: 0 })
  expect(seen.written.map((answer) => answer.slice(0, 12))).toEqual(connections.map(() => 'HTTP/1.1 408'))
})

test('[A23] of 40 connections that said nothing and leave in one turn, 16 are seen off in each', async () => {
  const server = createHardenedServer({ onRequest: () => undefined, onUpgrade: () => undefined, onMalformed: () => undefined })
  const connections = Array.from({ length: 40 }, () => duplexConnection().duplex)
  for (const connection of connections) server.emit('connection', connection)
  const all = Promise.all(connections.map((connection) => new Promise((resolve) => connection.once('end', resolve))))
  for (const connection of connections) connection.push(null)
  await all
  const counts = []
  for (let turn = 0; turn < 3; turn += 1) {
    counts.push(connections.filter(({ writableEnded }) => writableEnded).length)
    await nextTurn()
  }
  expect(counts).toEqual([16, 32, 40])
})
