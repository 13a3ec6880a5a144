import type { Algorithm } from './algorithm.js'
import { importKey } from './import-key.js'
import type { JsonWebKey } from './issuer.js'
import type { JsonObject } from './json-object.js'
import { maxKeyIdLength } from './parse-compact.js'
import type { VerificationKey } from './verification-key.js'

/** Keys a set may hold, usable or not; a larger one is refused as a whole. */
export const maxJwksKeys = 32

export interface JwksReading {
  readonly keys: readonly VerificationKey[]
  /** Entries that are not for verifying with the issuer's algorithms, or too weak for it. */
  readonly passedOver: number
}

/**
 * Reads a JWK Set (RFC 7517 section 5).
 *
 * Single keys that are not for us are passed over: another `use`, `key_ops`, `alg`, type or curve, a shared secret, a private key, weak ones. A set
 * that is no set, too large, or ambiguous is refused as a whole, and its owner keeps the keys it had.
 *
 * @throws Error with a sentence for the log that quotes nothing of the set.
 */
export const readJwks = async (document: JsonObject, algorithms: readonly Algorithm[]): Promise<JwksReading> => {
  const entries: unknown = document['keys']
  if (!Array.isArray(entries)) throw new Error('answered without a list of "keys"')
  if (entries.length > maxJwksKeys) throw new Error(`answered with more than ${String(maxJwksKeys)} keys`)
  const read = await Promise.all(entries.map((entry: unknown, index) => readEntry(entry, algorithms, `keys[${String(index)}]`)))
  const keys = read.filter((key) => key !== undefined)
  const names = keys.filter(({ kid }) => kid !== undefined).map(({ kid, algorithm }) => `${algorithm} ${kid ?? ''}`)
  if (new Set(names).size !== names.length) throw new Error('answered with one "kid" for two keys')
  return { keys, passedOver: entries.length - keys.length }
}

const readEntry = async (entry: unknown, algorithms: readonly Algorithm[], path: string): Promise<VerificationKey | undefined> => {
  const jwk = jwkFrom(entry)
  // A secret that is served to everybody is none.
  if (jwk === undefined || jwk.kty === 'oct') return undefined
  try {
    return await importKey({ jwk }, { algorithms, path })
  } catch {
    // The key policy says no: the key is not for us.
    return undefined
  }
}

const isMissingOrText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string'
const isMissingOrTexts = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

const jwkFrom = (value: unknown): JsonWebKey | undefined => {
  if (!isRecord(value)) return undefined
  const { kty, kid, alg, use, key_ops: operations } = value
  if (typeof kty !== 'string' || !isMissingOrText(kid) || !isMissingOrText(alg) || !isMissingOrText(use)) return undefined
  if (kid !== undefined && kid.length > maxKeyIdLength) return undefined
  if (!isMissingOrTexts(operations)) return undefined
  return { ...value, kty, kid, alg, use, key_ops: operations }
}
