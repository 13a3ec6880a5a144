import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import { withoutBlanks } from '../admission/blanks.js'
import type { Admitted, Decision, Denied } from '../admission/decision.js'
import type { Handshake } from '../admission/handshake.js'
import { shown } from '../admission/shown.js'
import type { User } from '../admission/user.js'
import type { Waiting } from '../admission/waiting.js'
import { deny } from '../protocol/denial.js'
import { farewell } from '../protocol/farewell.js'
import type { AuthenticateReply } from '../protocol/reply.js'
import { bearerPrefix } from '../protocol/subprotocol.js'
import { createSession, type LiveSession, type Session } from '../session/session.js'
import type { SessionRegistry } from '../session/sessions.js'
import { answerIn, type Refusals } from './answer-in.js'
import { checkMaxPayload } from './check-max-payload.js'
import { checkNoServer } from './check-no-server.js'
import { readFirstFrame, type FirstFrame } from './first-frame.js'
import { frameFault } from './frame-fault.js'
import { guardClose, guardReceiver, lingerAtFault } from './close-guards.js'
import { watchControlFrames } from './control-frames.js'
import { handshakeFromRequest } from './handshake-from-request.js'
import { createLeaveInTurn } from './leave-in-turn.js'
import { owesAnswer } from './owed-answer.js'
import { refuse } from './refuse.js'
import { shareSocketShapes } from './share-socket-shapes.js'
import { shareTickShapes } from './share-tick-shapes.js'
import { createDepartures, createHandshakeTurns } from './turns.js'
import { WsSocket } from './ws-socket.js'

export interface UpgradeHost<U extends User> {
  readonly refusals: Refusals
  readonly sessions: SessionRegistry<U>
  /** A decision at once where nothing has to be waited for, or none yet where the first frame may bring the credential. */
  admit(handshake: Handshake): Decision<U> | Promise<Decision<U>> | Waiting<U>
  /** Told of a handshake whose connection is dropped, as its peer did not wait for the answer to an earlier request. */
  outOfTurn(handshake: Handshake): void
  /** Gives the lease of an admission back whose peer had left before it could be used. */
  abandoned(decision: Admitted<U>): void
  readonly now: () => number
}

/**
 * Makes the listener for a server's `upgrade` event.
 *
 * The connection has an error listener from its first byte, so a peer that resets it at any moment harms nobody. Bytes that came with the
 * handshake wait in the connection, unread, until the decision is made; then they are the first frames. A connection whose peer did not wait for the answer to
 * an earlier request is dropped.
 *
 * @param wss - A `WebSocketServer` with `noServer: true`; its own limits (`maxPayload`, `maxFragments`, …) are the embedder's to set.
 * @param onSession - Called once per admitted socket, synchronously with its opening: no frame can be lost before a listener is added.
 * @throws TypeError when the server takes handshakes by itself, RangeError when its `maxPayload` would be no bound.
 */
export const createUpgrade = <U extends User>(
  host: UpgradeHost<U>,
  wss: WebSocketServer,
  onSession: (webSocket: WebSocket, session: Session<U>) => void,
): ((request: IncomingMessage, connection: Duplex, head: Buffer) => void) => {
  if (typeof onSession !== 'function') throw new TypeError(`Cannot take handshakes as "onSession" must be a function of the socket and its session: current value is ${shown(onSession)}`)
  checkNoServer(wss.options)
  checkMaxPayload(wss.options.maxPayload)
  shareTickShapes()
  shareSocketShapes()
  const turns = createHandshakeTurns()
  const leaveInTurn = createLeaveInTurn(createDepartures())
  return (request, connection, head) => {
    connection.on('error', ignore)
    const receivedAt = host.now()
    // The answer to an earlier request would be written between the frames.
    if (owesAnswer(connection)) {
      const handshake = handshakeFromRequest(request, receivedAt)
      connection.destroy()
      host.outOfTurn(handshake)
      return
    }
    turns.take(() => {
      receive({ host, wss, request, connection, head, leaveInTurn, onSession }, receivedAt)
    })
  }
}

interface Arrival<U extends User> {
  readonly host: UpgradeHost<U>
  readonly wss: WebSocketServer
  readonly request: IncomingMessage
  readonly connection: Duplex
  readonly head: Buffer
  /** Called for each connection that becomes a WebSocket. */
  readonly leaveInTurn: (connection: Duplex) => void
  readonly onSession: (webSocket: WebSocket, session: Session<U>) => void
}

/** A reset peer is no event of ours: the connection closes by itself after an error. */
const ignore = (): void => undefined

const receive = <U extends User>(arrival: Arrival<U>, receivedAt: number): void => {
  const { host, request } = arrival
  try {
    const decision = host.admit(handshakeFromRequest(request, receivedAt))
    if (decision instanceof Promise) void receiveLater(arrival, decision)
    else if (decision.outcome === 'waiting') acceptWaiting(arrival, decision)
    else answer(arrival, decision)
  } catch (error) {
    blame(arrival, error)
  }
}

const receiveLater = async <U extends User>(arrival: Arrival<U>, deciding: Promise<Decision<U>>): Promise<void> => {
  const { host, connection } = arrival
  try {
    const decision = await deciding
    if (!connection.destroyed) answer(arrival, decision)
    else if (decision.outcome === 'admitted') host.abandoned(decision)
  } catch (error) {
    blame(arrival, error)
  }
}

const answer = <U extends User>(arrival: Arrival<U>, decision: Decision<U>): void => {
  if (decision.outcome === 'admitted') accept(arrival, decision)
  else turnAway(arrival, decision)
}

/** Admission answers with values, so only an embedder's own code fails here: the peer is dropped, and the embedder hears of it. */
const blame = <U extends User>({ connection }: Arrival<U>, error: unknown): void => {
  connection.destroy()
  queueMicrotask(() => {
    throw error
  })
}

