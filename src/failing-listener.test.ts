import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listening } from './admission/testing/listening.js'
import { testSecret, tokenFor } from './admission/testing/staircase.js'
import { createGate } from './create-gate.js'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What is thrown where nobody can catch it, collected instead of ending the process. */
const thrownOutside = (): unknown[] => {
  const thrown: unknown[] = []
  const later = queueMicrotask
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((work) => {
    later(() => {
      try {
        work()
      } catch (error) {
        thrown.push(error)
      }
    })
  })
  return thrown
}

test('a listener of the embedder that throws at a handshake loses its client the connection, not the place among the sockets of its user', async () => {
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userSockets: 1 },
  })
  const wss = new WebSocketServer({ noServer: true, clientTracking: false })
  const fault = new Error('the headers are not to my taste')
  wss.once('headers', () => {
    throw fault
  })
  const thrown = thrownOutside()
  const server = createServer()
  server.on('upgrade', gate.upgrade(wss, () => undefined))
  const port = await listening(server)
  const token = await tokenFor({ subject: '1', at: Date.now() })

  const first = new WebSocket(`ws://127.0.0.1:${String(port)}/?token=${token}`)
  await once(first, 'error')
  expect(thrown).toEqual([fault])
  const second = new WebSocket(`ws://127.0.0.1:${String(port)}/?token=${token}`)
  await once(second, 'open')
  second.close()
  await once(second, 'close')
  gate.stop()
  server.close()
})

test('a socket that another listener of the event opened too is an error that says so, and the connection is dropped', async () => {
  const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser: (id) => ({ id, active: true }) })
  const thrown = thrownOutside()
  const server = createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, clientTracking: false }), () => undefined))
  const other = new WebSocketServer({ noServer: true, clientTracking: false })
  server.on('upgrade', (request, socket, head) => {
    other.handleUpgrade(request, socket, head, () => undefined)
  })
  const port = await listening(server)
  const client = new WebSocket(`ws://127.0.0.1:${String(port)}/?token=${await tokenFor({ subject: '1', at: Date.now() })}`)
  await once(client, 'close')
  expect(thrown).toMatchObject([{ name: 'TypeError', message: expect.stringContaining('another listener of "upgrade" opened one on the same connection') }])
  expect(gate.load.sockets).toBe(0)
  gate.stop()
  server.close()
})
