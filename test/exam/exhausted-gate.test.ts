import { expect, test } from 'vitest'
import type { User } from '../../dist/index.js'
import { runToEnd, temporaryFolder } from '../server/run-cli.js'
import { handshakeText, nobody, startGateServer, testSecret, tokenFor } from '../wire/gate-server.js'
import { rawClient, textFrame } from '../wire/raw-client.js'

// Of group H of the catalogue what needs no measure: see exhaustion.test.ts for the rest.

test('[A21] H7: a handshake whose look-up never answers is refused with 503 in its time, and nothing stays', async () => {
  const server = await startGateServer({ refusals: 'http', deadlines: { userMs: 300 }, lookupUser: () => new Promise<User>(() => undefined) })
  const clients = await Promise.all(Array.from({ length: 50 }, async (_, index) => server.knock({ token: await tokenFor({ subject: String(index) }) })))
  for (const client of clients) expect((await client.gone()).status).toBe(503)
  await expect.poll(() => server.counted()).toEqual(nobody)
  await server.close()
})

test('[A14] H21: of 600 sockets of 200 users that come at once to a server which has just started, each costs at most one look-up', async () => {
  let asked = 0
  const server = await startGateServer({
    refusals: 'http',
    lookupUser(id) {
      asked += 1
      return Promise.resolve({ id, active: true })
    },
  })
  const tokens = await Promise.all(Array.from({ length: 200 }, (_, index) => tokenFor({ subject: String(index) })))
  const clients = await Promise.all(Array.from({ length: 600 }, async (_, index) => server.knock({ token: tokens[index % tokens.length] ?? '' })))
  for (const client of clients) expect((await client.answered()).status).toBe(101)
  expect(asked).toBeLessThanOrEqual(600)
  // Cut off and back again, they are known.
  const before = asked
  for (const client of clients) client.reset()
  await expect.poll(() => server.counted()).toEqual(nobody)
  const back = await Promise.all(Array.from({ length: 600 }, async (_, index) => server.knock({ token: tokens[index % tokens.length] ?? '' })))
  for (const client of back) expect((await client.answered()).status).toBe(101)
  expect(asked - before).toBe(0)
  for (const client of back) client.end()
  await server.close()
})

test('[S14] H12: a peer that never answers a close is dropped within seconds', async () => {
  const server = await startGateServer()
  const client = await server.enter()
  client.socket.pause()
  const startedAt = performance.now()
  expect(server.gate.sessions.forUser('1').close({ reason: 'session_ended' })).toBe(1)
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  await server.close()
})

test('[S3] H13: peers that are gone without a word are found by the heartbeat', async () => {
  const server = await startGateServer({ sessions: { heartbeatMs: 300, pongMs: 300 } })
  const clients = await Promise.all(Array.from({ length: 200 }, () => server.enter()))
  // A peer that is not read from answers no ping, as one whose network is gone.
  for (const client of clients) client.socket.pause()
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(new Set(server.ended.map(([, reason]) => reason))).toEqual(new Set(['idle_timeout']))
  await server.close()
})

test('[A16] [R4] H18: a full node says 503 and when to come back, moves nobody, and lets the next one in when one leaves', async () => {
  const server = await startGateServer({ refusals: 'http', limits: { nodeSockets: 3 } })
  const inside = await Promise.all(Array.from({ length: 3 }, () => server.enter()))
  const { status, head, body } = await (await server.knock({ token: await tokenFor() })).gone()
  expect([status, head, body]).toEqual([503, expect.stringMatching(/\r\nRetry-After: [1-9]\d*\r\n/), expect.stringContaining('"code":"overloaded"')])
  for (const client of inside) expect((await client.roundTrip()).closeCode).toBeUndefined()
  inside[0]?.end()
  await expect.poll(async () => (await server.counted()).leases).toBe(2)
  ;(await server.enter()).end()
  await server.close()
})

test('H19: sizes that would wrap or mean no limit are refused at start with their range', async () => {
  const { cwd, remove } = await temporaryFolder()
  for (const value of ['4294967296', '64kb', '-1', '0', 'NaN']) {
    const { code, stderr } = await runToEnd(['config', 'check'], cwd, { SALLYPORT_TOKENS_SECRET: testSecret, SALLYPORT_LIMITS_FRAME_BYTES: value })
    expect([value, code]).toEqual([value, 1])
    expect(stderr).toMatch(/LIMITS_FRAME_BYTES[^]*1024[^]*16777216/)
  }
  await remove()
})

test('[R6] H20: a close frame holds its code and a reason of ours in UTF-8, whatever the user is called', async () => {
  const subject = `\u{1f600}${'é'.repeat(40)}`
  const server = await startGateServer({ lookupUser: (id) => ({ id, active: true }) })
  const client = await server.enter({ token: await tokenFor({ subject }) })
  server.gate.sessions.forUser(subject).close({ reason: 'session_ended', detail: `\ud800${'x'.repeat(500)}` })
  const { frames } = await client.closed()
  const payload = frames.at(-1)?.payload ?? Buffer.alloc(0)
  expect(payload.length).toBeLessThanOrEqual(125)
  expect(new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2))).toMatch(/^session_ended [0-9a-f-]{36}$/)
  client.end()
  await server.close()
})

test('[F2] [S14] H2: rubbish from a socket never reaches the process as a failure', async () => {
  const server = await startGateServer()
  const client = await rawClient(server.port)
  client.write(Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor() })), ...['null', '[]', '1e999', '"\\ud800"', '{"type":null}', '{"type":{}}', '{'.repeat(1_000)].map(textFrame)]))
  await client.answered()
  expect((await client.roundTrip()).closeCode).toBeUndefined()
  expect(server.failures).toEqual([])
  client.end()
  await server.close()
})
