import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { createGate, type Gate } from '../../dist/index.js'
import { createHardenedServer } from '../../dist/node/hardened-server.js'
import { maxUnanswered } from '../../dist/node/pipelining.js'
import { handshakeText, testSecret, tokenFor } from './gate-server.js'
import { rawClient, type RawClient } from './raw-client.js'

const plain = 'GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'

let gate: Gate
const opened: string[] = []
beforeEach(async () => {
  gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser: (id) => ({ id, active: true }) })
})
const servers: Server[] = []
afterEach(async () => {
  for (const session of gate.sessions) session.socket.terminate()
  gate.stop()
  opened.length = 0
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

const upgrade = (): ReturnType<Gate['upgrade']> => gate.upgrade(new WebSocketServer({ noServer: true }), (_webSocket, session) => opened.push(session.user.id))

interface Waiting {
  readonly server: Server
  readonly responses: readonly ServerResponse[]
  readonly malformed: readonly string[]
  connect(): Promise<RawClient>
}

/** A server whose plain requests are answered when the test says so. */
const start = async (kind: 'hardened' | 'of an embedder'): Promise<Waiting> => {
  const responses: ServerResponse[] = []
  const malformed: string[] = []
  const onRequest = (_request: unknown, response: ServerResponse): void => {
    responses.push(response)
  }
  const server = kind === 'hardened' ? createHardenedServer({ onRequest, onUpgrade: upgrade(), onMalformed: ({ detail }) => malformed.push(detail ?? '') }) : createServer(onRequest).on('upgrade', upgrade())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { server, responses, malformed, connect: () => rawClient(port) }
}

test.each(['hardened', 'of an embedder'] as const)('[A30] C14: on a server %s a handshake behind a request that has no answer yet ends the connection: no answer gets between frames', async (kind) => {
  const { responses, malformed, connect } = await start(kind)
  const client = await connect()
  client.write(plain + handshakeText({ token: await tokenFor() }))
  await client.gone()
  responses[0]?.end('late')
  expect([client.received, opened]).toEqual(['', []])
  const why = 'a handshake behind a request without its answer'
  // A hardened server tells its host; an embedder's has nobody but the gate to tell of it.
  expect(malformed).toEqual(kind === 'hardened' ? [why] : [])
  const decided = [...gate.decisions.newest(10)].map((decision) => (decision.outcome === 'denied' ? [decision.step, decision.denial.reason, decision.denial.detail] : []))
  expect(decided).toEqual(kind === 'hardened' ? [] : [['well_formed', 'bad_request', why]])
})

test('[A30] whoever waits for the answer opens a socket on the same connection', async () => {
  const { responses, connect } = await start('hardened')
  const client = await connect()
  client.write(plain)
  await expect.poll(() => responses.length).toBe(1)
  responses[0]?.end('in time')
  await client.until(() => client.received.endsWith('in time'))
  client.write(handshakeText({ token: await tokenFor() }))
  await client.until(() => client.received.includes('HTTP/1.1 101 '))
  expect(opened).toEqual(['1'])
})

test('[A30] C14: bytes that are no request, behind one that has no answer yet, are not answered in its place', async () => {
  const { responses, connect } = await start('hardened')
  const client = await connect()
  client.write(`${plain}rubbish\r\n\r\n`)
  await client.gone()
  responses[0]?.end('late')
  expect(client.received).toBe('')
})

test('[A30] a request whose own body is at fault is told so, unless its answer has begun', async () => {
  const { responses, connect } = await start('hardened')
  const post = 'POST /page HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n'
  const first = await connect()
  first.write(post)
  await expect.poll(() => responses.length).toBe(1)
  first.write('rubbish\r\n')
  expect((await first.answered()).status).toBe(400)
  const second = await connect()
  second.write(post)
  await expect.poll(() => responses.length).toBe(2)
  responses[1]?.writeHead(200).write('begun')
  await second.until(() => second.received.includes('begun'))
  second.write('rubbish\r\n')
  await second.gone()
  expect(second.received).not.toContain('400')
})

test('[A31] C14: of two thousand requests in one segment a few are worked on, and the connection is dropped', async () => {
  const { responses, malformed, connect } = await start('hardened')
  const client = await connect()
  client.write(plain.repeat(2_000))
  await client.gone()
  expect(responses.length).toBe(maxUnanswered)
  expect(malformed).toEqual([`more than ${String(maxUnanswered)} requests at once`])
})

test('[A31] as many as may wait are answered in their order, and after them as many again', async () => {
  const { responses, connect } = await start('hardened')
  const client = await connect()
  for (const round of [1, 2]) {
    client.write(plain.repeat(maxUnanswered))
    await expect.poll(() => responses.length).toBe(round * maxUnanswered)
    for (const [index, response] of [...responses.entries()].slice(-maxUnanswered).toReversed()) response.end(`answer ${String(index)}.`)
    await client.until(() => client.received.includes(`answer ${String(round * maxUnanswered - 1)}.`))
  }
  expect([...client.received.matchAll(/answer (\d+)/g)].map(([, index]) => Number(index))).toEqual(Array.from({ length: 2 * maxUnanswered }, (_, index) => index))
})

test('[A31] H12: whoever does not take an answer is dropped when nothing moved for as long as the server waits, and whoever takes it is not', async () => {
  const { server, responses, connect } = await start('hardened')
  expect(server.timeout).toBe(60_000)
  server.timeout = 500
  const [reader, hoarder] = [await connect(), await connect()]
  hoarder.socket.pause()
  // Whatever comes is thrown away.
  reader.socket.removeAllListeners('data').resume()
  for (const client of [reader, hoarder]) client.write(plain)
  await expect.poll(() => responses.length).toBe(2)
  // More than the buffers of the kernel take.
  const answer = Buffer.alloc(64 * 2 ** 20)
  const closed = vi.fn()
  for (const response of responses) response.on('close', closed).end(answer)
  await expect.poll(() => closed.mock.calls.length).toBe(2)
  await expect.poll(() => reader.socket.bytesRead).toBeGreaterThan(answer.length)
  hoarder.socket.removeAllListeners('data').resume()
  await hoarder.gone()
  expect(hoarder.socket.bytesRead).toBeLessThan(answer.length)
  reader.end()
})
