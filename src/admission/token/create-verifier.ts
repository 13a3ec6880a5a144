import { deny } from '../../protocol/denial.js'
import type { Claims } from './claims.js'
import { createKeyRing, type KeysNotice, type Trial } from './key-ring.js'
import { StoreUnavailable } from '../store-unavailable.js'
import type { IssuerConfig } from './issuer.js'
import type { JsonObject } from './json-object.js'
import { inspectToken } from './inspect-token.js'
import { judgeClaims } from './judge-claims.js'
import { maxTokenBytes, parseCompact, parsePayload, type CompactToken, type TokenHeader } from './parse-compact.js'
import { integerWithin } from './prepare-issuers.js'
import { defaultJwksPolicy, type JwksPolicy, type Search } from './remote-keys.js'
import type { TokenFault, TokenInspector, Verification } from './verification.js'
import { createSignatureQueue } from './signature-queue.js'
import { createVerifiedCache, tokenDigest } from './verified-cache.js'
import { answersTo, publicSignatureHolds } from './verify-signature.js'

export interface VerifierOptions {
  /** At least one. A token is judged by the issuers whose `issuer` equals its `iss`; when none does, by all. */
  readonly issuers: readonly IssuerConfig[]
  /** Milliseconds by which `nbf`, `iat` and `created_at` may lie ahead, default 5,000, range 0 to 300,000. `exp` gets none. */
  readonly clockToleranceMs?: number | undefined
  /** Verified tokens that are remembered, default 10,000, range 0 to 1,000,000. */
  readonly cacheEntries?: number | undefined
  /** When served keys are fetched and how long they are believed. */
  readonly jwks?: Partial<JwksPolicy> | undefined
  /** Hears what operators should know about keys. */
  readonly told?: ((notice: KeysNotice) => void) | undefined
  /** Hears that keys were withdrawn or were given an earlier end: what they verified may have to end too. */
  readonly shortened?: (() => void) | undefined
  /** Clock for the checks at creation and for fetches, default `Date.now`; each verification is told its own time. */
  readonly now?: (() => number) | undefined
}

/** A verifier with what its owner may ask of it. */
export interface TokenVerifier extends TokenInspector {
  /** Sentences about the configuration that must be said at every start. */
  readonly warnings: readonly string[]
  /** Issuers whose key server did not answer last. */
  readonly away: readonly string[]
  /**
   * Puts other issuers in the place of all. Keys that are not among theirs verify nothing from now on, nor does anything they verified.
   *
   * @returns Sentences about the new configuration.
   * @throws TypeError or RangeError when it is weak or contradicts itself; then nothing changed.
   */
  replace(issuers: readonly IssuerConfig[]): Promise<readonly string[]>
  /** Fetches served keys that are due; resolves when that is over. Never rejects. */
  tick(): Promise<void>
  /** Starts the timer that fetches served keys; it is unreferenced. */
  start(): void
  stop(): void
}

/**
 * Makes the verifier: an encoded token in, claims or a denial out.
 *
 * Keys are imported once, here. Nothing that a token names is ever fetched, opened or looked up: its `alg`, `kid` and `iss` are compared with the
 * configuration and that is all.
 *
 * A token with a `kid` is verified by the key of that `kid` or by none. Issuers that put a `kid` into tokens of a single shared secret are configured
 * with `keys: [{ kid, secret }]`. A token without a `kid` is tried with every key of its algorithm.
 *
 * The signature is judged before any claim. `token_expired` is said only of tokens that are good in all else.
 *
 * @throws TypeError or RangeError with one line that says what to change when the configuration is weak or contradicts itself.
 *
 * @example
 * const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }] })
 * const verification = await verifier.verify(token, Date.now())
 * if (verification.ok) console.log(verification.claims.subject)
 */
