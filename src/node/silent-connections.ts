import type { Socket } from 'node:net'

/** Connections that have not said anything yet. */
export interface SilentConnections {
  /** @param at - Milliseconds on any clock. */
  enter(socket: Socket, at: number): void
  /** Does nothing for one that is not here. */
  leave(socket: Socket): void
  /** A copy of those who came at `at` or before, `most` at most, in no order. Costs a look at as many places as were taken at once. */
  since(at: number, most?: number): readonly Socket[]
  /** Connections that wait. */
  readonly size: number
}

/**
 * Creates an empty set.
 *
 * Places are kept in arrays and each connection knows its own: a Map that rehashes would leave its old tables behind, full of connections, and
 * those that got old would keep them until the next full collection.
 */
export const createSilentConnections = (): SilentConnections => {
  const place: unique symbol = Symbol('place among silent connections')
  const sockets: (Socket | undefined)[] = []
  const arrivals: number[] = []
  const free: number[] = []

  const seat = (socket: Socket & { [place]?: number }, index: number): void => {
    socket[place] = index
  }

  const placeOf = (socket: Socket): number | undefined => {
    const found = place in socket ? socket[place] : undefined
    return typeof found === 'number' && sockets[found] === socket ? found : undefined
  }

  return {
    enter(socket, at) {
      const index = free.pop() ?? sockets.length
      sockets[index] = socket
      arrivals[index] = at
      seat(socket, index)
    },
    leave(socket) {
      const index = placeOf(socket)
      if (index === undefined) return
      sockets[index] = undefined
      free.push(index)
    },
    since(at, most = Infinity) {
      const found: Socket[] = []
      for (const [index, socket] of sockets.entries()) {
        if (found.length >= most) break
        if (socket !== undefined && (arrivals[index] ?? 0) <= at) found.push(socket)
      }
      return found
    },
    get size() {
      return sockets.length - free.length
    },
  }
}
