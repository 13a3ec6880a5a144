import { isAudience, isCount, isId, isNumericDate, isText, subjectOf, textOf, timeOf } from './claim-shapes.js'
import { parseCreatedAt } from './iso-time.js'
import type { JsonObject } from './json-object.js'
import type { Profile } from './profiles.js'

/** What an issuer's rules depend on. */
export interface ClaimDemands {
  readonly profile: Profile
  /** Exact `iss`; `undefined` leaves it unchecked. */
  readonly issuer: string | undefined
  /** Values of `aud` that mean us; with none of them, a token that has an `aud` is somebody else's. */
  readonly audiences: readonly string[]
  /** Values of `azp` that are let in; with none of them it is unchecked. */
  readonly parties: readonly string[]
  readonly lifetimeMs: number
}

/** A token as its rules see it. */
export interface ClaimReading {
  readonly payload: JsonObject
  /** `typ` of the header. */
  readonly type: string | undefined
  /** Epoch milliseconds that count as now. */
  readonly at: number
  /** How far `nbf`, `iat` and `created_at` may lie ahead. Nothing is added to `exp`. */
  readonly toleranceMs: number
}

/** What one claim must be: admission asks the rules up to the first fault, an operator who checks a token is shown all of them. */
export interface ClaimRule {
  readonly part: 'header' | 'claims'
  readonly claim: string
  /** What is wrong, in words that quote nothing; `undefined` when nothing is. */
  readonly fault: (reading: ClaimReading) => string | undefined
  /** Epoch milliseconds from which on the token is over by this claim; asked of claims without a fault only. */
  readonly end?: (reading: ClaimReading) => number
  /** What it must be, for people. */
  readonly expected: (reading: ClaimReading) => string
}

/** RFC 8725 section 3.11; media types compare without case (RFC 7515 section 4.1.9). */
const accessTokenType = /^(?:application\/)?(?:at\+)?jwt$/i

/** Claims in which issuers say what a token is for; what is made for another purpose opens no socket (RFC 8725 section 3.12). */
const purposeClaims = ['token_type', 'type', 'token_use', 'typ']
const otherPurpose = /refresh|offline|ticket/i

/**
 * The rules for tokens of one issuer, in the order in which they are asked.
 *
 * A token is called expired only when none of them has a fault, so that its holder may fetch a new one.
 */
export const claimRules = ({ profile, issuer, audiences, parties, lifetimeMs }: ClaimDemands): readonly ClaimRule[] => [
  {
    part: 'header',
    claim: 'typ',
    expected: () => 'JWT, at+jwt or none',
    fault: ({ type }) => (type === undefined || accessTokenType.test(type) ? undefined : 'its "typ" is not JWT or at+jwt'),
  },
  ...purposeClaims.map((claim) =>
    inClaims(claim, 'not refresh, offline or ticket', (value) => (typeof value === 'string' && otherPurpose.test(value) ? 'it is not an access token' : undefined)),
  ),
  ...accessRules(profile),
  inClaims(profile.subject, 'an id of 1 to 256 characters, or an integer', (value) => (subjectOf(value) === undefined ? namesNoUser(profile) : undefined)),
  profile.needsTokenId
    ? inClaims('jti', 'an id', (value) => (value === undefined ? 'its "jti" is missing' : undefined))
    : inClaims('jti', 'an id or none'),
  // A role may only lower what the user may do; one that cannot be read must not raise it again. A null says that there is none.
  inClaims('role', 'text or none'),
  inClaims('epoch', 'a whole number or none'),
  issuer === undefined
    ? inClaims('iss', 'any text or none')
    : inClaims('iss', JSON.stringify(issuer), (value) => (value === issuer ? undefined : 'its "iss" is another issuer')),
  inClaims('aud', audiences.length === 0 ? 'none' : oneOf(audiences), (value) => (isForUs(value, audiences) ? undefined : 'its "aud" is not us')),
  ...partyRules(profile, parties),
  notAhead('nbf'),
  notAhead('iat'),
  ...(profile.endsBy === 'created_at' ? [createdRule(lifetimeMs)] : []),
  endRule(profile.endsBy === 'exp'),
]

