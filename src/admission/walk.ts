import type { Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { ClientAddress } from './address/client-address.js'
import { decisionId } from './decision-id.js'
import type { Admitted, Decision, Denied, DryRunMark, DryRunRule, Principal, Step, StepName } from './decision.js'
import type { Endpoint } from './endpoint.js'
import { factsOf, type Facts } from './facts.js'
import type { Handshake } from './handshake.js'
import type { Lease } from './limits.js'
import { ownText } from './own-text.js'
import { shownOrigin, shownPath } from './shown-path.js'
import { note, stepsOf, take, type Stairs } from './stairs.js'
import type { User } from './user.js'

/** One way up the staircase: it writes down each stair as it is taken, and turns the whole into a decision. */
export class Walk<U extends User> {
  readonly handshake: Handshake
  readonly policyVersion: string
  readonly facts: Facts
  readonly stairs: Stairs = { taken: 0, refused: false, details: undefined, waits: undefined }
  marks: DryRunMark[] | undefined = undefined
  client: ClientAddress | undefined = undefined
  endpoint: Endpoint | undefined = undefined
  userId: string | undefined = undefined
  dialect: Dialect

  constructor(handshake: Handshake, policyVersion: string, dialect: Dialect) {
    this.handshake = handshake
    this.facts = factsOf(handshake)
    this.policyVersion = policyVersion
    this.dialect = dialect
  }

  /** Notes that a stair was taken; stairs are taken in the order of their names. */
  pass(_name: StepName, detail?: string): void {
    const { stairs } = this
    if (detail !== undefined) note(stairs, detail)
    take(stairs)
  }

  /** Notes that the stair which is being taken begins to wait for somebody else; it has waited once it is passed or refuses. */
  waits(at: number): void {
    this.stairs.waits = { stair: this.stairs.taken, ms: -at, before: this.stairs.waits }
  }

  /** Notes that a rule in dry-run would have refused here. */
  mark(step: StepName, rule: string): void {
    this.marks ??= []
    this.marks.push({ step, rule })
  }

  /** Whether a rule that refuses is in dry-run: then it only leaves its mark. */
  excuses(dryRun: ReadonlySet<DryRunRule>, step: StepName, rule: DryRunRule): boolean {
    if (!dryRun.has(rule)) return false
    this.mark(step, rule)
    return true
  }

  /** Ends the walk on a stair. */
  deny(name: StepName, denial: Denial): Denied {
    const { stairs } = this
    if (denial.detail !== undefined) note(stairs, denial.detail)
    take(stairs)
    stairs.refused = true
    return new Refusal(this, name, denial)
  }

  /** Ends the walk at the top. */
  admit(endpoint: Endpoint, principal: Principal<U>, lease: Lease): Admitted<U> {
    return new Admission(this, endpoint, principal, lease)
  }
}

/** What decisions of both outcomes hold. Written as classes, so that all of one outcome share their shape and the steps their getter. */
class WrittenDecision {
  readonly id = decisionId()
  readonly receivedAt: number
  readonly policyVersion: string
  readonly facts: Facts
  readonly marks: readonly DryRunMark[]
  readonly client: ClientAddress | undefined
  readonly path: string
  readonly origin: string | undefined
  readonly dialect: Dialect
  readonly #stairs: Stairs

  constructor(walk: Walk<User>) {
    const { receivedAt, target, headers } = walk.handshake
    const origin = headers['origin']?.[0]
    this.receivedAt = receivedAt
    this.policyVersion = walk.policyVersion
    this.facts = walk.facts
    this.marks = walk.marks ?? noMarks
    this.client = walk.client
    this.path = ownText(shownPath(target))
    this.origin = origin === undefined ? undefined : ownText(shownOrigin(origin))
    this.dialect = walk.dialect
    this.#stairs = walk.stairs
  }

  get steps(): readonly Step[] {
    return stepsOf(this.#stairs, this.facts)
  }

  static stairsOf(decision: Decision): Stairs {
    if (#stairs in decision) return decision.#stairs
    throw new TypeError('Cannot keep a decision that no walk came to')
  }
}

/**
 * The stairs of a decision as they were written down.
 *
 * @throws TypeError for a decision that was put together by hand.
 */
export const stairsOf = (decision: Decision): Stairs => WrittenDecision.stairsOf(decision)

class Refusal extends WrittenDecision implements Denied {
  readonly outcome = 'denied'
  readonly endpoint: Endpoint | undefined
  readonly denial: Denial
  readonly step: StepName
  readonly userId: string | undefined

  constructor(walk: Walk<User>, step: StepName, denial: Denial) {
    super(walk)
    this.endpoint = walk.endpoint
    this.denial = denial
    this.step = step
    this.userId = walk.userId
  }
}

class Admission<U extends User> extends WrittenDecision implements Admitted<U> {
  readonly outcome = 'admitted'
  readonly endpoint: Endpoint
  readonly principal: Principal<U>
  readonly lease: Lease

  constructor(walk: Walk<User>, endpoint: Endpoint, principal: Principal<U>, lease: Lease) {
    super(walk)
    this.endpoint = endpoint
    this.principal = principal
    this.lease = lease
  }
}

const noMarks: readonly DryRunMark[] = []
