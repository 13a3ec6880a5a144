import { admit, admitByFirstFrame, mayWait } from './admission/admit.js'
import type { DecisionRing } from './admission/decision-ring.js'
import type { Decision } from './admission/decision.js'
import type { Handshake } from './admission/handshake.js'
import type { Lobby } from './admission/lobby.js'
import type { Rules } from './admission/rules.js'
import type { User } from './admission/user.js'
import type { Waiting } from './admission/waiting.js'
import { Walk } from './admission/walk.js'
import type { GateEvents } from './gate-options.js'
import { deny } from './protocol/denial.js'

/** Where handshakes come in: each is decided about, and each decision is kept and told once. */
export interface Receiver<U extends User> {
  /** At once where nothing has to be waited for. */
  decide(handshake: Handshake): Decision<U> | Promise<Decision<U>>
  /** The same at a server: a handshake that lacks nothing but its credential may wait for its first frame, and is decided about then. */
  receive(handshake: Handshake): Decision<U> | Promise<Decision<U>> | Waiting<U>
  /** A handshake that did not wait for the answer to a request before it: refused, though nobody may tell its peer. */
  outOfTurn(handshake: Handshake): void
}

export const createReceiver = <U extends User>({ rules, lobby, decisions, events, now }: {
  readonly rules: Rules<U>
  readonly lobby: Lobby | undefined
  readonly decisions: DecisionRing<U>
  readonly events: GateEvents<U>
  readonly now: () => number
}): Receiver<U> => {
  const keep = (handshake: Handshake, startedAt: number, made: Decision<U> | Promise<Decision<U>>): Decision<U> | Promise<Decision<U>> => {
    if (made instanceof Promise) return made.then((decision) => keep(handshake, startedAt, decision))
    decisions.keep(made)
    events.decided?.(made, performance.now() - startedAt, handshake)
    return made
  }

  return {
    decide(handshake) {
      const startedAt = performance.now()
      return keep(handshake, startedAt, admit(handshake, rules))
    },
    receive(handshake) {
      const startedAt = performance.now()
      const first = admit(handshake, rules)
      if (lobby === undefined || first instanceof Promise || !mayWait(first, rules)) return keep(handshake, startedAt, first)
      let leave: (() => void) | undefined
      return {
        outcome: 'waiting',
        enter(dismiss) {
          leave = lobby.enter(first.client?.key, dismiss)
        },
        decide(credential) {
          leave?.()
          const whole = { ...handshake, receivedAt: now() }
          return keep(whole, performance.now(), admitByFirstFrame(whole, rules, credential))
        },
      }
    },
    outOfTurn(handshake) {
      const walk = new Walk<U>(handshake, rules.policyVersion, rules.plainDialect)
      void keep(handshake, performance.now(), walk.deny('well_formed', deny('bad_request', { detail: 'a handshake behind a request without its answer' })))
    },
  }
}
