import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createDryRunCounts } from './dry-run-counts.js'
import { configOf, gateOf } from './replay/testing/recorded-traffic.js'
import { mintToken } from '../admission/token/mint-token.js'
import { listening } from '../admission/testing/listening.js'
import { testSecret } from '../admission/testing/staircase.js'

const connect = async (flags: Readonly<Record<string, unknown>>, times: number) => {
  const config = await configOf({ 'limits.userConnects.max': '3', origins: 'https://app.example', ...flags })
  const counts = createDryRunCounts(new Set(config.dryRun))
  const gate = await gateOf(config, (decision) => {
    counts.decided(decision)
  })
  const at = Date.now()
  const handshakeFrom = async (userId: string, origin: string, peerAddress: string) => {
    const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: userId, lifetimeMs: 60_000, at })
    const headers = { host: ['gate.example'], connection: ['Upgrade'], upgrade: ['websocket'], 'sec-websocket-version': ['13'], 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='], authorization: [`Bearer ${token}`], origin: [origin] }
    return await gate.admit({ receivedAt: at, method: 'GET', httpVersion: '1.1', target: '/ws/', headers, peerAddress })
  }
  for (let index = 0; index < times; index += 1) await handshakeFrom('1', 'https://app.example', '203.0.113.7')
  await handshakeFrom('6', 'https://other.example', '203.0.113.8')
  await handshakeFrom('4', 'https://other.example', '203.0.113.8')
  gate.stop()
  return new Map(counts.rows().map((row) => [row.rule, row]))
}

test('[E5] of a rule in dry-run is counted who would newly be refused, and who is refused by another rule anyway', async () => {
  const rows = await connect({ dryRun: 'userConnects,origin' }, 8)
  expect(rows.get('userConnects')).toEqual({
    rule: 'userConnects', mode: 'dry-run', wouldRefuse: 5, refusedAnyway: 0, refused: 0,
    addresses: [{ name: '203.0.113.7', count: 5, uncertain: 0 }], users: [{ name: '1', count: 5, uncertain: 0 }],
  })
  expect(rows.get('origin')).toMatchObject({ mode: 'dry-run', wouldRefuse: 1, refusedAnyway: 1, refused: 0, users: [{ name: '6', count: 1 }] })
})

test('[E5] of a rule in force is counted whom it refused', async () => {
  const rows = await connect({}, 8)
  expect(rows.get('userConnects')).toMatchObject({ mode: 'in force', wouldRefuse: 0, refused: 5, users: [{ name: '1', count: 5 }] })
  expect(rows.get('origin')).toMatchObject({ mode: 'in force', refused: 2, users: [], addresses: [{ name: '203.0.113.8', count: 2 }] })
})

/** Two users who connect one after the other where one socket may be open; both stay as long as they may. */
const connectTwo = async (flags: Readonly<Record<string, unknown>>) => {
  const config = await configOf({ 'limits.nodeSockets': '1', ...flags })
  const counts = createDryRunCounts(new Set(config.dryRun))
  const gate = await gateOf(config, (decision) => {
    counts.decided(decision)
  })
  const server = createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true }), () => undefined))
  const port = await listening(server)
  const clients: WebSocket[] = []
  for (const userId of ['1', '6']) {
    const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: userId, lifetimeMs: 60_000, at: Date.now() })
    const client = new WebSocket(`ws://127.0.0.1:${String(port)}/ws/`, { headers: { authorization: `Bearer ${token}` } })
    clients.push(client)
    await Promise.race([once(client, 'open'), once(client, 'unexpected-response')])
  }
  const opened = clients.filter(({ readyState }) => readyState === WebSocket.OPEN).length
  for (const client of clients) client.on('error', () => undefined).terminate()
  gate.stop()
  server.close()
  return { opened, row: counts.rows().find(({ rule }) => rule === 'nodeSockets') }
}

test('[A26] [E5] a node that is full refuses nobody while its limit of sockets runs dry, and counts whom it would', async () => {
  expect(await connectTwo({ dryRun: 'nodeSockets' })).toMatchObject({
    opened: 2,
    row: { mode: 'dry-run', wouldRefuse: 1, refused: 0, addresses: [{ name: '127.0.0.1', count: 1 }], users: [{ name: '6', count: 1 }] },
  })
})

test('[E5] whom a full node refuses before anybody asks who comes is counted for its limit of sockets', async () => {
  expect(await connectTwo({})).toMatchObject({ opened: 1, row: { mode: 'in force', refused: 1, addresses: [{ name: '127.0.0.1', count: 1 }], users: [] } })
})