export const createVerifier = async (options: VerifierOptions): Promise<TokenVerifier> => {
  const toleranceMs = integerWithin('clockToleranceMs', options.clockToleranceMs ?? 5000, 0, 300_000)
  const cache = createVerifiedCache(integerWithin('cacheEntries', options.cacheEntries ?? 10_000, 0, 1_000_000))
  const now = options.now ?? Date.now
  const { ring, warnings } = await createKeyRing(options.issuers, {
    jwks: { ...defaultJwksPolicy, ...options.jwks },
    now,
    told: options.told ?? (() => undefined),
    shortened: options.shortened ?? (() => undefined),
  })
  const signatures = createSignatureQueue()
  let timer: NodeJS.Timeout | undefined
  const tick = (): Promise<void> => ring.tick(now())

  const judge = (trial: Trial, { token, payload, digest, at }: Reading): Verification => {
    const { policy, life } = trial
    // It may have been withdrawn while the arithmetic was under way.
    if (at >= life.notAfter || life.withdrawn) return retiredKey
    const believedUntil = ring.believedUntil(trial)
    if (at >= believedUntil) throw keysAway
    const judgement = judgeClaims({ payload, type: token.header.type, at, toleranceMs }, policy, life)
    if (!judgement.ok) return judgement.fault === 'expired' ? { ...judgement, denial: expired } : refuse(judgement.fault, judgement.detail)
    const claims = listedAs(policy.allowListPrefix, digest, judgement.claims)
    cache.keep(digest, claims, Math.min(claims.expiresAt, believedUntil))
    return { ok: true, claims, cached: false }
  }

  /** The MAC comes first, as it costs little: a stranger's claims are not even parsed, and no issuer is looked for by them. */
  const verifyMac = (token: CompactToken, digest: string, at: number, candidates: readonly Trial[]): Verification => {
    const holding = candidates.filter(({ key }) => 'secret' in key && key.macHolds(token.signingInput, token.signature))
    if (holding.length === 0) return badSignature
    const payload = parsePayload(token)
    if (payload === undefined) return notAnObject
    const eligible = ring.eligible(payload)
    let answer = badSignature
    for (const trial of holding) {
      if (!eligible.includes(trial)) continue
      answer = better(answer, judge(trial, { token, payload, digest, at }))
      if (answer.ok) return answer
    }
    return answer
  }

  const verifyPublic = async (reading: Reading, candidates: readonly Trial[]): Promise<Verification> => {
    let answer = badSignature
    for (const trial of candidates) {
      // One after the other, so that a forged token never occupies the whole thread pool.
      const { key } = trial
      if ('secret' in key || !(await signatures.run(() => publicSignatureHolds(reading.token, key)))) continue
      answer = better(answer, judge(trial, reading))
      if (answer.ok) return answer
    }
    return answer
  }

  const tryKeys = (reading: Reading, mayAsk: boolean): Verification | Promise<Verification> => {
    const { header } = reading.token
    const named = ring.eligible(reading.payload)
    const candidates = named.filter(({ key }) => answersTo(key, header))
    if (candidates.length > 0) return verifyPublic(reading, candidates)
    const search = mayAsk ? ring.search(header, reading.payload, reading.at) : 'unknown'
    return search === 'unknown' ? untried(header, named) : askIssuers(reading, search)
  }

  /** @throws StoreUnavailable when the key a token names may exist where nobody answers. */
  const askIssuers = async (reading: Reading, searching: Search | Promise<Search>): Promise<Verification> => {
    const search = await searching
    if (search === 'away') throw keysAway
    return tryKeys(reading, false)
  }

  const verify = (text: string, at: number): Verification | Promise<Verification> => {
    if (text.length > maxTokenBytes) return tooLong
    const digest = tokenDigest(text)
    const known = cache.find(digest, at)
    if (known !== undefined) return { ok: true, claims: known, cached: true }
    const parsed = parseCompact(text)
    if (!parsed.ok) return refuse('malformed', parsed.detail)
    const { token } = parsed
    const macs = ring.trials.filter(({ key }) => 'secret' in key && answersTo(key, token.header))
    if (macs.length > 0) return verifyMac(token, digest, at, macs)
    const payload = parsePayload(token)
    if (payload === undefined) return notAnObject
    return tryKeys({ token, payload, digest, at }, true)
  }

  return {
    warnings,
    get away() {
      return ring.away
    },
    async replace(issuers) {
      const said = await ring.replace(issuers)
      // What stays may be read by other rules from now on.
      cache.clear()
      return said
    },
    tick,
    start() {
      timer ??= setInterval(() => void tick(), tickMs).unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
    cached: (text, at) => (text.length > maxTokenBytes ? undefined : cache.find(tokenDigest(text), at)),
    verify,
    async inspect(text, at) {
      const verification = await verify(text, at)
      return { verification, checks: await inspectToken(text, { verification, eligible: (payload) => ring.eligible(payload), at, toleranceMs }) }
    },
  }
}

/** What is asked of the allow-list later, when the token itself is forgotten. */
const listedAs = (prefix: string | undefined, digest: string, claims: Claims): Claims =>
  prefix === undefined ? claims : Object.freeze({ ...claims, allowListKey: `${prefix}${Buffer.from(digest, 'base64url').toString('hex')}` })

/** How often it is looked whether keys are due, in milliseconds. */
const tickMs = 1_000

/** A token that was taken apart, with nothing proved about it. */
interface Reading {
  readonly token: CompactToken
  readonly payload: JsonObject
  readonly digest: string
  readonly at: number
}

const refuse = (fault: Exclude<TokenFault, 'expired'>, detail: string): Verification => ({ ok: false, denial: deny('token_invalid', { detail }), fault })

const expired = deny('token_expired', { detail: 'it has expired' })

const keysAway = new StoreUnavailable('keys', 'the keys of the issuer can not be fetched')

const tooLong = refuse('malformed', 'it is longer than the limit')
const notAnObject = refuse('malformed', 'its claims are not a strict JSON object')
const notAllowed = refuse('signature', 'its "alg" is not allowed')
const notItsKey = refuse('signature', 'its "alg" is not that of its key')
const badSignature = refuse('signature', 'its signature does not hold')
const unknownKey = refuse('unknown_key', 'its "kid" is not configured')
const retiredKey = refuse('unknown_key', 'its key is past "notAfter"')

/** Why no key could even be tried. Only a `kid` nobody configured is innocent; a known one under another algorithm is key confusion. */
const untried = (header: TokenHeader, trials: readonly Trial[]): Verification => {
  if (!trials.some(({ key }) => key.algorithm === header.algorithm)) return notAllowed
  return trials.some(({ key }) => key.kid === header.keyId) ? notItsKey : unknownKey
}

/** Of two answers to one token, the one that got further: two issuers may share a secret and read its tokens by different rules. */
const better = (one: Verification, other: Verification): Verification => (rank(other) >= rank(one) ? other : one)

const ranks: Record<TokenFault, number> = { malformed: 0, signature: 1, unknown_key: 2, claims: 3, expired: 4 }
const rank = (answer: Verification): number => (answer.ok ? 5 : ranks[answer.fault])
