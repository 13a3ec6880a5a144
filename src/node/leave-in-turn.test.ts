import { expect, test } from 'vitest'
import { createLeaveInTurn } from './leave-in-turn.js'
import { duplexConnection } from './testing/duplex-connection.js'
import { openWebSocket } from './testing/open-web-socket.js'
import { createDepartures } from './turns.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('[A23] of 40 WebSockets whose peers leave in one turn, 16 are seen off in each, and all of them are closed', async () => {
  const leaveInTurn = createLeaveInTurn(createDepartures())
  const all = Array.from({ length: 40 }, () => {
    const { duplex } = duplexConnection()
    const webSocket = openWebSocket(duplex)
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
  const { duplex } = duplexConnection()
  const webSocket = openWebSocket(duplex)
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
