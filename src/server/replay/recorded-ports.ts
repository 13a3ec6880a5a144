import type { Ban } from '../../admission/ban.js'
import { judgeLoad, type Load } from '../../admission/capacity.js'
import type { StepName } from '../../admission/decision.js'
import { maxSocketsOf, type LimitsConfig } from '../../admission/limits.js'
import type { Rules } from '../../admission/rules.js'
import { struckOff } from '../../admission/steps/listed.js'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import type { Claims } from '../../admission/token/claims.js'
import type { Verification } from '../../admission/token/verification.js'
import type { User } from '../../admission/user.js'
import { deny, isReason, type Denial } from '../../protocol/denial.js'
import { judgeBudget } from './judge-budget.js'
import { judgeCounts } from './judge-counts.js'
import type { DecisionRecord } from './record.js'

/** The limits that are configured now. */
export interface Thresholds {
  readonly addressBudget: { readonly capacity: number; readonly refillPerSecond: number }
  readonly limits: LimitsConfig
}

export type RecordedPorts = Pick<
  Rules,
  'bans' | 'budget' | 'capacity' | 'verifier' | 'tickets' | 'lobby' | 'ladder' | 'laddered' | 'revocations' | 'allowList' | 'users' | 'memberships' | 'limits' | 'developmentUserId'
>

const standInWords = ', and a development user stands in'
/** What the stair says of a token that its issuer still lists. */
const onAllowList = 'on the allow-list'
const allowListKey = 'recorded'

const calm: Load = { loopDelayMs: 0, inFlight: 0, sockets: 0, draining: false, maxLoopDelayMs: 0, maxInFlight: 0, maxSockets: 1, delayShut: false, flightShut: false }

const goodKey: Claims['key'] = { issuer: 'recorded', kid: undefined, notAfter: Infinity, withdrawn: false }

const banOf = (detail: string | undefined): Ban => ({
  // Which ban a rule in dry-run met is not recorded.
  id: /^ban (\S+)/.exec(detail ?? '')?.[1] ?? 'unknown',
  subject: { kind: 'network', network: '::' },
  reason: '',
  actor: 'recorded',
  source: 'manual',
  createdAt: 0,
  expiresAt: undefined,
})

/** Throws what a store threw then, so that it is told in the same words. */
const failureOf = (denial: Denial): Error | undefined => {
  const { reason, detail = '' } = denial
  if (reason === 'internal_error') return new Error(detail)
  if (reason !== 'dependency_unavailable') return undefined
  const [store = '', ...rest] = detail.split(': ')
  return new StoreUnavailable(store, rest.join(': '))
}

/**
 * Answers every question of the staircase as it was answered when the decision was made, thresholds apart.
 *
 * @param miss - Told of a stair whose question was not asked then, or asked about somebody else; what is decided after that means nothing.
 */
