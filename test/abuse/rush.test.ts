import { expect, test } from 'vitest'
import { handshakeText, nobody, tokenFor, type GateServer } from '../wire/gate-server.js'
import { gateServers } from '../wire/gate-servers.js'
import { rawClient, type RawClient } from '../wire/raw-client.js'

const start = gateServers({ refusals: 'http' })

/** Connects them all first, and then lets them all ask at once. */
const rush = async (server: GateServer, parts: readonly Parameters<GateServer['knock']>[0][]): Promise<readonly number[]> => {
  const clients: readonly RawClient[] = await Promise.all(parts.map(() => rawClient(server.port)))
  for (const [index, client] of clients.entries()) client.write(handshakeText(parts[index]))
  return Promise.all(clients.map(async (client) => (await client.answered()).status))
}
const count = (statuses: readonly number[], status: number): number => statuses.filter((one) => one === status).length

const limitsOf10 = [
  ['connects of a user', { userConnects: { max: 10, windowMs: 60_000 } }, 429],
  ['connects of an address', { addressConnects: { max: 10, windowMs: 60_000 } }, 429],
  ['sockets of a user', { userSockets: 10 }, 429],
  ['sockets of an address', { addressSockets: 10 }, 429],
  ['sockets of the node', { nodeSockets: 10 }, 503],
] as const

test.each(limitsOf10)('[L2] of 40 simultaneous connects against a limit of 10 %s exactly 10 get in', async (_name, limits, status) => {
  const server = await start({ limits, lookupUser: async (id) => Promise.resolve({ id, active: true }) })
  const token = await tokenFor()
  const statuses = await rush(server, Array.from({ length: 40 }, () => ({ token })))
  expect([count(statuses, 101), count(statuses, status)]).toEqual([10, 30])
  expect(await server.counted()).toMatchObject({ sockets: 10, leases: 10, inFlight: 0 })
})

test('[A7] G6: a flood of forged tokens dries the budget of its address at the cost of no look-up, keeps no neighbour waiting, and whoever was in before gets in all the same', async () => {
  const asked: string[] = []
  const server = await start({
    addressBudget: { capacity: 50, refillPerSecond: 0.001 },
    lookupUser(id) {
      asked.push(id)
      return Promise.resolve({ id, active: true })
    },
  })
  const good = await tokenFor()
  const other = await tokenFor({ subject: '2' })
  const neighbours = await tokenFor({ subject: '3' })
  ;(await server.enter({ token: good })).end()
  const forged = rush(server, Array.from({ length: 100 }, (_, index) => ({ token: `${good.slice(0, -6)}${String(100_000 + index)}` })))
  const waits: number[] = []
  for (let times = 0; times < 5; times += 1) {
    const startedAt = performance.now()
    const neighbour = await server.enter({ token: neighbours }, { localAddress: '127.0.0.2' })
    waits.push(performance.now() - startedAt)
    neighbour.end()
  }
  // The shortest: others share this machine.
  expect(Math.min(...waits)).toBeLessThan(100)
  const statuses = await forged
  expect(count(statuses, 401)).toBeGreaterThanOrEqual(9)
  expect(count(statuses, 401) + count(statuses, 429)).toBe(100)
  expect(count(statuses, 429)).toBeGreaterThan(40)
  expect(await rush(server, [{ token: other }])).toEqual([429])
  expect(await rush(server, [{ token: good }])).toEqual([101])
  expect(asked).toEqual(['1', '3'])
})

test('[A8] handshakes that wait for a hanging store are bounded, and the rest are told to come back', async () => {
  const server = await start({ capacity: { maxInFlight: 20 }, deadlines: { userMs: 500 }, lookupUser: () => new Promise(() => undefined) })
  const parts = await Promise.all(Array.from({ length: 60 }, async (_, index) => ({ token: await tokenFor({ subject: String(index) }) })))
  const statuses = await rush(server, parts)
  expect(statuses).toEqual(parts.map(() => 503))
  const reasons = server.gate.decisions.newest(60).map((decision) => (decision.outcome === 'denied' ? decision.denial.reason : 'admitted'))
  expect(reasons.filter((reason) => reason === 'dependency_unavailable')).toHaveLength(20)
  expect(reasons.filter((reason) => reason === 'overloaded')).toHaveLength(40)
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[L4] a hundred connections that say nothing take no place of anybody who speaks', async () => {
  const server = await start({ limits: { nodeSockets: 5 } })
  const silent = await Promise.all(Array.from({ length: 100 }, () => rawClient(server.port)))
  const clients = await Promise.all(Array.from({ length: 5 }, () => server.enter()))
  expect(await server.counted()).toMatchObject({ sockets: 5, leases: 5 })
  for (const client of [...silent, ...clients]) client.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
})
