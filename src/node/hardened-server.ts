import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { decisionId } from '../admission/decision-id.js'
import { deny, type Denial } from '../protocol/denial.js'
import { limits } from '../protocol/size.js'
import { openFastLane } from './fast-lane.js'
import { owesAnswer } from './owed-answer.js'
import { boundPipelining, maxUnanswered } from './pipelining.js'
import { createPlainEnds } from './plain-ends.js'
import { checkPlainRequest } from './plain-request.js'
import { beginsAsProxyProtocol } from './proxy-protocol.js'
import { refuse } from './refuse.js'
import { createDepartures } from './turns.js'

/** Field lines a request may have; more are no handshake of anybody's browser. */
const maxHeaders = 100

export interface HardenedServerOptions {
  /** Answers what is no handshake. */
  readonly onRequest: RequestListener
  /** Answers a well-delivered upgrade, such as `gate.upgrade(…)`. */
  readonly onUpgrade: (request: IncomingMessage, connection: Duplex, head: Buffer) => void
  /** Told of what never became a request. */
  readonly onMalformed?: (denial: Denial, decisionId: string) => void
  /** Whether plain handshakes are read before node:http sees them (default `true`). */
  readonly fastLane?: boolean
}

/**
 * Makes a `node:http` server whose every early answer is ours: what Node's parser refuses, lets time out, or hands over by other events.
 *
 * Header block up to 16 KiB and 100 fields, whole within 5 s, checked ten times a second; a connection that is refused is destroyed, and so is one of plain HTTP
 * on which nothing moved for a minute (`server.timeout`). Thousands that are too slow, or leave, at once are seen off a few in each turn of the event loop.
 */
export const createHardenedServer = ({ onRequest, onUpgrade, onMalformed, fastLane = true }: HardenedServerOptions): Server => {
  const unreadable = new WeakSet<Duplex>()
  const leaving = createDepartures()
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      // With the half second a connection may be silent in the fast lane: 5 s.
      headersTimeout: fastLane ? 4_500 : 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 100,
      keepAliveTimeout: 5_000,
      insecureHTTPParser: false,
      // A request without Host is refused by our own words.
      requireHostHeader: false,
      noDelay: true,
    },
    boundPipelining(
      (request, response) => {
        // What came too late is no request any more: its connection waits to be seen off.
        if (unreadable.has(request.socket)) return
        const fault = checkPlainRequest(request)
        if (fault === undefined) onRequest(request, response)
        else turnAway(request.socket, fault)
      },
      () => {
        onMalformed?.(deny('bad_request', { detail: `more than ${String(maxUnanswered)} requests at once` }), decisionId())
      },
    ),
  )
  // By itself Node waits for ever for a peer that does not take its answer. Whoever takes some of it, or streams with a pulse, goes on; an upgraded connection has a heartbeat of its own.
  server.timeout = 60_000
  // Node drops what is beyond this count in silence, so it has to be one that we refuse ourselves.
  server.maxHeadersCount = 2_000

  const turnAway = (connection: Duplex, denial: Denial): void => {
    const id = decisionId()
    onMalformed?.(denial, id)
    if (owesAnswer(connection)) connection.destroy()
    else refuse(connection, denial, id)
  }

  const ends = createPlainEnds(server, leaving)
  server.on('connection', (connection: Duplex) => {
    connection.on('error', ignore)
  })
  server.on('clientError', (error: Error, connection: Duplex) => {
    // Whoever is refused and resets the connection is one event, not two.
    if (unreadable.has(connection)) return
    unreadable.add(connection)
    const denial = parserDenial(error)
    if (tooSlow(error)) leaving.take(() => {
      turnAway(connection, denial)
    })
    else if (endedWithin(error)) leaving.take(() => {
      onMalformed?.(denial, decisionId())
      connection.destroy()
    })
    else turnAway(connection, denial)
  })
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    ends.letGo(connection)
    if (unreadable.has(connection)) return
    if (request.rawHeaders.length > maxHeaders * 2) turnAway(connection, deny('bad_request', { status: 431, detail: 'too many header fields' }))
    else if (owesAnswer(connection)) turnAway(connection, deny('bad_request', { detail: 'a handshake behind a request without its answer' }))
    else onUpgrade(request, connection, head)
  })
  server.on('connect', (_request: IncomingMessage, connection: Duplex) => {
    ends.letGo(connection)
    turnAway(connection, deny('bad_request', { status: 405, detail: 'method is CONNECT' }))
  })
  const notExpected = (request: IncomingMessage): void => {
    turnAway(request.socket, deny('bad_request', { detail: 'nothing is to be expected here' }))
  }
  server.on('checkContinue', notExpected)
  server.on('checkExpectation', notExpected)
  if (fastLane) openFastLane(server)
  return server
}

const ignore = (): void => undefined

/** Whether the peer has ended the connection within a request. Nobody reads an answer then, and writing one is half of the work when thousands leave at once. */
const endedWithin = (error: Error): boolean => 'code' in error && error.code === 'HPE_INVALID_EOF_STATE'

/** Whether no whole request came in its time. */
const tooSlow = (error: Error): boolean => 'code' in error && error.code === 'ERR_HTTP_REQUEST_TIMEOUT'

const parserDenial = (error: Error): Denial => {
  const code = 'code' in error ? error.code : undefined
  if (code === 'HPE_HEADER_OVERFLOW') return deny('bad_request', { status: 431, detail: 'header block is too large' })
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return deny('bad_request', { status: 408, detail: 'no whole request in time' })
  const packet: unknown = 'rawPacket' in error ? error.rawPacket : undefined
  if (packet instanceof Uint8Array && beginsAsProxyProtocol(packet)) return deny('bad_request', { detail: 'the PROXY protocol is not spoken here' })
  return deny('bad_request', { detail: typeof code === 'string' ? code : 'unreadable request' })
}
