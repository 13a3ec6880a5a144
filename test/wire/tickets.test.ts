import { expect, test } from 'vitest'
import type { GateEvents } from '../../dist/index.js'
import { page, tokenFor, type GateServer } from './gate-server.js'
import { gateServers } from './gate-servers.js'

const start = gateServers({ carriers: ['header', 'query', 'ticket'], refusals: 'http' })

const buy = async ({ gate }: GateServer, { path = '/ws/', origin, token }: { readonly path?: string; readonly origin?: string; readonly token?: string } = {}): Promise<string> => {
  const headers = { authorization: [`Bearer ${token ?? (await tokenFor())}`], ...(origin === undefined ? {} : { origin: [origin] }) }
  const answer = await gate.tickets.issue({ path, headers, peerAddress: '127.0.0.1' })
  if (answer.outcome === 'denied') throw new Error(answer.denial.reason)
  return answer.ticket
}

const statusOf = async (server: GateServer, target: string, origin?: string): Promise<number | undefined> => {
  const client = await server.knock({ target, ...(origin === undefined ? {} : { origin }) })
  return (await client.until((answer) => answer.bodyIsWhole || answer.texts.length > 0)).status
}

test('[O3] B3: of 100 sockets that bring one ticket at the same instant exactly one is let in', async () => {
  const server = await start()
  const ticket = await buy(server)
  const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf(server, `/ws/?ticket=${ticket}`)))
  expect(statuses.filter((status) => status === 101)).toHaveLength(1)
  expect(statuses.filter((status) => status === 401)).toHaveLength(99)
  expect(server.gate.sessions.count).toBe(1)
})

test('[O3] B3: exactly one also while each of them waits for the user, so that their handshakes are in flight together', async () => {
  const server = await start({ userCache: { maxStaleMs: 0 }, lookupUser: (id) => new Promise((resolve) => setImmediate(() => { resolve({ id, active: true }) })) })
  const ticket = await buy(server)
  const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf(server, `/ws/?ticket=${ticket}`)))
  expect(statuses.filter((status) => status === 101)).toHaveLength(1)
})

test('[O3] B3: from another path or another page than it was issued for, a ticket opens nothing', async () => {
  const server = await start({ origins: [page, 'https://other.example'] })
  expect(await statusOf(server, `/ws/other/?ticket=${await buy(server, { origin: page })}`, page)).toBe(401)
  expect(await statusOf(server, `/ws/?ticket=${await buy(server, { origin: page })}`, 'https://other.example')).toBe(401)
  expect(await statusOf(server, `/ws/?ticket=${await buy(server, { origin: page })}`)).toBe(401)
  expect(await statusOf(server, `/ws/?ticket=${await buy(server)}`, page)).toBe(401)
  expect(await statusOf(server, `/ws/?ticket=${await buy(server, { origin: page })}`, page)).toBe(101)
})

test('[O2] a ticket beside a token is refused with 400, and one that nobody issued with 401', async () => {
  const server = await start()
  const [token, ticket] = [await tokenFor(), await buy(server)]
  expect(await statusOf(server, `/ws/?ticket=${ticket}&token=${token}`)).toBe(400)
  expect(await statusOf(server, `/ws/?ticket=${ticket}&ticket=${ticket}`)).toBe(400)
  for (const ticketText of [token, 'x', '%zz', 'A'.repeat(32), 'A'.repeat(5_000)]) expect(await statusOf(server, `/ws/?ticket=${ticketText}`)).toBe(401)
  expect(await statusOf(server, `/ws/?ticket=${ticket}`)).toBe(101)
})

test('[O4] a socket that came by ticket ends with the token that bought it: revoked by the id of that token', async () => {
  const server = await start()
  const client = await server.knock({ target: `/ws/?ticket=${await buy(server, { token: await tokenFor({ tokenId: 'the-token' }) })}` })
  await client.until((answer) => answer.texts.length > 0)
  await server.gate.revocations.add({ kind: 'token', tokenId: 'the-token', until: Date.now() + 60_000 }, 'ada')
  expect((await client.until((answer) => answer.closeCode !== undefined)).closeCode).toBe(4401)
})

test('[O6] no decision, event or answer holds the text of a ticket, used or refused', async () => {
  const told: unknown[] = []
  const events: GateEvents = { decided: (decision) => told.push(decision, decision.steps), closed: (session) => told.push(session.principal), laddered: (verdict) => told.push(verdict) }
  const server = await start({ events, ladder: { mode: 'dry-run', failures: 1 } })
  const ticket = await buy(server)
  const target = `/ws/?ticket=${ticket}`
  expect(await statusOf(server, target)).toBe(101)
  const refused = await server.knock({ target })
  await refused.until((answer) => answer.bodyIsWhole)
  expect(refused.received).toContain('token_expired')
  expect(refused.received).not.toContain(ticket)
  expect(told.length).toBeGreaterThan(3)
  expect(JSON.stringify(told)).not.toContain(ticket)
})

test('a gate whose carriers have no ticket issues none and reads none', async () => {
  const server = await start({ carriers: ['header'] })
  await expect(buy(server)).rejects.toThrow('Cannot issue a ticket as "carriers" has no ticket')
  expect(await statusOf(server, '/ws/?ticket=x')).toBe(401)
})
