import { algorithms, isAlgorithm, isHmac } from './algorithm.js'
import { cannotCreate, hashBytes, importKey, secretAt } from './import-key.js'
import type { CompleteIssuer } from './complete-issuer.js'
import type { KeyConfig } from './issuer.js'
import { parseIsoTime } from './iso-time.js'
import { guessable } from './secret-strength.js'
import type { VerificationKey } from './verification-key.js'

/** Keys one issuer may have, so that a token without a `kid` costs a bounded number of signature checks. */
const maxKeysPerIssuer = 16

/** Bytes a secret needs in the classic profile while `allowShortSecretUntil` lasts: a Django SECRET_KEY has 50. */
const shortSecretBytes = 32

export interface IssuerKeys {
  readonly keys: readonly VerificationKey[]
  /** Sentences for every start. */
  readonly warnings: readonly string[]
}

/**
 * Imports the keys of one issuer, refuses secrets that are easy to guess, and checks the keys as a set: secrets and public keys never side by side, no `kid` twice, no key twice, a key for
 * every algorithm.
 *
 * @param path - Where the issuer stands in the configuration, such as `issuers[0]`.
 * @param at - Epoch milliseconds that count as now, for `allowShortSecretUntil` only: it is asked at the start and never again.
 * @throws TypeError or RangeError with one line that says what to change.
 */
export const importIssuerKeys = async (config: CompleteIssuer, path: string, at: number): Promise<IssuerKeys> => {
  checkAlgorithms(config, path)
  if (config.jwks !== undefined) {
    if (config.algorithms.some(isHmac)) throw new RangeError(cannotCreate(`${path}.algorithms`, 'name public-key algorithms when keys are served, such as RS256: a secret that is served is none'))
    return { keys: [], warnings: [] }
  }
  const minSecretBytes = readShortSecret(config, path, at) === undefined ? undefined : shortSecretBytes
  const entries = listKeys(config, path)
  const keys = await Promise.all(
    entries.map(async ([entry, where]) => {
      const key = await importKey(entry, { algorithms: config.algorithms, path: where, minSecretBytes })
      const weakness = 'secret' in key ? guessable(key.secret.toString('latin1')) : undefined
      if (weakness !== undefined) throw new RangeError(cannotCreate(secretAt(where), `not be ${weakness}: make one with "sallyport secret"`))
      return key
    }),
  )
  checkSet(keys, config, path)
  return { keys, warnings: [...shortSecretWarnings(keys, config, path), ...expiredKeyWarnings(keys, path, at)] }
}

const checkAlgorithms = (config: CompleteIssuer, path: string): void => {
  const where = `${path}.algorithms`
  if (config.algorithms.length === 0) throw new RangeError(cannotCreate(where, `not be empty: name the one your issuer signs with, such as HS512`))
  if (!config.algorithms.every(isAlgorithm)) throw new RangeError(cannotCreate(where, `contain only ${Object.keys(algorithms).join(', ')}`))
  if (new Set(config.algorithms).size !== config.algorithms.length) throw new RangeError(cannotCreate(where, 'name each algorithm once'))
  if (new Set(config.algorithms.map(isHmac)).size > 1) {
    throw new RangeError(cannotCreate(where, 'not mix HMAC with public-key algorithms: make two issuers of it'))
  }
}

const listKeys = (config: CompleteIssuer, path: string): readonly (readonly [entry: KeyConfig, path: string])[] => {
  const listed = (config.keys ?? []).map((key, index) => [key, `${path}.keys[${index}]`] as const)
  const entries = config.secret === undefined ? listed : [[{ secret: config.secret }, path] as const, ...listed]
  if (entries.length === 0) throw new TypeError(cannotCreate(path, 'have a "secret", "keys" or "jwksUrl": make a secret with "sallyport secret"'))
  if (entries.length > maxKeysPerIssuer) throw new RangeError(cannotCreate(`${path}.keys`, `hold at most ${maxKeysPerIssuer} keys: current count is ${entries.length}`))
  return entries
}

const readShortSecret = (config: CompleteIssuer, path: string, at: number): number | undefined => {
  const { allowShortSecretUntil } = config
  if (allowShortSecretUntil === undefined) return undefined
  const where = `${path}.allowShortSecretUntil`
  if (config.profile !== 'classic') throw new TypeError(cannotCreate(where, 'be left out unless the profile is classic'))
  const until = parseIsoTime(allowShortSecretUntil)
  if (until === undefined) throw new RangeError(cannotCreate(where, 'be an ISO 8601 date such as 2030-01-31'))
  if (until <= at) throw new RangeError(cannotCreate(where, `lie ahead: ${allowShortSecretUntil} has come; make a longer secret with "sallyport secret"`))
  return until
}

const checkSet = (keys: readonly VerificationKey[], config: CompleteIssuer, path: string): void => {
  const kids = keys.map((key) => key.kid).filter((kid) => kid !== undefined)
  if (new Set(kids).size !== kids.length) throw new RangeError(cannotCreate(`${path}.keys`, 'not use one "kid" for two keys: give each its own'))
  if (new Set(keys.map((key) => key.identity)).size !== keys.length) {
    throw new RangeError(cannotCreate(`${path}.keys`, 'not hold one key twice: one key has one kid and one algorithm'))
  }
  const idle = config.algorithms.find((algorithm) => !keys.some((key) => key.algorithm === algorithm))
  if (idle !== undefined) throw new RangeError(cannotCreate(`${path}.algorithms`, `hold only algorithms that have a key: ${idle} has none`))
}

const shortSecretWarnings = (keys: readonly VerificationKey[], config: CompleteIssuer, path: string): readonly string[] =>
  keys
    .filter((key) => 'secret' in key && key.secret.length < hashBytes(key.algorithm))
    .map((key) => `"${path}" has a secret shorter than ${key.algorithm} asks for (RFC 7518 section 3.2); it is allowed until ${config.allowShortSecretUntil ?? ''}, then the start is refused.`)

const expiredKeyWarnings = (keys: readonly VerificationKey[], path: string, at: number): readonly string[] =>
  keys.filter((key) => at >= key.notAfter).map((key) => `"${path}" has a key ${key.kid === undefined ? 'without kid' : `"${key.kid}"`} that is past its "notAfter" and verifies nothing.`)
