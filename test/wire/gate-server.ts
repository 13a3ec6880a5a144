import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { createMemoryLimits, type MemoryLimits } from '../../dist/stores/memory/memory-limits.js'
import { createGate, defaultLimits, type Gate, type GateOptions, type LimitsConfig, type Session, type User } from '../../dist/index.js'
import { mintToken, type MintOptions } from '../../dist/admission/token/mint-token.js'
import { checkForm } from '../../dist/admission/steps/well-formed.js'
import { handshakeFromRequest } from '../../dist/node/handshake-from-request.js'
import { createHardenedServer } from '../../dist/node/hardened-server.js'
import { receiveText } from '../../dist/node/receive-text.js'
import { deny, type Denial } from '../../dist/protocol/denial.js'
import { problemOf } from '../../dist/protocol/problem.js'
import { limits as sizes } from '../../dist/protocol/size.js'
import { encodeTextFrame } from '../../dist/session/text-frame.js'
import { rawClient, type RawClient } from './raw-client.js'

/** Known to everybody who reads this: for tests only. */
export const testSecret = 'the grey heron waits by the river until seventy small fish come back again'

export const page = 'https://app.example'

/** A token of user 1 in the standard profile, good now and for an hour. */
export const tokenFor = (change: Partial<MintOptions> = {}): Promise<string> =>
  mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: '1', lifetimeMs: 3_600_000, at: Date.now(), ...change })

export interface GateServerOptions extends Partial<Omit<GateOptions, 'limits'>> {
  readonly limits?: Partial<LimitsConfig>
  /** Address to listen on (default 127.0.0.1). */
  readonly host?: string
  /** Whether plain handshakes are read before Node's parser sees them (default `true`). */
  readonly fastLane?: boolean
  /** What the handler does with a message, after it was written down. */
  readonly received?: (session: Session, text: string) => Promise<void> | void
}

export interface HandshakeParts {
  readonly method?: string
  readonly target?: string
  readonly token?: string
  readonly origin?: string
  readonly host?: string
  /** More header lines, each without its line end. */
  readonly lines?: readonly string[]
}

/** A whole handshake as bytes of latin1. */
export const handshakeText = ({ method = 'GET', target = '/ws/', token, origin, host = '127.0.0.1', lines = [] }: HandshakeParts = {}): string =>
  [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(origin === undefined ? [] : [`Origin: ${origin}`]),
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...lines,
    '',
    '',
  ].join('\r\n')

export interface GateServer {
  readonly port: number
  readonly gate: Gate
  readonly limits: MemoryLimits
  /** Messages that reached the handler. */
  readonly received: readonly string[]
  /** Ends of sessions: the code that the socket closed with, and why. */
  readonly ended: readonly (readonly [code: number, reason: string])[]
  /** What a handler threw. */
  readonly failures: readonly unknown[]
  /** Reasons of what never became a request. */
  readonly malformed: readonly string[]
  /** Writes a handshake on a new connection. */
  knock(parts?: HandshakeParts, from?: Parameters<typeof rawClient>[1]): Promise<RawClient>
  /** The same, and waits until it is let in; throws when it is not. */
  enter(parts?: HandshakeParts, from?: Parameters<typeof rawClient>[1]): Promise<RawClient>
  /** What is counted as being there: sockets, leases, handshakes in flight, connections. */
  counted(): Promise<{ readonly sockets: number; readonly leases: number; readonly inFlight: number; readonly connections: number }>
  close(): Promise<void>
}

/** Limits that no test meets by accident; all of them come from one address. */
const roomy: LimitsConfig = {
  ...defaultLimits,
  userConnects: { max: 1_000_000, windowMs: 60_000 },
  addressConnects: { max: 1_000_000, windowMs: 60_000 },
  userSockets: 10_000,
  addressSockets: 10_000,
}

/** Why a request that came as plain HTTP is no handshake. */
const whyNoHandshake = (request: IncomingMessage): Denial =>
  checkForm(handshakeFromRequest(request, 0), undefined) ?? deny('bad_request', { status: 426, detail: 'not an upgrade' })

