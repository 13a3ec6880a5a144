import { networksOverlap, parseNetwork, type Network } from './address/network.js'
import { positiveInteger, positiveNumber } from './argument.js'
import type { Ban, NewBan } from './ban.js'
import { createRotatingMap } from './rotating-map.js'
import { createSteadyTime } from './steady-time.js'
import type { TokenFault } from './token/verification.js'

export const ladderModes = ['off', 'dry-run', 'on'] as const

export type LadderMode = (typeof ladderModes)[number]

export interface LadderConfig {
  /** `off` counts nothing, `dry-run` only says whom it would ban (the default of a gate), `on` bans. */
  readonly mode: LadderMode
  /** Distinct forged or malformed tokens that bring a ban (default 5). */
  readonly failures?: number
  /** Within this many milliseconds (default 600,000). */
  readonly windowMs?: number
  /** Length of the first ban (default 24); each further one is twice as long, up to 30 days. */
  readonly hours?: number
  /** Addresses and CIDR ranges that are never banned by themselves (default none); loopback always belongs to them. */
  readonly allowed?: readonly string[]
}

/** What follows from a failure. The ladder stores nothing: whoever asked hands `ban` to the store of bans. */
export type LadderVerdict = { readonly outcome: 'nothing' } | { readonly outcome: 'would_ban' | 'ban'; readonly ban: NewBan }

/** What a past ban of the ladder says of the next one. */
export interface LadderBan {
  /** Address key. */
  readonly key: string
  readonly createdAt: number
  readonly endsAt: number
}

/** Counts forged tokens by address and says who sends too many. */
export interface Ladder {
  /**
   * Notes a token that was refused.
   *
   * Only `malformed` and `signature` count, and each token once, so that a client that repeats its one broken token is never banned.
   *
   * @param key - Address key; `undefined`, as a trusted proxy's own address has it, never counts.
   * @param tokenHash - Hash of the token, never the token.
   */
  failed(key: string | undefined, fault: TokenFault, tokenHash: string, at: number): LadderVerdict
  /** Notes an admission: its address key isn't banned by the ladder for 24 hours. */
  admitted(key: string | undefined, at: number): void
  /** Takes over a ban that the ladder made before this process began, so that the next one is as long as it would have been; the oldest first. */
  remember(ban: LadderBan): void
  /** Forgets what is held against an address key, when an operator lifts its ban: the next ban is a first one again. */
  forgive(key: string): void
  /** Address keys remembered for any reason. */
  readonly size: number
}

/**
 * Creates the ladder.
 *
 * What it knows lives in memory and is bounded: the failures of 50,000 addresses, the bans of 50,000, the admissions of 200,000. In dry-run an
 * address that would be banned is quiet until that ban would have ended. A clock that is set back makes nothing of it last longer.
 *
 * @throws TypeError or RangeError when a setting is out of its range.
 */
