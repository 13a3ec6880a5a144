import type { Denial } from '../protocol/denial.js'
import type { Dialect } from '../protocol/subprotocol.js'
import type { ClientAddress } from './address/client-address.js'
import { decisionId } from './decision-id.js'
import { stepNames, type Admitted, type Denied, type DryRunMark, type DryRunRule, type Principal, type Step, type StepName } from './decision.js'
import type { Endpoint } from './endpoint.js'
import { factsInWords, noFacts, type Facts } from './facts.js'
import type { Handshake } from './handshake.js'
import type { Lease } from './limits.js'
import type { User } from './user.js'

const maxPathLength = 200

/**
 * One way up the staircase: it writes down each stair as it is taken, and turns the whole into a decision.
 *
 * Decisions are kept by the thousand, so stairs are kept as bare numbers and become steps only when somebody looks.
 */
export class Walk<U extends User> {
  readonly #handshake: Handshake
  readonly #policyVersion: string
  readonly #stairs: Stairs = { durations: [], details: [], refused: false }
  readonly facts: Facts = noFacts()
  #marks: DryRunMark[] | undefined
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

  /** Notes that a stair was taken; stairs are taken in the order of their names. */
  pass(_name: StepName, detail?: string): void {
    this.#note(detail)
  }

  /** Notes that a rule in dry-run would have refused here. */
  mark(step: StepName, rule: string): void {
    this.#marks ??= []
    this.#marks.push({ step, rule })
  }

  /** Whether a rule that refuses is in dry-run: then it only leaves its mark. */
  excuses(dryRun: ReadonlySet<DryRunRule>, step: StepName, rule: DryRunRule): boolean {
    if (!dryRun.has(rule)) return false
    this.mark(step, rule)
    return true
  }

  /** Ends the walk on a stair. */
  deny(name: StepName, denial: Denial): Denied {
    this.#note(denial.detail)
    this.#stairs.refused = true
    const { endpoint, userId } = this
    return Object.assign(this.#record(), { outcome: 'denied' as const, endpoint, denial, step: name, userId })
  }

  /** Ends the walk at the top. */
  admit(endpoint: Endpoint, principal: Principal<U>, lease: Lease): Admitted<U> {
    return Object.assign(this.#record(), { outcome: 'admitted' as const, endpoint, principal, lease })
  }

  #note(detail: string | undefined): void {
    const now = performance.now()
    const { durations, details } = this.#stairs
    durations.push(now - this.#stairAt)
    details.push(detail)
    this.#stairAt = now
  }

  #record() {
    const { receivedAt, target, headers } = this.#handshake
    const query = target.indexOf('?')
    const stairs = this.#stairs
    const { facts } = this
    return {
      id: decisionId(),
      receivedAt,
      get steps(): readonly Step[] {
        return stepsOf(stairs, facts)
      },
      policyVersion: this.#policyVersion,
      facts,
      marks: this.#marks ?? noMarks,
      client: this.client,
      path: ownText(target.slice(0, query === -1 ? maxPathLength : Math.min(query, maxPathLength))),
      origin: headers['origin']?.[0]?.slice(0, maxPathLength),
      dialect: this.dialect,
    }
  }
}

/** Durations by position in `stepNames`, and what there is to say about some of them: two short arrays weigh less than steps or a map. */
interface Stairs {
  readonly durations: number[]
  readonly details: (string | undefined)[]
  refused: boolean
}

const noMarks: readonly DryRunMark[] = []

const stepsOf = ({ durations, details, refused }: Stairs, facts: Facts): readonly Step[] =>
  durations.map((durationMs, index) => {
    const name = stepNames[index] ?? 'limits'
    const outcome = refused && index === durations.length - 1 ? 'refused' : 'passed'
    const said = details[index]
    const counted = factsInWords(name, facts)
    const detail = said === undefined || counted === undefined || counted.startsWith(said) ? (counted ?? said) : `${said}; ${counted}`
    return detail === undefined ? { name, outcome, durationMs } : { name, outcome, durationMs, detail }
  })

/**
 * A cut of a string keeps the whole alive, and the whole of a target may hold a token: paths are few, so each is kept once, by itself.
 */
const ownText = (cut: string): string => {
  const known = paths.get(cut)
  if (known !== undefined) return known
  if (paths.size >= maxPaths) paths.clear()
  const own = Buffer.from(cut).toString()
  paths.set(own, own)
  return own
}

const maxPaths = 1_000
const paths = new Map<string, string>()