export const namesNoUser = ({ subject }: Profile): string => `its "${subject}" names no user`

/** A rule of a claim that has nothing to do with time. */
const inClaims = (claim: string, expected: string, fault?: (value: unknown) => string | undefined): ClaimRule => {
  const fits = shapes.get(claim)
  return {
    part: 'claims',
    claim,
    expected: () => expected,
    fault({ payload }) {
      const value = payload[claim]
      if (value !== undefined && fits?.(value) === false) return malformed(claim)
      return fault?.(value)
    },
  }
}

const accessRules = ({ access }: Profile): readonly ClaimRule[] =>
  access === undefined ? [] : [inClaims(access.claim, JSON.stringify(access.value), (value) => (value === access.value ? undefined : `its "${access.claim}" is not ${access.value}`))]

const partyRules = ({ mayLackParty }: Profile, parties: readonly string[]): readonly ClaimRule[] =>
  parties.length === 0
    ? []
    : [
        inClaims('azp', mayLackParty ? `${oneOf(parties)} or none` : oneOf(parties), (value) =>
          (value === undefined && mayLackParty) || parties.some((one) => one === value) ? undefined : 'its "azp" is another party',
        ),
      ]

const oneOf = (values: readonly string[]): string => values.map((one) => JSON.stringify(one)).join(' or ')

/** What claims must look like when they are there. */
const shapes: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['jti', isId],
  ['iss', isText],
  ['aud', isAudience],
  ['role', (value) => value === null || isText(value)],
  ['epoch', isCount],
])

const malformed = (claim: string): string => `its "${claim}" is malformed`

const isForUs = (claimed: unknown, audiences: readonly string[]): boolean => {
  if (claimed === undefined) return audiences.length === 0
  return audiences.some((ours) => (Array.isArray(claimed) ? claimed.includes(ours) : claimed === ours))
}

/** A time that may be missing, and may lie ahead by the tolerance only. */
const notAhead = (claim: 'nbf' | 'iat'): ClaimRule => ({
  part: 'claims',
  claim,
  expected: (reading) => `not after ${timeText(latest(reading))}, or none`,
  fault(reading) {
    const value = reading.payload[claim]
    if (value !== undefined && !isNumericDate(value)) return malformed(claim)
    return (timeOf(value) ?? 0) > latest(reading) ? `its "${claim}" is still to come` : undefined
  },
})

const createdRule = (lifetimeMs: number): ClaimRule => {
  const created = ({ payload }: ClaimReading): number | undefined => parseCreatedAt(textOf(payload['created_at']) ?? '')
  return {
    part: 'claims',
    claim: 'created_at',
    expected: (reading) => `YYYY-MM-DD HH:MM:SS +0000, after ${timeText(reading.at - lifetimeMs)} and not after ${timeText(latest(reading))}`,
    fault(reading) {
      const value = created(reading)
      if (value === undefined) return 'its "created_at" is missing or malformed'
      return value > latest(reading) ? 'its "created_at" is still to come' : undefined
    },
    end: (reading) => (created(reading) ?? 0) + lifetimeMs,
  }
}

const endRule = (needed: boolean): ClaimRule => ({
  part: 'claims',
  claim: 'exp',
  expected: ({ at }) => `after ${timeText(at)}${needed ? '' : ', or none'}`,
  fault({ payload }) {
    const value = payload['exp']
    if (value === undefined) return needed ? 'its "exp" is missing' : undefined
    return isNumericDate(value) ? undefined : malformed('exp')
  },
  end: ({ payload }) => timeOf(payload['exp']) ?? Number.POSITIVE_INFINITY,
})

const latest = ({ at, toleranceMs }: ClaimReading): number => at + toleranceMs

/** ISO 8601 in UTC, to the second. */
const timeText = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