const accept = <U extends User>(arrival: Arrival<U>, decision: Admitted<U>): void => {
  const { host } = arrival
  let opened = false
  try {
    handUp(arrival, (webSocket) => {
      opened = true
      openSession(arrival, webSocket, decision)
    })
  } finally {
    // A `verifyClient` with a call-back answers later; ws answers by itself what it finds wrong in a handshake that we found right, and a listener of the
    // embedder's may throw. Where nobody opened the session, its place is free when the connection is gone.
    if (!opened) {
      whenGone(arrival.connection, () => {
        if (!opened) host.abandoned(decision)
      })
    }
  }
}

const whenGone = (connection: Duplex, gone: () => void): void => {
  if (connection.destroyed) gone()
  else connection.once('close', gone)
}

const openSession = <U extends User>({ host, connection, onSession }: Arrival<U>, webSocket: WebSocket, decision: Admitted<U>, reply?: AuthenticateReply): void => {
  const socket = new WsSocket(webSocket, connection)
  const session: LiveSession<U> = createSession(decision, socket, host.now())
  webSocket.on('error', (error) => {
    const reason = frameFault(error)
    if (reason !== undefined) host.sessions.faulted(session, reason)
  })
  watchControlFrames(
    webSocket,
    () => {
      host.sessions.heard(session)
    },
    () => {
      host.sessions.close(session, deny('too_many_messages', { retryAfterMs: 1_000, detail: 'pings and pongs' }))
    },
    host.now,
  )
  webSocket.on('message', () => {
    host.sessions.heard(session)
  })
  webSocket.on('close', (code) => {
    host.sessions.closed(session, code)
    socket.release()
  })
  connection.on('drain', () => {
    host.sessions.drained(session)
  })
  host.sessions.opened(session)
  if (reply !== undefined) webSocket.send(JSON.stringify(reply))
  onSession(webSocket, session)
}

const turnAway = <U extends User>(arrival: Arrival<U>, denied: Denied): void => {
  const { host, connection, head } = arrival
  const form = answerIn(denied, host.refusals)
  if (form !== 'close') {
    refuse(connection, denied.denial, denied.id, { bare: form === 'bare-403', nothingMore: head.length === 0 })
    return
  }
  handUp(arrival, (webSocket) => {
    webSocket.on('error', ignore)
    sayFarewell(webSocket, denied, host.now())
  })
}

const sayFarewell = (webSocket: WebSocket, denied: Denied, at: number): void => {
  const { frame, code, reason } = farewell(denied.denial, denied.id, denied.dialect, at)
  if (frame !== undefined) webSocket.send(JSON.stringify(frame))
  webSocket.close(code, reason)
}

/** Accepts a handshake that may bring its credential in its first frame; from then on it is told by a close whatever becomes of it. */
const acceptWaiting = <U extends User>(arrival: Arrival<U>, waiting: Waiting<U>): void => {
  handUp(arrival, (webSocket) => {
    const dismiss = readFirstFrame(webSocket, (frame) => void judgeFirstFrame(arrival, waiting, webSocket, frame))
    waiting.enter(dismiss)
  })
}

const judgeFirstFrame = async <U extends User>(arrival: Arrival<U>, waiting: Waiting<U>, webSocket: WebSocket, { credential, resume }: FirstFrame): Promise<void> => {
  const { host } = arrival
  try {
    const decision = await waiting.decide('token' in credential ? credential.token : credential)
    if (decision.outcome === 'denied') {
      sayFarewell(webSocket, decision, host.now())
      webSocket.resume()
    } else if (webSocket.readyState !== webSocket.OPEN) host.abandoned(decision)
    else {
      const reply = 'token' in credential ? ({ re: credential.id, type: 'ok', expiresAt: decision.principal.expiresAt ?? null } as const) : undefined
      openSession(arrival, webSocket, decision, reply)
      resume()
    }
  } catch (error) {
    blame(arrival, error)
  }
}

const handUp = <U extends User>(arrival: Arrival<U>, opened: (webSocket: WebSocket) => void): void => {
  guardClose(arrival.connection)
  // It is a list of protocols, and we found ours in it (RFC 9110 section 7.8); ws takes nothing but the one word.
  arrival.request.headers.upgrade = 'websocket'
  hideBearer(arrival.request)
  let isOurs = false
  try {
    arrival.wss.handleUpgrade(arrival.request, arrival.connection, arrival.head, (webSocket) => {
      isOurs = true
      guardReceiver(webSocket)
      lingerAtFault(webSocket, arrival.connection)
      arrival.leaveInTurn(arrival.connection)
      opened(webSocket)
    })
  } catch (error) {
    if (isOurs || !hasWebSocket(arrival.connection)) throw error
    throw new TypeError('Cannot open a socket as another listener of "upgrade" opened one on the same connection, which nobody decided about: let one listener choose by path whom it calls', { cause: error })
  }
}

/** What ws keeps at a connection that it has made a WebSocket of. */
const hasWebSocket = (connection: Duplex): boolean => Object.getOwnPropertySymbols(connection).some(({ description }) => description === 'websocket')

/**
 * ws answers with the first protocol of the list where nobody chooses, and a client may name its token first: no answer may repeat it. What is left has no blanks
 * at either end, which ws takes for the fault of a list.
 */
const hideBearer = ({ headers }: IncomingMessage): void => {
  const offered = headers['sec-websocket-protocol']
  if (offered?.includes(bearerPrefix) !== true) return
  headers['sec-websocket-protocol'] = offered
    .split(',')
    .map((name) => withoutBlanks(name))
    .filter((name) => !name.startsWith(bearerPrefix))
    .join(',')
}
