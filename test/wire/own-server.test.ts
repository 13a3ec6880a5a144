import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { deferred } from '../../dist/admission/testing/deferred.js'
import { createGate, type User } from '../../dist/index.js'
import { handshakeText, testSecret, tokenFor } from './gate-server.js'
import { rawClient } from './raw-client.js'

test('[A23] on a plain server of an embedder, too, a peer that resets while its user is looked for harms nobody', async () => {
  const user = deferred<User | undefined>()
  let asked = 0
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser() {
      asked += 1
      return user.promise
    },
  })
  const opened: string[] = []
  const server = createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true }), (_webSocket, session) => opened.push(session.user.id)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    const gone = new Promise<void>((resolve) => {
      server.once('connection', (connection) => connection.once('close', () => resolve()))
    })
    const client = await rawClient(port)
    client.write(handshakeText({ token: await tokenFor() }))
    await expect.poll(() => asked).toBe(1)
    client.reset()
    // An error without a listener would end this process, and the test with it.
    await gone
    const next = await rawClient(port)
    next.write(handshakeText({ token: await tokenFor() }))
    user.resolve({ id: '1', active: true })
    expect((await next.answered()).status).toBe(101)
    expect(opened).toEqual(['1'])
    next.end()
  } finally {
    gate.stop()
    server.closeAllConnections()
    server.close()
  }
})
