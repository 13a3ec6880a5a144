import type { ClientAddress } from '../admission/address/client-address.js'
import type { Admitted, Principal } from '../admission/decision.js'
import type { Endpoint } from '../admission/endpoint.js'
import type { Lease } from '../admission/limits.js'
import type { User } from '../admission/user.js'
import type { Denial, Reason } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { Outbox } from './outbox.js'
import type { Socket } from './socket.js'

/**
 * Where a session stands. It only ever moves forward: open, closing (our close frame is out, or the peer's is in), closed.
 */
export type SessionState =
  | {
      /** Frames go both ways. */
      readonly name: 'open'
    }
  | {
      /** Nothing is read or sent any more. */
      readonly name: 'closing'
      /** Why: a row of the denial table, or `requested` by the embedder. */
      readonly reason: Reason | 'requested'
    }
  | {
      /** The socket is gone. */
      readonly name: 'closed'
      /** Close code of RFC 6455 section 7.4; 1006 when there was no closing handshake. */
      readonly code: number
      /** Why: as while it was closing, or `peer` when the other side began. */
      readonly reason: Reason | 'requested' | 'peer'
    }

export const open: SessionState = { name: 'open' }

/** When a session ends, and why. */
export interface Deadline {
  /** Epoch milliseconds. */
  readonly at: number
  readonly denial: Denial
}

/** The life of one admitted socket: what it was admitted as, and what is true of it now. */
export interface Session<U extends User = User> {
  /** The id of the decision that admitted it; one id opens both. */
  readonly id: string
  /** Its socket, without the host's own type. */
  readonly socket: Socket
  /** How it is spoken to. */
  readonly dialect: Dialect
  /** Where it connected to. */
  readonly endpoint: Endpoint
  /** Where it came from. */
  readonly client: ClientAddress | undefined
  /** Its place among the open sockets; given back when it is closed. */
  readonly lease: Lease
  /** Epoch milliseconds. */
  readonly openedAt: number
  /** Typed by `lookupUser`; the record as it was found at admission or at the last `authenticate`. */
  readonly user: U
  /** Who it is and until when; another one after each `authenticate`. */
  readonly principal: Principal<U>
  /** Where it stands. */
  readonly state: SessionState
}

/** The same session to the room that lives it: only neighbours in `session/` change these. */
export interface LiveSession<U extends User = User> extends Session<U> {
  user: U
  principal: Principal<U>
  state: SessionState
  /** Monotonic milliseconds at which the heartbeat has something to do: send a ping, or miss a pong. */
  dueAt: number
  /** The slot of the pulse it lies in. */
  slot: number
  /** Whether a ping is out that nothing has answered yet. */
  awaitingPong: boolean
  outbox: Outbox | undefined
  /** An end that was set from outside and comes before that of the token; a new token takes it away. */
  deadline: Deadline | undefined
  /** Epoch milliseconds of the end that its peer was told of ahead of time. */
  toldEnd: number | undefined
}

/** Makes the session of an admission; nothing runs until the registry takes it in. */
export const createSession = <U extends User>(decision: Admitted<U>, socket: Socket, at: number): LiveSession<U> => ({
  id: decision.id,
  socket,
  dialect: decision.dialect,
  endpoint: decision.endpoint,
  client: decision.client,
  lease: decision.lease,
  openedAt: at,
  user: decision.principal.user,
  principal: decision.principal,
  state: open,
  dueAt: 0,
  slot: 0,
  awaitingPong: false,
  outbox: undefined,
  deadline: undefined,
  toldEnd: undefined,
})
