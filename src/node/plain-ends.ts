import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Turns } from './turns.js'

type Listener = ReturnType<Duplex['listeners']>[number]

/** What has the end of a connection as long as node:http reads it. */
const atOnce: unique symbol = Symbol('what node:http does at the end of a connection')

interface PlainConnection extends Duplex {
  [atOnce]?: Listener | undefined
}

/** The ends of connections that node:http reads. */
export interface PlainEnds {
  /** Takes an upgraded connection out of it: its end is somebody else's. */
  letGo(connection: Duplex): void
}

/**
 * Makes what node:http does when a peer ends its connection wait for a turn of the event loop.
 *
 * It finishes its parser and closes the connection as soon as it hears of it: five thousand that say nothing, or half a header, and leave at once would be one turn. To be called before the fast lane
 * is opened, which hands over to what is found here. Its listeners are private parts of node:http: where they are not found, this does nothing.
 */
export const createPlainEnds = (server: Server, departures: Turns): PlainEnds => {
  function endInTurn(this: PlainConnection): void {
    departures.take(() => {
      const end = this[atOnce]
      if (end !== undefined && !this.destroyed) Reflect.apply(end, this, [])
    })
  }
  const letGo = (connection: PlainConnection): void => {
    if (connection[atOnce] === undefined) return
    connection[atOnce] = undefined
    connection.off('end', endInTurn)
  }
  const kept = server.listeners('connection').find(({ name }) => name === 'connectionListener')
  if (kept === undefined) return { letGo }

  // Of the same name, by which the fast lane finds it.
  function connectionListener(connection: PlainConnection): void {
    if (kept !== undefined) Reflect.apply(kept, server, [connection])
    const end = connection.listeners('end').find(({ name }) => name === 'bound socketOnEnd')
    if (end === undefined) return
    connection[atOnce] = end
    Reflect.apply(connection.off, connection, ['end', end])
    connection.on('end', endInTurn)
  }
  Reflect.apply(server.off, server, ['connection', kept])
  server.prependListener('connection', connectionListener)
  return { letGo }
}
