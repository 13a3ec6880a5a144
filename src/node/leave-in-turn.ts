import type { Duplex } from 'node:stream'
import type { Turns } from './turns.js'

/**
 * Makes what has the end of a connection, which its peer ended, wait for its turn of the event loop.
 *
 * ws ends our side as soon as it hears of it, which drops the connection and all that hangs on it: five thousand that leave at once would be one turn. The listener is a private part of ws, the same for all
 * connections: where it is not found, this does nothing.
 */
export const createLeaveInTurn = (departures: Turns): ((connection: Duplex) => void) => {
  let atOnce: ReturnType<Duplex['listeners']>[number] | undefined = undefined
  const endNow = (connection: Duplex): void => {
    if (atOnce !== undefined && !connection.destroyed) Reflect.apply(atOnce, connection, [])
  }
  function endInTurn(this: Duplex): void {
    departures.take(() => {
      endNow(this)
    })
  }
  return (connection) => {
    atOnce ??= connection.listeners('end').find(({ name }) => name === 'socketOnEnd')
    if (atOnce === undefined) return
    Reflect.apply(connection.off, connection, ['end', atOnce])
    connection.on('end', endInTurn)
  }
}
