import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { deferred } from '../../dist/admission/testing/deferred.js'
import { openFastLane, type FastLane, type User } from '../../dist/index.js'
import { createHardenedServer } from '../../dist/node/hardened-server.js'
import { handshakeText, nobody, startGateServer, tokenFor, type GateServer } from './gate-server.js'
import { rawClient, textFrame } from './raw-client.js'

/** What a server made of a connection: the event, and what it told of the request. */
type Seen = readonly [event: string, ...about: readonly unknown[]]

interface Stage {
  readonly server: Server
  readonly port: number
  readonly lane: FastLane | undefined
  readonly seen: Seen[]
}

const undo: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

const about = ({ method, url, httpVersion, headers, rawHeaders }: IncomingMessage): readonly unknown[] => [method, url, httpVersion, headers, rawHeaders]

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  undo.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return address.port
}

/** A server without a gate, which answers everything with one word and hangs up, so that two servers can be compared. */
const stage = async (open: boolean, options: ServerOptions = {}): Promise<Stage> => {
  const seen: Seen[] = []
  const server = createServer(options, (request, response) => {
    seen.push(['request', ...about(request)])
    response.writeHead(200, { Connection: 'close', Date: 'today' })
    response.end('request')
  })
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    seen.push(['upgrade', ...about(request), head.toString('latin1')])
    connection.on('error', () => undefined)
    connection.end('upgrade')
  })
  server.on('clientError', (error: Error, connection: Duplex) => {
    seen.push(['clientError', 'code' in error ? error.code : undefined])
    connection.end('clientError')
  })
  const lane = open ? openFastLane(server) : undefined
  return { server, port: await listen(server), lane, seen }
}

/** Writes chunks one after the other, each in a packet of its own, and waits for the end. */
const ask = async (port: number, chunks: readonly string[]): Promise<string> => {
  const client = await rawClient(port)
  for (const chunk of chunks) {
    client.write(chunk)
    await new Promise((resolve) => setImmediate(resolve))
  }
  client.socket.end()
  await client.gone()
  return client.received
}

/**
 * What was seen, but for an error behind a request: the server hangs up once it has answered, and whether it still reads that the client went in the
 * middle of a body is a race that Node has with itself.
 */
const settled = (seen: readonly Seen[]): readonly Seen[] => {
  const answered = seen.findIndex(([event]) => event === 'request')
  return answered === -1 ? seen : seen.filter(([event], index) => index <= answered || event !== 'clientError')
}

const both = async (options?: ServerOptions) => {
  const fast = await stage(true, options)
  const slow = await stage(false, options)
  return {
    fast,
    slow,
    /** Asks both the same and compares what they made of it. */
    async agreeOn(...chunks: readonly string[]): Promise<void> {
      const said = await ask(fast.port, chunks)
      expect(said).toBe(await ask(slow.port, chunks))
      expect(settled(fast.seen.splice(0))).toEqual(settled(slow.seen.splice(0)))
    },
  }
}

const plain = handshakeText({ target: '/ws/?token=a', origin: 'https://app.example', lines: ['User-Agent: test'] })

test('[A28] a plain handshake is the same upgrade event by either lane, and so is one that is split anywhere', async () => {
  const { fast, slow, agreeOn } = await both()
  expect(await ask(fast.port, [plain])).toBe('upgrade')
  expect(fast.seen[0]?.slice(0, 3)).toEqual(['upgrade', 'GET', '/ws/?token=a'])
  await ask(slow.port, [plain])
  expect(fast.seen.splice(0)).toEqual(slow.seen.splice(0))
  for (let at = 1; at < plain.length; at += 1) await agreeOn(plain.slice(0, at), plain.slice(at))
})

test('[A28] mutated handshakes are judged alike by either lane', async () => {
  const { agreeOn } = await both()
  const bytes = fc.string({ maxLength: 6, unit: fc.constantFrom('\r', '\n', ' ', '\t', ':', '\0', 'a', '/', '\u00e9', 'Host: b\r\n', 'Content-Length: 3\r\n') })
  await fc.assert(
    fc.asyncProperty(fc.nat(plain.length), fc.nat(4), bytes, async (at, cut, put) => {
      await agreeOn(plain.slice(0, at) + put + plain.slice(at + cut))
    }),
    { numRuns: 300 },
  )
})

