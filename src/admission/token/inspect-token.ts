import type { ClaimReading } from './claim-rules.js'
import type { JsonObject } from './json-object.js'
import type { Trial } from './key-ring.js'
import { maxTokenBytes, parseCompact, parsePayload, type CompactToken } from './parse-compact.js'
import type { TokenCheck } from './token-check.js'
import type { Verification } from './verification.js'
import { answersTo, signatureHolds } from './verify-signature.js'

/**
 * Asks everything that admission asks of a token and stops nowhere, for operators.
 *
 * @param verification - What admission made of it.
 * @param eligible - The keys admission would try, by the claims of the token.
 */
export const inspectToken = async (
  text: string,
  { verification, eligible, at, toleranceMs }: { readonly verification: Verification; readonly eligible: (payload: JsonObject) => readonly Trial[]; readonly at: number; readonly toleranceMs: number },
): Promise<readonly TokenCheck[]> => {
  const parsed = parseCompact(text)
  if (!parsed.ok) return [formCheck(false, parsed.detail)]
  const { token } = parsed
  const payload = parsePayload(token)
  if (payload === undefined) return [formCheck(false, 'its claims are not a strict JSON object')]
  const trials = eligible(payload)
  const holding = await firstHolding(token, trials, verification)
  const answering = trials.find(({ key }) => answersTo(key, token.header))
  const { policy } = holding ?? answering ?? trials[0] ?? {}
  const reading: ClaimReading = { payload, type: token.header.type, at, toleranceMs }
  return [
    formCheck(true, `${String(text.length)} characters`),
    algorithmCheck(token, trials),
    keyIdCheck(token, trials),
    {
      part: 'token',
      name: 'signature',
      expected: 'by a key of the issuer',
      found: holding ? 'holds' : answering ? 'does not hold' : 'not checked, as no key fits',
      accepted: holding !== undefined,
    },
    ...(holding ? keyChecks(holding, at) : []),
    ...(policy?.rules.flatMap((rule): readonly TokenCheck[] => {
      const value = rule.part === 'header' ? reading.type : payload[rule.claim]
      const fault = rule.fault(reading)
      if (fault === undefined && value === undefined && unmentioned.has(rule.claim) && rule.part === 'claims') return []
      const accepted = fault === undefined && !(rule.end !== undefined && at >= rule.end(reading))
      return [{ part: rule.part, name: rule.claim, expected: rule.expected(reading), found: foundText(value, timeClaims.has(rule.claim)), accepted }]
    }) ?? []),
  ]
}

/** Claims that most tokens lack, and that nobody misses there. */
const unmentioned: ReadonlySet<string> = new Set(['token_type', 'type', 'token_use', 'typ', 'role', 'epoch'])
const timeClaims: ReadonlySet<string> = new Set(['nbf', 'iat', 'exp'])

const formCheck = (accepted: boolean, found: string): TokenCheck => ({
  part: 'token',
  name: 'form',
  expected: `a compact JWS of at most ${String(maxTokenBytes)} characters`,
  found,
  accepted,
})

/** The algorithm belongs to the key: where the token names one, to that one. */
const algorithmCheck = ({ header }: CompactToken, trials: readonly Trial[]): TokenCheck => {
  const named = trials.filter(({ key }) => key.kid === header.keyId)
  const algorithms = [...new Set((named.length > 0 && header.keyId !== undefined ? named : trials).map(({ key }) => key.algorithm))]
  return {
    part: 'header',
    name: 'alg',
    expected: algorithms.length === 0 ? 'that of a key, of which there is none' : algorithms.join(' or '),
    found: foundText(header.algorithm, false),
    accepted: algorithms.some((one) => one === header.algorithm),
  }
}

const keyIdCheck = ({ header }: CompactToken, trials: readonly Trial[]): TokenCheck => {
  const ids = [...new Set(trials.flatMap(({ key }) => key.kid ?? []))]
  return {
    part: 'header',
    name: 'kid',
    expected: [...ids.slice(0, mostIds).map((id) => foundText(id, false)), ...(ids.length > mostIds ? ['others'] : []), 'none'].join(' or '),
    found: foundText(header.keyId, false),
    accepted: header.keyId === undefined || ids.includes(header.keyId),
  }
}

const mostIds = 4

const keyChecks = ({ life }: Trial, at: number): readonly TokenCheck[] =>
  life.notAfter === Number.POSITIVE_INFINITY
    ? []
    : [{ part: 'token', name: 'key', expected: 'not past its "notAfter"', found: new Date(life.notAfter).toISOString(), accepted: at < life.notAfter }]

/** Of keys under which the signature holds, the one by which admission answered: two issuers may share a secret. */
const firstHolding = async (token: CompactToken, trials: readonly Trial[], verification: Verification): Promise<Trial | undefined> => {
  const answered = 'claims' in verification ? verification.claims.issuer : undefined
  const ordered = [...trials.filter(({ policy }) => policy.name === answered), ...trials.filter(({ policy }) => policy.name !== answered)]
  for (const trial of ordered) if (await signatureHolds(token, trial.key)) return trial
  return undefined
}

/** A value as JSON, cut off; whatever might be a token itself is not shown. */
const foundText = (value: unknown, isTime: boolean): string => {
  if (value === undefined) return 'none'
  const text = JSON.stringify(value)
  if (/[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/.test(text)) return 'something like a token'
  const shown = text.length > longest ? `${text.slice(0, longest - 1)}…` : text
  return isTime && typeof value === 'number' && value >= 0 && value <= lastSecond ? `${shown} (${new Date(value * 1000).toISOString()})` : shown
}

const longest = 80
const lastSecond = 253_402_300_799
