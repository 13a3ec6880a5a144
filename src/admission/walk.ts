import { decisionId } from './decision-id.js'
import type { Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { ClientAddress } from './address/client-address.js'
import type { Admitted, Denied, DryRunMark, Principal, Step, StepName } from './decision.js'
import type { Endpoint } from './endpoint.js'
import type { Handshake } from './handshake.js'
import type { Lease } from './limits.js'
import type { User } from './user.js'

const maxPathLength = 200

/**
 * One way up the staircase: it writes down each stair as it is taken, and turns the whole into a decision.
 */
export class Walk<U extends User> {
  readonly #handshake: Handshake
  readonly #policyVersion: string
  readonly #steps: Step[] = []
  readonly #marks: DryRunMark[] = []
  #stairAt = performance.now()
  client: ClientAddress | undefined
  endpoint: Endpoint | undefined
  userId: string | undefined
  dialect: Dialect

  constructor(handshake: Handshake, policyVersion: string, dialect: Dialect) {
    this.#handshake = handshake
    this.#policyVersion = policyVersion
    this.dialect = dialect
  }

  /** Notes that a stair was taken. */
  pass(name: StepName, detail?: string): void {
    this.#steps.push(this.#step(name, 'passed', detail))
  }

  /** Notes that a rule in dry-run would have refused here. */
  mark(step: StepName, rule: string): void {
    this.#marks.push({ step, rule })
  }

  /** Ends the walk on a stair. */
  deny(name: StepName, denial: Denial): Denied {
    this.#steps.push(this.#step(name, 'refused', denial.detail))
    return { outcome: 'denied', ...this.#record(), endpoint: this.endpoint, denial, step: name, userId: this.userId }
  }

  /** Ends the walk at the top. */
  admit(endpoint: Endpoint, principal: Principal<U>, lease: Lease): Admitted<U> {
    return { outcome: 'admitted', ...this.#record(), endpoint, principal, lease }
  }

  #step(name: StepName, outcome: Step['outcome'], detail: string | undefined): Step {
    const now = performance.now()
    const durationMs = now - this.#stairAt
    this.#stairAt = now
    return detail === undefined ? { name, outcome, durationMs } : { name, outcome, durationMs, detail }
  }

  #record() {
    const { receivedAt, target, headers } = this.#handshake
    const query = target.indexOf('?')
    return {
      id: decisionId(),
      receivedAt,
      steps: this.#steps,
      policyVersion: this.#policyVersion,
      marks: this.#marks,
      client: this.client,
      path: target.slice(0, query === -1 ? maxPathLength : Math.min(query, maxPathLength)),
      origin: headers['origin']?.[0]?.slice(0, maxPathLength),
      dialect: this.dialect,
    }
  }
}
