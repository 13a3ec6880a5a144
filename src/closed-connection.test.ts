import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listening } from './admission/testing/listening.js'
import { testSecret, tokenFor } from './admission/testing/staircase.js'
import { createGate } from './create-gate.js'
import type { Session } from './session/session.js'

/** A full collection, which this process does not offer by itself. */
const collect = (): void => {
  setFlagsFromString('--expose-gc')
  const gc: unknown = runInNewContext('gc')
  if (typeof gc !== 'function') throw new Error('this Node offers no collection')
  Reflect.apply(gc, undefined, [])
}

test('a session that is over keeps nothing of its connection, whoever still holds the session', async () => {
  const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser: (id) => ({ id, active: true }) })
  const server = createServer()
  const held: Session[] = []
  const connections: WeakRef<object>[] = []
  const upgrade = gate.upgrade(new WebSocketServer({ noServer: true, clientTracking: false }), (webSocket, session) => {
    connections.push(new WeakRef(webSocket))
    held.push(session)
  })
  server.on('upgrade', upgrade)
  const port = await listening(server)

  const client = new WebSocket(`ws://127.0.0.1:${String(port)}/?token=${await tokenFor({ subject: '1', at: Date.now() })}`)
  await once(client, 'open')
  client.close()
  await once(client, 'close')
  await expect.poll(() => held[0]?.state.name).toBe('closed')
  for (let turns = 0; turns < 20; turns += 1) await turn()
  collect()
  expect(connections).toHaveLength(1)
  expect(connections[0]?.deref()).toBeUndefined()

  // What is said to it now goes nowhere.
  const [session] = held
  session?.socket.write(Buffer.from('x'))
  session?.socket.ping()
  session?.socket.close(1000, '')
  expect(session?.socket.backlogBytes).toBe(0)
  gate.stop()
  server.close()
})
