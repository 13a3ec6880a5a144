import type { Push } from './push.js'
import type { Socket } from './socket.js'

/** Bytes the operating system may leave with us before pushes begin to wait in the outbox. */
const directBytes = 64 * 1024

/**
 * Frames that wait because their receiver reads slowly; bounded by bytes, not by count.
 *
 * It exists only while something waits, so an idle socket pays nothing for it.
 */
export interface Outbox {
  readonly critical: Uint8Array[]
  readonly state: Map<string, Uint8Array>
  readonly ephemeral: Uint8Array[]
  criticalBytes: number
  stateBytes: number
  ephemeralBytes: number
}

const createOutbox = (): Outbox => ({
  critical: [],
  state: new Map(),
  ephemeral: [],
  criticalBytes: 0,
  stateBytes: 0,
  ephemeralBytes: 0,
})

const waitingBytes = (outbox: Outbox): number => outbox.criticalBytes + outbox.stateBytes + outbox.ephemeralBytes

/** What became of one push. `overflow` means a critical one did not fit: the session has to end. */
export type Delivery = 'written' | 'waiting' | 'dropped' | 'overflow'

/**
 * Hands one push to a socket, or lets it wait, or drops it by its class.
 *
 * @param outbox - What waits already, `undefined` when nothing does.
 * @param maxBytes - Backlog that may gather, in bytes; a single critical frame may exceed it when nothing else waits.
 * @returns What became of it, and the outbox as it is now.
 */
export const deliver = (
  socket: Socket,
  outbox: Outbox | undefined,
  push: Push,
  maxBytes: number,
): { readonly delivery: Delivery; readonly outbox: Outbox | undefined } => {
  const backlog = socket.backlogBytes
  if (outbox === undefined && backlog < directBytes) {
    socket.write(push.frame)
    return { delivery: 'written', outbox }
  }
  const box = outbox ?? createOutbox()
  const size = push.frame.byteLength
  switch (push.class) {
    case 'critical':
      makeRoom(box, size, backlog, maxBytes)
      if (backlog + waitingBytes(box) + size > maxBytes && backlog + waitingBytes(box) > 0) return { delivery: 'overflow', outbox: box }
      box.critical.push(push.frame)
      box.criticalBytes += size
      return { delivery: 'waiting', outbox: box }
    case 'state': {
      const replaced = box.state.get(push.key)
      if (replaced !== undefined) {
        box.state.delete(push.key)
        box.stateBytes -= replaced.byteLength
      }
      makeRoom(box, size, backlog, maxBytes)
      if (backlog + waitingBytes(box) + size > maxBytes) return { delivery: 'dropped', outbox: box }
      box.state.set(push.key, push.frame)
      box.stateBytes += size
      return { delivery: 'waiting', outbox: box }
    }
    case 'ephemeral':
      if (backlog + waitingBytes(box) + size > maxBytes / 2) return { delivery: 'dropped', outbox: outbox }
      box.ephemeral.push(push.frame)
      box.ephemeralBytes += size
      return { delivery: 'waiting', outbox: box }
  }
}

/** Drops what may be dropped, cheapest loss first, until `size` bytes fit or nothing droppable is left. */
const makeRoom = (box: Outbox, size: number, backlog: number, maxBytes: number): void => {
  while (backlog + waitingBytes(box) + size > maxBytes) {
    const ephemeral = box.ephemeral.shift()
    if (ephemeral !== undefined) {
      box.ephemeralBytes -= ephemeral.byteLength
      continue
    }
    const oldest = box.state.entries().next()
    if (oldest.done === true) return
    const [key, frame] = oldest.value
    box.state.delete(key)
    box.stateBytes -= frame.byteLength
  }
}

/**
 * Writes what waits, most important first, as far as the operating system takes it.
 *
 * @returns `undefined` when nothing waits any more.
 */
export const flush = (socket: Socket, box: Outbox): Outbox | undefined => {
  while (socket.backlogBytes < directBytes) {
    const critical = box.critical.shift()
    if (critical !== undefined) {
      box.criticalBytes -= critical.byteLength
      socket.write(critical)
      continue
    }
    const state = box.state.entries().next()
    if (state.done !== true) {
      const [key, frame] = state.value
      box.state.delete(key)
      box.stateBytes -= frame.byteLength
      socket.write(frame)
      continue
    }
    const ephemeral = box.ephemeral.shift()
    if (ephemeral === undefined) return undefined
    box.ephemeralBytes -= ephemeral.byteLength
    socket.write(ephemeral)
  }
  return box
}

/** Writes everything that waits, whatever the operating system takes: for the last moment before a close. */
export const flushAll = (socket: Socket, box: Outbox): void => {
  for (const frame of box.critical) socket.write(frame)
  for (const frame of box.state.values()) socket.write(frame)
}