const lives: Readonly<Record<string, boolean>> = { 1: true, 2: true, 3: true, 4: false }

/** A server as an embedder builds one: the gate, `ws` and Node's own server, listening on loopback. */
export const startGateServer = async (options: GateServerOptions = {}): Promise<GateServer> => {
  const { limits: limitsConfig, host = '127.0.0.1', fastLane = true, received: onReceived, events, capacity, ...gateOptions } = options
  const limits = createMemoryLimits({ ...roomy, ...limitsConfig })
  const ended: (readonly [number, string])[] = []
  const received: string[] = []
  const failures: unknown[] = []
  const malformed: string[] = []
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id): User | undefined => {
      const active = lives[id]
      return active === undefined ? undefined : { id, active }
    },
    addressBudget: { capacity: 1_000_000, refillPerSecond: 1_000_000 },
    ladder: { mode: 'off' },
    limitsStore: limits,
    ...gateOptions,
    // The loop of a test holds its clients too, on a machine with other work: being late is no reason here unless a test says so.
    capacity: { maxLoopDelayMs: 60_000, ...capacity },
    events: {
      ...events,
      closed(session, code, reason) {
        ended.push([code, reason])
        events?.closed?.(session, code, reason)
      },
    },
  })
  const webSocketOptions = { noServer: true, maxPayload: sizes.frameBytes, maxFragments: 128, maxBufferedChunks: 1_024, perMessageDeflate: false, clientTracking: false, closeTimeout: 2_000 }
  const webSockets = new WebSocketServer({ ...webSocketOptions, handleProtocols: (offered) => (offered.has('sallyport.v1') ? 'sallyport.v1' : false) })
  const say = (session: Session, value: object): void => session.socket.write(encodeTextFrame(JSON.stringify(value)))
  const server = createHardenedServer({
    fastLane,
    onRequest(request, response) {
      const { status, headers, body } = problemOf(whyNoHandshake(request), 'request')
      response.writeHead(status, { ...headers, 'Connection': 'close', 'Content-Length': Buffer.byteLength(body) })
      response.end(body)
    },
    onUpgrade: gate.upgrade(webSockets, (webSocket, session) => {
      receiveText(
        webSocket,
        session,
        gate.sessions,
        {
          opened: (opened) => {
            say(opened, { type: 'hello', user: opened.user.id })
          },
          async received(talking, text) {
            received.push(text)
            await onReceived?.(talking, text)
            try {
              JSON.parse(text)
            } catch {
              say(talking, { type: 'error', error: 'not JSON' })
            }
          },
          closed: () => undefined,
        },
        { failed: (error) => failures.push(error) },
      )
    }),
    onMalformed: ({ detail }) => malformed.push(detail ?? ''),
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address: AddressInfo | string | null = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const { port } = address
  const clients = new Set<RawClient>()

  const knock = async (parts: HandshakeParts = {}, from: Parameters<typeof rawClient>[1] = {}): Promise<RawClient> => {
    const client = await rawClient(port, from)
    clients.add(client)
    client.write(handshakeText(parts))
    return client
  }

  return {
    port,
    gate,
    limits,
    received,
    ended,
    failures,
    malformed,
    knock,
    async enter(parts = {}, from = {}) {
      const client = await knock({ ...parts, token: parts.token ?? (await tokenFor()) }, from)
      const { status, texts } = await client.until((answer) => answer.bodyIsWhole || answer.texts.length > 0 || answer.closeCode !== undefined)
      if (status !== 101 || texts.length === 0) throw new Error(`not let in: ${client.received.slice(0, 400)}`)
      return client
    },
    async counted() {
      const connections = await new Promise<number>((resolve, reject) => {
        server.getConnections((error, count) => {
          if (error === null) resolve(count)
          else reject(error)
        })
      })
      return { sockets: gate.sessions.count, leases: limits.openSockets, inFlight: gate.load.inFlight, connections }
    },
    async close() {
      for (const client of clients) client.end()
      for (const session of gate.sessions) session.socket.terminate()
      gate.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Nothing is there that is counted. */
export const nobody = { sockets: 0, leases: 0, inFlight: 0, connections: 0 }
