import type { Denial } from '../protocol/denial.js'
import type { ForwardedText } from './address/forwarded-text.js'
import type { BudgetAnswer } from './budgets.js'
import type { Load } from './capacity.js'
import type { Facts } from './facts.js'
import type { Allowance, LimitLevels, LimitRule, LimitsConfig } from './limits.js'
import type { Carrier } from './steps/credential.js'

/** A place for the facts of one decision after another, by value. */
export class KeptFacts {
  readonly #budget = new KeptBudget()
  readonly #load = new KeptLoad()
  readonly #allowance = new KeptAllowance()
  #credential: Carrier | Denial | undefined = undefined
  #carriers: ReadonlySet<Carrier> | undefined = undefined
  #peer = ''
  #host: string | undefined = undefined
  #forwarded: ForwardedText | undefined = undefined

  write({ budget, load, allowance, credential, carriers, peer, host, forwarded }: Facts): void {
    this.#budget.write(budget)
    this.#load.write(load)
    this.#allowance.write(allowance)
    this.#credential = credential
    this.#carriers = carriers
    this.#peer = peer
    this.#host = host
    this.#forwarded = forwarded
  }

  read(): Facts {
    return {
      budget: this.#budget.read(),
      load: this.#load.read(),
      allowance: this.#allowance.read(),
      credential: this.#credential,
      carriers: this.#carriers,
      peer: this.#peer,
      host: this.#host,
      forwarded: this.#forwarded,
    }
  }
}

// Fields that may hold a fraction begin as NaN: one that begins as a small integer changes its form, and that of all that share it, with the first fraction.

class KeptBudget {
  #outcome: 'granted' | 'refused' | undefined = undefined
  #available = Number.NaN
  #capacity = Number.NaN
  #refillPerSecond = Number.NaN
  #retryAfterMs = Number.NaN

  write(answer: BudgetAnswer | undefined): void {
    if (answer === undefined) {
      this.#outcome = undefined
      return
    }
    this.#available = answer.available
    this.#capacity = answer.capacity
    this.#refillPerSecond = answer.refillPerSecond
    if (answer.granted) this.#outcome = 'granted'
    else {
      this.#outcome = 'refused'
      this.#retryAfterMs = answer.retryAfterMs
    }
  }

  read(): BudgetAnswer | undefined {
    if (this.#outcome === undefined) return undefined
    const level = { available: this.#available, capacity: this.#capacity, refillPerSecond: this.#refillPerSecond }
    return this.#outcome === 'granted' ? { granted: true, ...level } : { granted: false, ...level, retryAfterMs: this.#retryAfterMs }
  }
}

class KeptLoad {
  #asked = false
  #loopDelayMs = Number.NaN
  #inFlight = 0
  #sockets = 0
  #draining = false
  #maxLoopDelayMs = Number.NaN
  #maxInFlight = 0
  #maxSockets = 0
  #delayShut = false
  #flightShut = false

  write(load: Load | undefined): void {
    this.#asked = load !== undefined
    if (load === undefined) return
    this.#loopDelayMs = load.loopDelayMs
    this.#inFlight = load.inFlight
    this.#sockets = load.sockets
    this.#draining = load.draining
    this.#maxLoopDelayMs = load.maxLoopDelayMs
    this.#maxInFlight = load.maxInFlight
    this.#maxSockets = load.maxSockets
    this.#delayShut = load.delayShut
    this.#flightShut = load.flightShut
  }

  read(): Load | undefined {
    if (!this.#asked) return undefined
    return {
      loopDelayMs: this.#loopDelayMs,
      inFlight: this.#inFlight,
      sockets: this.#sockets,
      draining: this.#draining,
      maxLoopDelayMs: this.#maxLoopDelayMs,
      maxInFlight: this.#maxInFlight,
      maxSockets: this.#maxSockets,
      delayShut: this.#delayShut,
      flightShut: this.#flightShut,
    }
  }
}

class KeptAllowance {
  #outcome: 'granted' | 'refused' | undefined = undefined
  #userId = ''
  #addressKey: string | undefined = undefined
  /** The limit that refused, or the one in dry-run that would have. */
  #rule: LimitRule | undefined = undefined
  #retryAfterMs = Number.NaN
  /** `undefined` when the store told no levels. */
  #limits: LimitsConfig | undefined = undefined
  #userConnects: number | undefined = undefined
  #addressConnects: number | undefined = undefined
  #endpointConnects: number | undefined = undefined
  #userSockets: number | undefined = undefined
  #addressSockets: number | undefined = undefined
  #nodeSockets: number | undefined = undefined

  write(allowance: Allowance | undefined): void {
    this.#outcome = undefined
    this.#limits = undefined
    if (allowance === undefined) return
    if (allowance.granted) {
      this.#outcome = 'granted'
      this.#userId = allowance.lease.userId
      this.#addressKey = allowance.lease.addressKey
      this.#rule = allowance.wouldRefuse
    } else {
      this.#outcome = 'refused'
      this.#rule = allowance.rule
      this.#retryAfterMs = allowance.retryAfterMs
    }
    if (allowance.levels === undefined) return
    const { counts, limits } = allowance.levels
    this.#limits = limits
    this.#userConnects = counts.userConnects
    this.#addressConnects = counts.addressConnects
    this.#endpointConnects = counts.endpointConnects
    this.#userSockets = counts.userSockets
    this.#addressSockets = counts.addressSockets
    this.#nodeSockets = counts.nodeSockets
  }

  read(): Allowance | undefined {
    const rule = this.#rule
    const levels = this.#levels()
    const told = levels === undefined ? {} : { levels }
    if (this.#outcome === 'granted') return { granted: true, lease: { userId: this.#userId, addressKey: this.#addressKey }, wouldRefuse: rule, ...told }
    if (this.#outcome === 'refused' && rule !== undefined) return { granted: false, rule, retryAfterMs: this.#retryAfterMs, ...told }
    return undefined
  }

  #levels(): LimitLevels | undefined {
    if (this.#limits === undefined) return undefined
    const counts = {
      userConnects: this.#userConnects,
      addressConnects: this.#addressConnects,
      endpointConnects: this.#endpointConnects,
      userSockets: this.#userSockets,
      addressSockets: this.#addressSockets,
      nodeSockets: this.#nodeSockets,
    }
    return { counts, limits: this.#limits }
  }
}