test('[A28] a frame, a second handshake and plain requests behind or before a handshake are judged alike', async () => {
  const { agreeOn } = await both()
  await agreeOn(`${plain}\x81\x80\0\0\0\0`)
  await agreeOn(plain + plain)
  await agreeOn('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await agreeOn('GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n', plain)
  await agreeOn('\x16\x03\x01\x02\x00')
  await agreeOn('SSH-2.0-x\r\n')
  await agreeOn('')
})

test('[A28] a server without an upgrade listener, or whose own rule says no, sees a request', async () => {
  const { fast, slow, agreeOn } = await both()
  for (const { server } of [fast, slow]) server.removeAllListeners('upgrade')
  await agreeOn(plain)
  const ruled = await stage(true)
  let asked = 0
  Reflect.set(ruled.server, 'shouldUpgradeCallback', ({ url }: IncomingMessage) => {
    asked += 1
    return url !== '/ws/?token=a'
  })
  await ask(ruled.port, [plain])
  expect(asked).toBeGreaterThan(0)
})

test('[A28] a header limit of the server is the lane\u2019s too', async () => {
  const { agreeOn } = await both({ maxHeaderSize: 200 })
  await agreeOn(handshakeText({ lines: [`X-Long: ${'a'.repeat(300)}`] }))
})

test('[A28] a connection that says nothing for half a second is waited for by node:http, with its time and its answer', async () => {
  const { port, seen } = await stage(true, { headersTimeout: 200, connectionsCheckingInterval: 50 })
  const client = await rawClient(port)
  await client.gone()
  expect(client.received).toBe('clientError')
  expect(seen).toEqual([['clientError', 'ERR_HTTP_REQUEST_TIMEOUT']])
})

test('[A28] a server that closes waits at most half a second for a silent connection', async () => {
  const { server, port } = await stage(true)
  const client = await rawClient(port)
  const closed = new Promise((resolve) => server.close(resolve))
  await client.gone()
  await closed
})

test('[A28] listeners of others stay, and a closed lane leaves the server as it was', async () => {
  const { server, port, lane, seen } = await stage(true)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  await ask(port, [plain])
  lane?.close()
  lane?.close()
  await ask(port, [plain])
  expect(connections).toBe(2)
  expect(seen.map(([event]) => event)).toEqual(['upgrade', 'upgrade'])
  expect(server.listeners('connection').map(({ name }) => name)[0]).toBe('connectionListener')
})

test('[A28] a server whose own connection listener is gone is left alone', () => {
  const server = createServer()
  server.removeAllListeners('connection')
  expect(openFastLane(server)).toBeUndefined()
  expect(server.listenerCount('connection')).toBe(0)
})

test('[A28] a server without the lane has the connection listener of Node', () => {
  const onUpgrade = (): void => undefined
  const first = (fastLane: boolean): string | undefined => createHardenedServer({ onRequest: onUpgrade, onUpgrade, fastLane }).listeners('connection')[0]?.name
  expect(first(false)).toBe('connectionListener')
  expect(first(true)).not.toBe('connectionListener')
})

test('[A28] a peer that resets or ends a silent connection harms nobody', async () => {
  const { server, port } = await stage(true)
  const left = await rawClient(port)
  left.reset()
  await left.gone()
  const ended = await rawClient(port)
  ended.socket.end()
  await ended.gone()
  expect(await ask(port, [plain])).toBe('upgrade')
  expect(await new Promise((resolve) => server.getConnections((_error, count) => { resolve(count) }))).toBe(0)
})

test('[A28] under TLS the lane stands behind the encryption', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tls-'))
  undo.push(() => rm(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-days', '1'])
  const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) })
  const seen: string[] = []
  server.on('upgrade', ({ url }: IncomingMessage, connection: Socket) => {
    seen.push(url ?? '')
    connection.end('upgrade')
  })
  expect(openFastLane(server)).toBeDefined()
  const port = await listen(server)
  const said = await new Promise<string>((resolve, reject) => {
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    client.setEncoding('latin1')
    let text = ''
    client.on('data', (chunk: string) => (text += chunk))
    client.on('error', reject)
    client.on('close', () => { resolve(text) })
    client.on('secureConnect', () => client.write(plain))
  })
  expect([said, seen]).toEqual(['upgrade', ['/ws/?token=a']])
})

test('[A22] [A28] frames that come through the lane while the user is looked for wait for the decision', async () => {
  const user = deferred<User | undefined>()
  let asked = false
  const server = await startGateServer({
    lookupUser() {
      asked = true
      return user.promise
    },
  })
  undo.push(() => server.close())
  const client = await server.knock({ token: await tokenFor() })
  await expect.poll(() => asked).toBe(true)
  client.write(textFrame('"first"'))
  // The server has read on by the time it answers somebody else.
  const other = await rawClient(server.port)
  other.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await other.gone()
  user.resolve({ id: '1', active: true })
  await client.answered()
  await client.roundTrip()
  expect(server.received).toEqual(['"first"'])
})

test('[A28] after a thousand connects through the lane nothing stays counted', async () => {
  const server: GateServer = await startGateServer()
  undo.push(() => server.close())
  const token = await tokenFor()
  for (let round = 0; round < 20; round += 1) {
    const clients = await Promise.all(Array.from({ length: 50 }, () => server.enter({ token })))
    for (const client of clients) client.end()
    await Promise.all(clients.map((client) => client.gone()))
  }
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(server.ended).toHaveLength(1_000)
})
