import { expect, test } from 'vitest'
import { deferred } from '../../dist/admission/testing/deferred.js'
import type { User } from '../../dist/index.js'
import { handshakeText, nobody, tokenFor, type GateServerOptions } from './gate-server.js'
import { gateServers } from './gate-servers.js'
import { rawClient, textFrame } from './raw-client.js'

const start = gateServers()

/** A server that finds its user when the test says so. */
const slowServer = async (options: GateServerOptions = {}) => {
  const user = deferred<User | undefined>()
  let asked = 0
  const server = await start({
    ...options,
    lookupUser() {
      asked += 1
      return user.promise
    },
  })
  return { server, user, isAsked: () => asked > 0 }
}

test('[A22] a frame in the same packet as the handshake is the first message, however long the user is looked for', async () => {
  const { server, user, isAsked } = await slowServer()
  const client = await rawClient(server.port)
  client.write(Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor() })), textFrame('"first"')]))
  await expect.poll(isAsked).toBe(true)
  client.write(textFrame('"second"'))
  expect(server.received).toEqual([])
  user.resolve({ id: '1', active: true })
  await client.answered()
  await client.roundTrip()
  expect(server.received).toEqual(['"first"', '"second"'])
})

test.each(['http', 'close', 'legacy'] as const)('[A22] what came with a handshake that is refused is not acted on (refusals %s)', async (refusals) => {
  const { server, user, isAsked } = await slowServer({ refusals })
  const client = await rawClient(server.port)
  client.write(Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor() })), textFrame('"first"')]))
  await expect.poll(isAsked).toBe(true)
  client.write(textFrame('"second"'))
  user.resolve({ id: '1', active: false })
  await client.closed()
  client.write(textFrame('"third"'))
  client.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect([server.received, server.failures]).toEqual([[], []])
})

test('[A23] a peer that resets while its user is looked for leaves nothing behind', async () => {
  const { server, user, isAsked } = await slowServer()
  const client = await server.knock({ token: await tokenFor() })
  await expect.poll(isAsked).toBe(true)
  expect((await server.counted()).inFlight).toBe(1)
  client.reset()
  await expect.poll(async () => (await server.counted()).connections).toBe(0)
  user.resolve({ id: '1', active: true })
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(server.ended).toEqual([])
})

test('[A23] a peer that ends its side while its user is looked for leaves nothing behind', async () => {
  const { server, user, isAsked } = await slowServer()
  const client = await server.knock({ token: await tokenFor() })
  await expect.poll(isAsked).toBe(true)
  client.socket.end()
  user.resolve({ id: '1', active: true })
  await client.gone()
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[B3] a ban that comes while the user is looked for lets nobody stay', async () => {
  const { server, user, isAsked } = await slowServer()
  const client = await server.knock({ token: await tokenFor() })
  await expect.poll(isAsked).toBe(true)
  await server.gate.bans.add({ kind: 'network', network: '127.0.0.1' }, { reason: 'abuse', actor: 'grace', force: true })
  user.resolve({ id: '1', active: true })
  const answer = await client.gone()
  expect(answer.status === 403 || answer.closeCode === 4403, client.received).toBe(true)
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[B4] a revocation that comes while the user is looked for lets nobody stay', async () => {
  const { server, user, isAsked } = await slowServer()
  const client = await server.knock({ token: await tokenFor({ tokenId: 'one' }) })
  await expect.poll(isAsked).toBe(true)
  await server.gate.revocations.add({ kind: 'token', tokenId: 'one', until: Date.now() + 3_600_000 }, 'grace')
  user.resolve({ id: '1', active: true })
  const answer = await client.gone()
  expect(answer.status === 401 || answer.closeCode === 4401, client.received).toBe(true)
})

test('[B5] a user who is disabled while being looked for does not stay', async () => {
  const first = deferred<User | undefined>()
  let asked = 0
  const server = await start({
    lookupUser(id) {
      asked += 1
      return asked === 1 ? first.promise : { id, active: false }
    },
  })
  const client = await server.knock({ token: await tokenFor() })
  await expect.poll(() => asked).toBe(1)
  await server.gate.users.changed('1')
  first.resolve({ id: '1', active: true })
  const answer = await client.gone()
  expect(answer.status === 401 || answer.closeCode === 4401, client.received).toBe(true)
})
