import type { Denial, Reason } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import { stepNames, type Decision, type DryRunMark, type StepName } from './decision.js'
import type { DecisionOutline } from './decision-outline.js'
import type { Endpoint } from './endpoint.js'
import { KeptFacts } from './kept-facts.js'
import { stepsOf, type Stairs } from './stairs.js'
import type { Claims } from './token/claims.js'
import type { User } from './user.js'
import { stairsOf } from './walk.js'

/**
 * A place for one decision after another, by value: what each is made of is copied in, and it is made anew for whoever looks.
 *
 * A decision that is kept as it is are twenty objects for each handshake, which the garbage collector carries into the old part of the heap and fetches from
 * there when the ring has come round. Copied into a place that is there already, they are a few texts.
 */
export class KeptDecision<U extends User> implements DecisionOutline {
  #id = ''
  // Not 0: a field that begins as a small integer changes its form, and that of all that share it, with the first number that is none.
  #receivedAt = Number.NaN
  #policyVersion = ''
  #marks: readonly DryRunMark[] = []
  #path = ''
  #origin: string | undefined = undefined
  #dialect: Dialect = 'plain'
  #endpoint: Endpoint | undefined = undefined
  /** `undefined` when the client was not known. */
  #address: string | undefined = undefined
  #addressKey: string | undefined = undefined
  #forwarded = false

  /** `undefined` when it was refused; else the user, and whose claims. */
  #user: U | undefined = undefined
  #claims: Claims | undefined = undefined
  #expiresAt: number | undefined = undefined
  #development = false
  #leaseUserId = ''
  #leaseAddressKey: string | undefined = undefined

  #denial: Denial | undefined = undefined
  #step: StepName = 'well_formed'
  #userId: string | undefined = undefined

  #taken = 0
  readonly #details: (string | undefined)[] = stepNames.map(() => undefined)
  readonly #waits: number[] = stepNames.map(() => Number.NaN)
  readonly #facts = new KeptFacts()

  get id(): string {
    return this.#id
  }

  get outcome(): Decision['outcome'] {
    return this.#denial === undefined ? 'admitted' : 'denied'
  }

  get reason(): Reason | undefined {
    return this.#denial?.reason
  }

  get address(): string | undefined {
    return this.#address
  }

  get userId(): string | undefined {
    return this.#userId
  }

  get endpoint(): string | undefined {
    return this.#endpoint?.name
  }

  write(decision: Decision<U>): void {
    this.#id = decision.id
    this.#receivedAt = decision.receivedAt
    this.#policyVersion = decision.policyVersion
    this.#marks = decision.marks
    this.#path = decision.path
    this.#origin = decision.origin
    this.#dialect = decision.dialect
    this.#endpoint = decision.endpoint
    const { client } = decision
    this.#address = client?.address
    this.#addressKey = client?.key
    this.#forwarded = client?.forwarded ?? false
    if (decision.outcome === 'admitted') {
      const { principal, lease } = decision
      this.#user = principal.user
      this.#claims = principal.claims
      this.#expiresAt = principal.expiresAt
      this.#development = principal.development
      this.#userId = principal.user.id
      this.#leaseUserId = lease.userId
      this.#leaseAddressKey = lease.addressKey
      this.#denial = undefined
    } else {
      this.#user = undefined
      this.#claims = undefined
      this.#denial = decision.denial
      this.#step = decision.step
      this.#userId = decision.userId
    }
    this.#writeStairs(stairsOf(decision))
    this.#facts.write(decision.facts)
  }

  /** The decision that was written last; `undefined` before the first. */
  read(): Decision<U> | undefined {
    const facts = this.#facts.read()
    const base = {
      id: this.#id,
      receivedAt: this.#receivedAt,
      steps: stepsOf(this.#readStairs(), facts),
      policyVersion: this.#policyVersion,
      marks: this.#marks,
      facts,
      client: this.#address === undefined ? undefined : { address: this.#address, key: this.#addressKey, forwarded: this.#forwarded },
      path: this.#path,
      origin: this.#origin,
      dialect: this.#dialect,
    }
    const endpoint = this.#endpoint
    const user = this.#user
    if (this.#denial !== undefined) return { ...base, outcome: 'denied', endpoint, denial: this.#denial, step: this.#step, userId: this.#userId }
    if (user === undefined || endpoint === undefined) return undefined
    const principal = { user, claims: this.#claims, expiresAt: this.#expiresAt, development: this.#development }
    return { ...base, outcome: 'admitted', endpoint, principal, lease: { userId: this.#leaseUserId, addressKey: this.#leaseAddressKey } }
  }

  #writeStairs({ taken, details, waits }: Stairs): void {
    for (let stair = 0; stair < this.#taken; stair += 1) {
      this.#details[stair] = undefined
      this.#waits[stair] = Number.NaN
    }
    this.#taken = taken
    for (let note = details; note !== undefined; note = note.before) this.#details[note.stair] ??= note.text
    for (let wait = waits; wait !== undefined; wait = wait.before) if (Number.isNaN(this.#waits[wait.stair])) this.#waits[wait.stair] = wait.ms
  }

  #readStairs(): Stairs {
    const stairs: Stairs = { taken: this.#taken, refused: this.#denial !== undefined, details: undefined, waits: undefined }
    for (let stair = 0; stair < this.#taken; stair += 1) {
      const text = this.#details[stair]
      const ms = this.#waits[stair]
      if (text !== undefined) stairs.details = { stair, text, before: stairs.details }
      if (ms !== undefined && !Number.isNaN(ms)) stairs.waits = { stair, ms, before: stairs.waits }
    }
    return stairs
  }
}