export const createLadder = (config: LadderConfig): Ladder => {
  const { mode } = config
  if (!ladderModes.includes(mode)) {
    throw new RangeError(`Cannot create ${subject} as "mode" must be one of ${ladderModes.join(', ')}: current value is ${JSON.stringify(mode)}`)
  }
  const maxFailures = positiveInteger(subject, 'failures', config.failures ?? 5)
  const windowMs = positiveInteger(subject, 'windowMs', config.windowMs ?? 600_000)
  const firstMs = positiveNumber(subject, 'hours', config.hours ?? 24) * hourMs
  const longestMs = Math.max(firstMs, 30 * dayMs)
  const allowed = ['127.0.0.0/8', '::1', ...(config.allowed ?? [])].map(allowedNetwork)

  /** What is remembered is counted on it; only a ban itself has its times by the wall clock. */
  const time = createSteadyTime()
  const failures = createRotatingMap<readonly Failure[]>({ lifeMs: windowMs, maxKeys: 50_000 })
  const admissions = createRotatingMap<number>({ lifeMs: dayMs, maxKeys: 200_000 })
  const records = createRotatingMap<BanRecord>({ lifeMs: longestMs + ladderMemoryMs, maxKeys: 50_000 })

  const isExempt = (key: string, now: number): boolean => {
    const admittedAt = admissions.get(key)
    if (admittedAt !== undefined && now - admittedAt < dayMs) return true
    const network = parseNetwork(key)
    return network === undefined || allowed.some((other) => networksOverlap(other, network))
  }

  return {
    failed(key, fault, tokenHash, at) {
      if (mode === 'off' || key === undefined || !isAttack[fault]) return nothing
      const now = time.now(at)
      const record = records.get(key)
      if (record !== undefined && now < record.quietUntil) return nothing

      const recent = (failures.get(key) ?? []).filter((other) => now - other.at < windowMs && other.tokenHash !== tokenHash)
      const counted = [...recent, { tokenHash, at: now }].slice(-maxFailures)
      failures.set(key, counted, now)
      if (counted.length < maxFailures || isExempt(key, now)) return nothing

      failures.delete(key)
      const before = bansBefore(record, now)
      const lengthMs = Math.min(firstMs * 2 ** before, longestMs)
      const endsAt = now + lengthMs
      records.set(key, { bans: before + 1, endsAt, quietUntil: mode === 'dry-run' ? endsAt : now + settlingMs }, now)
      const ban: NewBan = {
        subject: { kind: 'network', network: key },
        reason: `${maxFailures} forged or malformed tokens within ${windowMs / 1_000} s`,
        actor: 'ladder',
        source: 'ladder',
        createdAt: at,
        expiresAt: at + lengthMs,
      }
      return { outcome: mode === 'on' ? 'ban' : 'would_ban', ban }
    },
    admitted(key, at) {
      if (mode === 'off' || key === undefined) return
      const now = time.now(at)
      admissions.set(key, now, now)
    },
    remember({ key, createdAt, endsAt }) {
      if (mode !== 'on') return
      const now = time.now(createdAt)
      records.set(key, { bans: bansBefore(records.get(key), now) + 1, endsAt: now + endsAt - createdAt, quietUntil: now + settlingMs }, now)
    },
    forgive(key) {
      failures.delete(key)
      records.delete(key)
    },
    get size() {
      return failures.size + admissions.size + records.size
    },
  }
}

/** Who was forgiven by a person, in whatever process, begins again at the first rung: an address whose ban by the ladder was lifted. */
export const forgiveLifted = (ladder: Pick<Ladder, 'forgive'>, { source, subject: lifted }: Ban): void => {
  if (source === 'ladder' && lifted.kind === 'network') ladder.forgive(lifted.network)
}

interface Failure {
  readonly tokenHash: string
  /** Steady milliseconds, as in a record. */
  readonly at: number
}

interface BanRecord {
  readonly bans: number
  readonly endsAt: number
  /** Until then further failures are not counted. */
  readonly quietUntil: number
}

const isAttack: Readonly<Record<TokenFault, boolean>> = { malformed: true, signature: true, unknown_key: false, claims: false, expired: false }

const subject = 'a ladder'
const nothing: LadderVerdict = { outcome: 'nothing' }
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** An address is a beginner again when its last ban has been over for this long. */
export const ladderMemoryMs = 30 * dayMs

const bansBefore = (record: BanRecord | undefined, now: number): number => (record === undefined || now >= record.endsAt + ladderMemoryMs ? 0 : record.bans)

/** While a ban is on its way to the store, attempts that were in flight with the last one don't bring the next. */
const settlingMs = 10_000

const allowedNetwork = (text: string): Network => {
  const network = parseNetwork(text)
  if (network === undefined) {
    throw new TypeError(`Cannot create ${subject} as "allowed" must hold addresses or CIDR ranges: current value is ${JSON.stringify(text)}`)
  }
  return network
}
