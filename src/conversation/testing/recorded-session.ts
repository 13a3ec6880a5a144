import type { Admitted } from '../../admission/decision.js'
import { noFacts } from '../../admission/testing/no-facts.js'
import type { User } from '../../admission/user.js'
import type { Dialect } from '../../protocol/subprotocol.js'
import { createSession, type LiveSession } from '../../session/session.js'
import type { Socket } from '../../session/socket.js'

/** A frame as a client would have parsed it. */
export type Said = Readonly<Record<string, unknown>>

/** A session whose socket keeps what is said to it. */
export interface RecordedSession {
  readonly session: LiveSession
  /** Everything said so far, oldest first. */
  readonly said: Said[]
  /** Takes what was said since the last time. */
  take(): readonly Said[]
  /** The close frame, once it is out. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined
  /** Bytes the socket pretends not to have got rid of. */
  backlogBytes: number
}

export interface RecordedOptions {
  readonly userId?: string
  readonly dialect?: Dialect
  /** Name of the endpoint. Default `conversations`. */
  readonly endpoint?: string
  readonly conversation?: string | undefined
  readonly expiresAt?: number
}

let made = 0

/** Makes a session as if it had just been admitted; for tests of dialects, which see frames and no sockets. */
export const recordedSession = ({ userId = '1', dialect = 'classic.v2', endpoint = 'conversations', conversation, expiresAt }: RecordedOptions = {}): RecordedSession => {
  made += 1
  const user: User = { id: userId, active: true }
  const said: Said[] = []
  const state = { taken: 0, closed: undefined as RecordedSession['closed'], backlogBytes: 0 }
  const socket: Socket = {
    write: (frame) => {
      said.push(decoded(frame))
    },
    close: (code, reason) => {
      state.closed ??= { code, reason }
    },
    terminate: () => {},
    ping: () => {},
    pause: () => {},
    resume: () => {},
    get backlogBytes() {
      return state.backlogBytes
    },
  }
  const decision: Admitted = {
    outcome: 'admitted',
    id: `session-${String(made)}`,
    receivedAt: 0,
    steps: [],
    policyVersion: 'test',
    marks: [],
    facts: noFacts(),
    client: undefined,
    path: '/ws/',
    origin: undefined,
    dialect,
    endpoint: { name: endpoint, conversation },
    principal: { user, claims: undefined, expiresAt, development: false },
    lease: { userId, addressKey: undefined },
  }
  return {
    session: createSession(decision, socket, 0),
    said,
    take: () => {
      const fresh = said.slice(state.taken)
      state.taken = said.length
      return fresh
    },
    get closed() {
      return state.closed
    },
    get backlogBytes() {
      return state.backlogBytes
    },
    set backlogBytes(bytes: number) {
      state.backlogBytes = bytes
    },
  }
}

/** Reads a server's text frame back (RFC 6455 section 5.2). */
const decoded = (frame: Uint8Array): Said => {
  const length = (frame[1] ?? 0) & 0x7f
  const headerBytes = length < 126 ? 2 : length === 126 ? 4 : 10
  const value: unknown = JSON.parse(Buffer.from(frame.subarray(headerBytes)).toString())
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('A frame must hold a JSON object')
  return { ...value }
}