export const recordedPorts = (record: DecisionRecord, { addressBudget, limits }: Thresholds, miss: (step: StepName) => void): RecordedPorts => {
  const { inputs, address, marks, userId = '' } = record
  const stepOf = (name: StepName) => record.steps.find((step) => step.name === name)
  const detailOf = (name: StepName): string | undefined => stepOf(name)?.detail
  const marked = (rule: string): boolean => marks.some((mark) => mark.rule === rule)
  /** Why a stair refused then; `undefined` when it passed. */
  const refusalAt = (name: StepName): Denial | undefined => {
    const detail = detailOf(name)
    const { retryAfterMs } = record
    const rest = { ...(detail === undefined ? {} : { detail }), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    return record.step === name && record.reason !== undefined ? deny(record.reason, rest) : undefined
  }
  const asked = (name: StepName): boolean => {
    const was = stepOf(name) !== undefined
    if (!was) miss(name)
    return was
  }

  const tokenDetail = detailOf('token')
  const standsIn = tokenDetail?.endsWith(standInWords) === true && refusalAt('token') === undefined
  const ended = refusalAt('revocation')
  const listFailure = ended && failureOf(ended)
  const wasListed = detailOf('revocation') === onAllowList
  const wasStruckOff = ended?.detail === struckOff.detail
  const claims: Claims = {
    subject: userId,
    issuer: tokenDetail ?? '',
    key: goodKey,
    tokenId: undefined,
    issuedAt: undefined,
    expiresAt: Number.MAX_SAFE_INTEGER,
    role: undefined,
    epoch: detailOf('user') === 'token epoch is over' ? 0 : undefined,
    payload: {},
    ...(wasListed || wasStruckOff || listFailure !== undefined ? { allowListKey } : {}),
  }
  const verification = (): Verification => {
    const refusal = refusalAt('token')
    if (refusal !== undefined) return { ok: false, denial: refusal, fault: 'claims' }
    if (!asked('token')) return { ok: false, denial: deny('token_invalid'), fault: 'claims' }
    if (standsIn) {
      const reason = tokenDetail.slice(0, -standInWords.length)
      return { ok: false, denial: deny(isReason(reason) ? reason : 'token_invalid'), fault: 'claims' }
    }
    return { ok: true, claims, cached: tokenDetail === 'cached' }
  }
  /** Whether the token was known to be good before it was looked at. */
  const isProved = (): boolean => {
    if (inputs.budget?.granted === false) return refusalAt('address_budget') === undefined && !marked('address_budget')
    if (stepOf('token') === undefined) miss('address_budget')
    const ticket = inputs.credential !== undefined && 'carrier' in inputs.credential && inputs.credential.carrier === 'ticket'
    return refusalAt('token') === undefined && !standsIn && (ticket || tokenDetail === 'cached')
  }

  const user = (): User | undefined => {
    const refusal = refusalAt('user')
    if (refusal?.reason === 'user_unknown') return undefined
    const known = { id: userId, role: 'owner', epoch: 1 } as const
    if (refusal?.reason === 'user_disabled') return { ...known, active: false }
    return refusal?.reason === 'forbidden' ? { ...known, active: true, role: 'customer' } : { ...known, active: true }
  }

  const budget = () => {
    if (inputs.budget === undefined) miss('address_budget')
    return inputs.budget === undefined ? ({ granted: true, available: 0, ...addressBudget } as const) : judgeBudget(inputs.budget, addressBudget)
  }
  const load = (): Load => {
    if (inputs.load === undefined) miss('capacity')
    return inputs.load === undefined ? calm : { ...inputs.load, maxSockets: maxSocketsOf(limits) }
  }
  const limited: RecordedPorts['limits']['take'] = (ask) => {
    const failure = failureOf(refusalAt('limits') ?? deny('not_found'))
    if (failure !== undefined) throw failure
    const counted = inputs.limits
    const allowance = counted?.levels && ask.userId === userId ? judgeCounts(counted, counted.levels, ask, limits) : undefined
    if (allowance !== undefined) return allowance
    miss('limits')
    return { granted: true, lease: ask }
  }

  return {
    bans: {
      findAddress(now) {
        if (now !== address || inputs.addressKey === undefined) miss('address_ban')
        else if (asked('address_ban') && (refusalAt('address_ban') !== undefined || marked('address_ban'))) return banOf(detailOf('address_ban'))
        return undefined
      },
      findUser() {
        return asked('revocation') && (ended?.reason === 'user_banned' || marked('user_ban')) ? banOf(ended?.detail) : undefined
      },
    },
    budget: { reserve: budget, peek: budget, charge: () => undefined },
    capacity: {
      check: () => judgeLoad(load()),
      enter: () => undefined,
      leave: () => undefined,
      get load() {
        return load()
      },
    },
    verifier: { verify: verification, cached: () => (isProved() ? claims : undefined) },
    tickets: { redeem: verification, peek: () => (isProved() ? { ok: true, claims, cached: false } : { ok: false, denial: deny('token_expired'), fault: 'claims' }) },
    lobby: {
      full() {
        const refusal = refusalAt('credential')
        return refusal?.reason === 'token_missing' ? undefined : refusal
      },
    },
    ladder: {
      failed: () => (marked('ladder') ? { outcome: 'would_ban', ban: banOf(undefined) } : { outcome: 'nothing' }),
      admitted: () => undefined,
    },
    laddered: () => undefined,
    revocations: {
      find() {
        if (!asked('revocation') || ended?.reason !== 'token_revoked' || wasStruckOff) return undefined
        return ended.detail === 'revoked by token id'
          ? { kind: 'token', tokenId: '', until: Number.MAX_SAFE_INTEGER }
          : { kind: 'user', userId, before: Number.MAX_SAFE_INTEGER, until: Number.MAX_SAFE_INTEGER }
      },
    },
    allowList: {
      async holding() {
        if (listFailure !== undefined) throw listFailure
        return await Promise.resolve(new Set(wasStruckOff ? [] : [allowListKey]))
      },
    },
    users: {
      held: () => (asked('user') && detailOf('user') === 'cached' ? user() : undefined),
      async find() {
        const failure = failureOf(refusalAt('user') ?? deny('not_found'))
        if (failure !== undefined) throw failure
        return await Promise.resolve(user())
      },
      changed: () => undefined,
      allChanged: () => undefined,
    },
    memberships: {
      async mayEnter() {
        const refusal = refusalAt('topic')
        const failure = failureOf(refusal ?? deny('not_found'))
        if (failure !== undefined) throw failure
        asked('topic')
        return await Promise.resolve(refusal === undefined)
      },
    },
    limits: { take: limited, peek: limited, release: () => undefined },
    developmentUserId: standsIn ? userId : undefined,
  }
}
