import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { listening } from './admission/testing/listening.js'
import { testSecret } from './admission/testing/staircase.js'
import { createGate } from './create-gate.js'

test.each([
  ['and is ended as any stream when its peer sent more behind the handshake', 'more', true],
  ['and is dropped without that when it sent nothing more', '', false],
])('a refused connection has its answer, %s', async (_what, behind, ended) => {
  const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser: (id) => ({ id, active: true }) })
  const server = createServer()
  const upgrade = gate.upgrade(new WebSocketServer({ noServer: true }), () => undefined)
  const wasEnded: boolean[] = []
  server.on('upgrade', (request, connection, head) => {
    upgrade(request, connection, head)
    wasEnded.push(connection.writableEnded)
  })
  const port = await listening(server)
  const peer = connect(port, '127.0.0.1')
  peer.write(`GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${behind}`)
  let answer = ''
  peer.on('data', (bytes: Buffer) => (answer += bytes.toString()))
  await once(peer, 'end')
  expect(answer).toMatch(/^HTTP\/1\.1 401 /)
  expect(wasEnded).toEqual([ended])
  peer.destroy()
  gate.stop()
  server.close()
})
