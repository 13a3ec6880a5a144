import { once } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Decision } from '../../dist/index.js'
import { nobody, page, tokenFor, type GateServer } from './gate-server.js'
import { gateServers } from './gate-servers.js'
import { clientFrame } from './raw-client.js'

let decided: Decision[] = []
beforeEach(() => {
  decided = []
})
const start = gateServers({ carriers: ['header', 'subprotocol', 'first-frame'], events: { decided: (decision) => decided.push(decision) } })
// Before the servers of a test are closed, which takes time.
afterEach(() => {
  vi.useRealTimers()
})

/** A client that offers `sallyport.v1` and no token, once its handshake is answered. */
const join = async (server: GateServer, { protocols = ['sallyport.v1'], origin }: { readonly protocols?: readonly string[]; readonly origin?: string } = {}) => {
  const socket = new WebSocket(`ws://127.0.0.1:${String(server.port)}/ws/`, [...protocols], origin === undefined ? {} : { origin })
  const heard: string[] = []
  socket.on('message', (data: Buffer) => heard.push(data.toString()))
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve(`${String(code)} ${reason.toString().split(' ')[0] ?? ''}`)
    })
  })
  const status = await new Promise<number>((resolve) => {
    socket.on('open', () => {
      resolve(101)
    })
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
  })
  return { socket, heard, closed, status, say: (value: object | string) => { socket.send(typeof value === 'string' ? value : JSON.stringify(value)) } }
}
const authenticate = (token: string) => ({ id: 1, type: 'authenticate', token })
const last = (): string | undefined => {
  const decision = decided.at(-1)
  return decision && (decision.outcome === 'admitted' ? 'admitted' : `${decision.denial.reason} at ${decision.step}`)
}

test('[O8] [O9] a socket without a token waits, and its first frame lets it in; what came right behind is not lost', async () => {
  const server = await start({ lookupUser: (id) => new Promise((resolve) => setImmediate(() => { resolve({ id, active: true }) })) })
  const { socket, heard, say, status } = await join(server)
  expect(status).toBe(101)
  expect([server.gate.sessions.count, decided]).toEqual([0, []])
  const token = await tokenFor()
  socket.send(JSON.stringify(authenticate(token)))
  for (let count = 0; count < 5; count += 1) say({ count })
  await expect.poll(() => server.received).toEqual([0, 1, 2, 3, 4].map((count) => JSON.stringify({ count })))
  await expect.poll(() => heard.length).toBeGreaterThanOrEqual(2)
  expect(JSON.parse(heard[0] ?? '')).toEqual({ re: 1, type: 'ok', expiresAt: expect.any(Number) })
  expect(JSON.parse(heard[1] ?? '')).toEqual({ type: 'hello', user: '1' })
  expect(last()).toBe('admitted')
  expect(decided[0]?.steps.find(({ name }) => name === 'credential')?.detail).toBe('first-frame')
  expect(JSON.stringify(decided)).not.toContain(token.split('.')[2])
  say({ later: true })
  await expect.poll(() => server.received.at(-1)).toBe('{"later":true}')
  socket.close()
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[O8] nothing is pushed to who waits', async () => {
  const server = await start()
  const waiting = await join(server)
  server.gate.sessions.forUser('1').close({ reason: 'session_ended' })
  waiting.socket.ping()
  await once(waiting.socket, 'pong')
  expect(waiting.heard).toEqual([])
})

test('[O10] H56: who sends nothing is closed after 5 s with auth_timeout, and not before', async () => {
  const server = await start()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { socket, closed, heard } = await join(server)
  await vi.advanceTimersByTimeAsync(4_990)
  socket.ping()
  await once(socket, 'pong')
  await vi.advanceTimersByTimeAsync(20)
  expect(await closed).toBe('4401 auth_timeout')
  expect([heard, last()]).toEqual([[], 'auth_timeout at credential'])
})

