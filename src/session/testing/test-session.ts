import type { Admitted } from '../../admission/decision.js'
import { noFacts } from '../../admission/testing/no-facts.js'
import type { Dialect } from '../../protocol/subprotocol.js'
import type { Clock } from '../clock.js'
import { createSession, type LiveSession } from '../session.js'
import { createTestSocket, type TestSocket } from './test-socket.js'

export interface TestSession extends LiveSession {
  readonly socket: TestSocket
}

let count = 0

/** An open session of a test socket, as the host makes it from an admission. */
export const createTestSession = (
  change: { readonly userId?: string; readonly expiresAt?: number; readonly dialect?: Dialect; readonly socket?: TestSocket; readonly openedAt?: number } = {},
): TestSession => {
  count += 1
  const { userId = '1', expiresAt, dialect = 'sallyport.v1', socket = createTestSocket(), openedAt = 0 } = change
  const decision: Admitted = {
    outcome: 'admitted',
    id: `session-${String(count)}`,
    receivedAt: 0,
    steps: [],
    policyVersion: 'test',
    marks: [],
    facts: noFacts(),
    client: { address: '203.0.113.7', key: '203.0.113.7', forwarded: false },
    path: '/ws/',
    origin: undefined,
    dialect,
    endpoint: { name: 'root', conversation: undefined },
    principal: { user: { id: userId, active: true }, claims: undefined, expiresAt, development: false },
    lease: { userId, addressKey: '203.0.113.7' },
  }
  return Object.assign(createSession(decision, socket, openedAt), { socket })
}

/** Both clocks, turned by hand. */
export interface TestClock extends Clock {
  /** Lets time pass on both. */
  pass(ms: number): void
  /** Sets the machine's time, which the monotonic clock does not see. */
  set(byMs: number): void
}

export const createTestClock = (wallAt: number, monotonicAt = 1_000.125): TestClock => {
  let wall = wallAt
  let monotonic = monotonicAt
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    pass(ms) {
      wall += ms
      monotonic += ms
    },
    set(byMs) {
      wall += byMs
    },
  }
}
