import { deny } from '../../protocol/denial.js'
import { isAlgorithm, isHmac } from './algorithm.js'
import type { IssuerConfig } from './issuer.js'
import type { JsonObject } from './json-object.js'
import { judgeClaims } from './judge-claims.js'
import { maxTokenBytes, parseCompact, parsePayload, type CompactToken, type TokenHeader } from './parse-compact.js'
import { integerWithin, prepareIssuers, type Trial } from './prepare-issuers.js'
import type { TokenFault, Verification, Verifier } from './verification.js'
import { createVerifiedCache, tokenDigest } from './verified-cache.js'
import { answersTo, macHolds, publicSignatureHolds } from './verify-signature.js'

export interface VerifierOptions {
  /** At least one. A token is judged by the issuers whose `issuer` equals its `iss`; when none does, by all. */
  readonly issuers: readonly IssuerConfig[]
  /** Milliseconds by which `nbf`, `iat` and `created_at` may lie ahead, default 5,000, range 0 to 300,000. `exp` gets none. */
  readonly clockToleranceMs?: number | undefined
  /** Verified tokens that are remembered, default 10,000, range 0 to 1,000,000. */
  readonly cacheEntries?: number | undefined
  /** Clock for the checks at creation, default `Date.now`; each verification is told its own time. */
  readonly now?: (() => number) | undefined
}

/** A verifier with what its owner may ask of it. */
export interface TokenVerifier extends Verifier {
  /** Sentences about the configuration that must be said at every start. */
  readonly warnings: readonly string[]
  /** Forgets every verified token, so that each is verified again. */
  clear(): void
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
  const { trials, warnings } = await prepareIssuers(options.issuers, (options.now ?? Date.now)())
  const issuerNames = new Set(trials.map(({ policy }) => policy.issuer))

  /** The keys of the issuers a token may be of. Narrowing only: an issuer that does not fit is refused again with the claims. */
  const eligible = (payload: JsonObject): readonly Trial[] => {
    const claimed = payload['iss']
    return typeof claimed === 'string' && issuerNames.has(claimed) ? trials.filter(({ policy }) => policy.issuer === claimed) : trials
  }

  const judge = ({ key, policy }: Trial, { token, payload, digest, at }: Reading): Verification => {
    if (at >= key.notAfter) return retiredKey
    const judgement = judgeClaims(payload, token.header.type, policy, at, toleranceMs)
    if (!judgement.ok) return judgement.fault === 'expired' ? { ...judgement, denial: expired } : refuse(judgement.fault, judgement.detail)
    const { claims } = judgement
    cache.keep(digest, claims, Math.min(claims.expiresAt, key.notAfter))
    return { ok: true, claims, cached: false }
  }

  const verifyMac = (reading: Reading, candidates: readonly Trial[]): Verification => {
    let answer = badSignature
    for (const trial of candidates) {
      if (!('secret' in trial.key) || !macHolds(reading.token, trial.key)) continue
      answer = better(answer, judge(trial, reading))
      if (answer.ok) return answer
    }
    return answer
  }

  const verifyPublic = async (reading: Reading, candidates: readonly Trial[]): Promise<Verification> => {
    let answer = badSignature
    for (const trial of candidates) {
      // One after the other, so that a forged token never occupies the whole thread pool.
      if ('secret' in trial.key || !(await publicSignatureHolds(reading.token, trial.key))) continue
      answer = better(answer, judge(trial, reading))
      if (answer.ok) return answer
    }
    return answer
  }

  return {
    warnings,
    clear: () => cache.clear(),
    cached: (text, at) => (text.length > maxTokenBytes ? undefined : cache.find(tokenDigest(text), at)),
    verify(text, at) {
      if (text.length > maxTokenBytes) return tooLong
      const digest = tokenDigest(text)
      const known = cache.find(digest, at)
      if (known !== undefined) return { ok: true, claims: known, cached: true }
      const parsed = parseCompact(text)
      if (!parsed.ok) return refuse('malformed', parsed.detail)
      const { token } = parsed
      const payload = parsePayload(token)
      if (payload === undefined) return notAnObject
      const { algorithm } = token.header
      const named = eligible(payload)
      const candidates = named.filter(({ key }) => answersTo(key, token.header))
      if (candidates.length === 0) return untried(token.header, named)
      const reading = { token, payload, digest, at }
      return isAlgorithm(algorithm) && isHmac(algorithm) ? verifyMac(reading, candidates) : verifyPublic(reading, candidates)
    },
  }
}

/** A token that was taken apart, with nothing proved about it. */
interface Reading {
  readonly token: CompactToken
  readonly payload: JsonObject
  readonly digest: string
  readonly at: number
}

const refuse = (fault: Exclude<TokenFault, 'expired'>, detail: string): Verification => ({ ok: false, denial: deny('token_invalid', { detail }), fault })

const expired = deny('token_expired', { detail: 'it has expired' })

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