const frames: readonly (readonly [name: string, frame: () => Promise<string | Buffer>, close: string, decision: string])[] = [
  ['another command', () => Promise.resolve('{"id":1,"type":"subscribe","topic":"customers"}'), '4401 token_missing', 'token_missing at credential'],
  ['no JSON', () => Promise.resolve('token'), '4401 token_missing', 'token_missing at credential'],
  ['a binary frame', () => Promise.resolve(Buffer.from('{}')), '1003 frame_wrong_type', 'frame_wrong_type at credential'],
  ['more than 4 KiB', () => Promise.resolve(JSON.stringify(authenticate('x'.repeat(4_097)))), '1009 ', 'frame_too_big at credential'],
  ['a forged token', async () => JSON.stringify(authenticate(`${(await tokenFor()).slice(0, -4)}AAAA`)), '4401 token_invalid', 'token_invalid at token'],
  ['an expired token', async () => JSON.stringify(authenticate(await tokenFor({ at: Date.now() - 7_200_000 }))), '4401 token_expired', 'token_expired at token'],
  ['the token of a disabled user', async () => JSON.stringify(authenticate(await tokenFor({ subject: '4' }))), '4401 token_invalid', 'user_disabled at user'],
]
test.for(frames)('[O10] %s is closed', async ([, frame, close, decision]) => {
  const server = await start({ refusals: 'http' })
  const { socket, closed, heard } = await join(server)
  socket.send(await frame())
  expect(await closed).toBe(close)
  expect([heard, last()]).toEqual([[], decision])
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test.each([
  ['pings', clientFrame(9)],
  ['pongs', clientFrame(10)],
])('[O10] H15: who floods with %s in place of a first frame is closed at once', async (_what, frame) => {
  const server = await start()
  const client = await server.knock({ lines: ['Sec-WebSocket-Protocol: sallyport.v1'] })
  await client.answered()
  client.write(Buffer.concat(Array.from({ length: 1_000 }, () => frame)))
  // A peer whose pings come faster than their pongs can be written is dropped without a word.
  expect([undefined, 4429]).toContain((await client.closed()).closeCode)
  await expect.poll(last).toBe('too_many_messages at credential')
  client.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[O9] a ban that came while a socket waited refuses it, and its limits are counted when it is let in', async () => {
  const server = await start({ limits: { userConnects: { max: 1, windowMs: 60_000 } } })
  const [first, second, third] = [await join(server), await join(server), await join(server)]
  first.say(authenticate(await tokenFor()))
  await expect.poll(() => server.gate.sessions.count).toBe(1)
  second.say(authenticate(await tokenFor()))
  expect(await second.closed).toBe('4429 rate_limited')
  await server.gate.bans.add({ kind: 'network', network: '127.0.0.0/8' }, { reason: 'abuse', actor: 'grace', force: true })
  third.say(authenticate(await tokenFor()))
  expect(await third.closed).toBe('4403 address_banned')
})

test('[O11] 100 of an address wait at once, and no more; a place is free again when one goes', async () => {
  const server = await start({ refusals: 'http' })
  const waiting = await Promise.all(Array.from({ length: 100 }, () => join(server)))
  expect(waiting.filter(({ status }) => status === 101)).toHaveLength(100)
  expect((await join(server)).status).toBe(429)
  expect(last()).toBe('too_many_connections at credential')
  waiting[0]?.socket.terminate()
  await expect.poll(async () => (await join(server)).status).toBe(101)
  expect(last()).toBe('auth_timeout at credential')
})

test('[O11] a draining server sends away who waits', async () => {
  const server = await start()
  const { closed, heard } = await join(server)
  await server.gate.drain(50)
  expect(await closed).toBe('1012 draining')
  expect(heard.map((text): unknown => JSON.parse(text))).toEqual([expect.objectContaining({ type: 'session.closing' })])
})

test('[O12] who offers no sallyport.v1 does not wait, and neither does anybody where the carrier is not enabled', async () => {
  const server = await start({ refusals: 'http', dialect: 'classic.v2' })
  expect((await join(server, { protocols: [] })).status).toBe(401)
  expect((await join(await start({ refusals: 'http', carriers: ['header'] }))).status).toBe(401)
})

test('[O12] an Origin outside the list is refused before it could wait, and a token in the handshake needs no frame', async () => {
  const server = await start({ origins: [page] })
  expect((await join(server, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await join(server, { origin: page })).status).toBe(101)
  const { heard } = await join(server, { origin: page, protocols: ['sallyport.v1', `sallyport.bearer.${await tokenFor()}`] })
  await expect.poll(() => heard).toEqual(['{"type":"hello","user":"1"}'])
})

test('[O9] B7: guessing tokens by first frames runs the budget of the address dry', async () => {
  const server = await start({ addressBudget: { capacity: 20, refillPerSecond: 0.01 }, refusals: 'http' })
  const ends: string[] = []
  for (let tries = 0; tries < 6; tries += 1) {
    const { status, closed, say } = await join(server)
    if (status === 101) say(authenticate(`${(await tokenFor({ tokenId: String(tries) })).slice(0, -4)}AAAA`))
    ends.push(status === 101 ? await closed : String(status))
  }
  expect(ends).toEqual(['4401 token_invalid', '4401 token_invalid', '4401 token_invalid', '4401 token_invalid', '429', '429'])
})
