import { IncomingMessage, maxHeaderSize, type Server } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { readCanonicalUpgrade, type CanonicalUpgrade } from './canonical-upgrade.js'
import { createSilentConnections } from './silent-connections.js'
import { createDepartures } from './turns.js'

/** A lane that was opened on a server. */
export interface FastLane {
  /** Gives the connections back to node:http as they come; sockets that are upgraded already are not touched. */
  close(): void
}

/** Milliseconds a connection may say nothing before it is node:http's to wait for. */
const silentMs = 500

/** Connections that become node:http's in one turn of the event loop, as each costs a parser. */
const handedOverPerTurn = 64

/** Connections that may be silent at once in the lane; what comes beyond is node:http's from the start. */
const maxSilent = 10_000

/** No browser sends a quarter of this. */
const maxFields = 64

/**
 * Reads plain WebSocket handshakes off a server's connections before node:http sets up a parser for them.
 *
 * A first chunk that is a whole canonical upgrade (see `readCanonicalUpgrade`) becomes the same `upgrade` event that node:http would emit,
 * sooner; every other byte, and every connection that says nothing for half a second, goes to node:http untouched. No partial state is kept. Works on
 * `http` and `https` servers, before or while they listen, and leaves other listeners of the server alone.
 *
 * The request of such an event has method, url, version, headers, rawHeaders and socket.
 *
 * @returns The lane, closed by `close`; or `undefined` when the server's own connection listener is not found, and then nothing changed.
 * @example
 * const server = createServer()
 * server.on('upgrade', gate.upgrade(wss, onSession))
 * openFastLane(server)
 */
export const openFastLane = (server: Server | HttpsServer): FastLane | undefined => {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection'
  const kept = server.listeners(event).find(({ name }) => name === 'connectionListener')
  if (kept === undefined) return undefined
  const maxBytes = headerLimitOf(server)
  const silent = createSilentConnections()
  const leaving = createDepartures()
  let sweep: NodeJS.Timeout | undefined

  const letGo = (socket: Socket): void => {
    silent.leave(socket)
    socket.removeListener('data', onData)
    socket.removeListener('end', onEnd)
    socket.removeListener('error', onError)
  }

  const handOver = (socket: Socket): void => {
    letGo(socket)
    Reflect.apply(kept, server, [socket])
  }

  function onData(this: Socket, chunk: Buffer): void {
    const fields = Math.min(maxFields, server.maxHeadersCount ?? maxFields)
    const upgrade = readCanonicalUpgrade(chunk, maxBytes, fields)
    const request = upgrade && requestOf(this, upgrade)
    if (request === undefined || !takesUpgrade(server, request)) {
      handOver(this)
      this.unshift(chunk)
      return
    }
    letGo(this)
    // As node:http does it: what comes now waits in the socket until somebody listens.
    letWait(this)
    server.emit('upgrade', request, this, noHead)
  }

  function onEnd(this: Socket): void {
    letGo(this)
    leaving.take(() => this.destroy())
  }

  function onError(this: Socket): void {
    silent.leave(this)
  }

  const sweepSilent = (): void => {
    const those = silent.since(performance.now() - silentMs, handedOverPerTurn)
    for (const socket of those) {
      if (socket.destroyed) silent.leave(socket)
      // A server that is closing looks after no new connection any more.
      else if (server.listening) handOver(socket)
      else onEnd.call(socket)
    }
    if (those.length === handedOverPerTurn) setImmediate(sweepSilent)
    if (silent.size > 0) return
    clearInterval(sweep)
    sweep = undefined
  }

  const onConnection = (socket: unknown): void => {
    // Whoever feeds streams of another kind to a server wants node:http.
    if (!(socket instanceof Socket) || silent.size >= maxSilent) {
      Reflect.apply(kept, server, [socket])
      return
    }
    silent.enter(socket, performance.now())
    socket.on('error', onError)
    socket.on('end', onEnd)
    socket.on('data', onData)
    sweep ??= setInterval(sweepSilent, silentMs / 4).unref()
  }

  Reflect.apply(server.off, server, [event, kept])
  server.prependListener(event, onConnection)
  return {
    close() {
      if (!server.listeners(event).includes(onConnection)) return
      server.off(event, onConnection)
      Reflect.apply(server.prependListener, server, [event, kept])
      for (const socket of silent.since(Infinity)) handOver(socket)
      clearInterval(sweep)
    },
  }
}

const letWait = (stream: { readableFlowing: boolean | null }): void => {
  stream.readableFlowing = null
}

const noHead = Buffer.alloc(0)

/** The longest header block the server takes: its own setting, which Node's types don't name, or that of the process. */
const headerLimitOf = (server: object): number => {
  const own: unknown = Reflect.get(server, 'maxHeaderSize')
  return typeof own === 'number' ? own : maxHeaderSize
}

/** Whether the server makes an `upgrade` of this request: it does when anybody listens, and newer versions of Node let it decide by request. */
const takesUpgrade = (server: Server | HttpsServer, request: IncomingMessage): boolean => {
  const decide: unknown = Reflect.get(server, 'shouldUpgradeCallback')
  return typeof decide === 'function' ? Reflect.apply(decide, server, [request]) === true : server.listenerCount('upgrade') > 0
}

const requestOf = (socket: Socket, { target, rawHeaders, headers }: CanonicalUpgrade): IncomingMessage => {
  const request = new IncomingMessage(socket)
  request.method = 'GET'
  request.url = target
  request.httpVersion = '1.1'
  request.httpVersionMajor = 1
  request.httpVersionMinor = 1
  request.rawHeaders = rawHeaders
  request.headers = headers
  return request
}
