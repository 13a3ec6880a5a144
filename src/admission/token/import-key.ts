import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { importSPKI } from 'jose/key/import'
import { algorithms, isAlgorithm, isHmac, type Algorithm, type HmacAlgorithm } from './algorithm.js'
import { decodeBase64url } from './base64url.js'
import type { JsonWebKey, KeyConfig } from './issuer.js'
import { parseIsoTime } from './iso-time.js'
import { isKeyMaterial } from './secret-strength.js'
import { createMacCheck } from './mac-check.js'
import type { PublicKey, SecretKey, VerificationKey } from './verification-key.js'

export interface ImportOptions {
  /** Algorithms the key may be used with. */
  readonly algorithms: readonly Algorithm[]
  /** Where the key stands in the configuration, such as `issuers[0].keys[1]`, for messages. */
  readonly path: string
  /** Bytes below which a secret is refused; default the size of the algorithm's hash (RFC 7518 section 3.2). */
  readonly minSecretBytes?: number | undefined
}

/** The sentence for a configuration that is refused; the caller chooses `TypeError` (a wrong kind) or `RangeError` (a value out of bounds). */
export const cannotCreate = (path: string, must: string): string => `Cannot create a verifier as "${path}" must ${must}`

/** How messages name the secret of a key. */
export const secretAt = (path: string): string => `${path} (its secret)`

/**
 * Imports one configured key and binds it to one algorithm.
 *
 * Refused are secrets shorter than the hash, secrets that are really public keys; RSA under 2,048 or over 16,384 bits or with an
 * exponent under 3 or over 64 bits (RFC 7518 section 3.3); a curve, `use`, `key_ops` or `alg` that does not fit (RFC 7517 sections 4.2 to 4.4); private keys,
 * because a gate that only verifies should hold nothing that signs.
 *
 * @throws TypeError or RangeError with one line that says what to change and never shows key text.
 */
export const importKey = async (config: KeyConfig, options: ImportOptions): Promise<VerificationKey> => {
  const { path } = options
  const given = [config.secret, config.publicKey, config.jwk].filter((form) => form !== undefined)
  if (given.length !== 1) throw new TypeError(cannotCreate(path, 'have exactly one of "secret", "publicKey" and "jwk"'))
  const { jwk } = config
  if (jwk !== undefined) checkJwkPurpose(jwk, `${path}.jwk`)
  const notAfter = readNotAfter(config.notAfter, `${path}.notAfter`)
  const kid = readKid(config, path)
  const named = readAlgorithm(config, path)

  const secret = readSecret(config, path)
  if (secret !== undefined) {
    const algorithm = bindAlgorithm(named, options, isHmac)
    checkSecret(secret, algorithm, options.minSecretBytes ?? hashBytes(algorithm), path)
    return { kid, notAfter, algorithm, secret, macHolds: createMacCheck(algorithm, secret), identity: identityOf(secret) } satisfies SecretKey
  }
  const publicKey = readPublicKey(config, path)
  const algorithm = bindAlgorithm(named, options, (candidate): candidate is PublicKey['algorithm'] => fits(publicKey, candidate))
  checkPublicKey(publicKey, path)
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { kid, notAfter, algorithm, publicKey: await importSPKI(spki, algorithm), identity: identityOf(spki) } satisfies PublicKey
}

/** Least bytes of a secret by the standard: as many as the hash has. */
export const hashBytes = (algorithm: HmacAlgorithm): number => algorithms[algorithm].signatureBytes

const identityOf = (key: string | Buffer): string => createHash('sha256').update(key).digest('base64url')

const readNotAfter = (text: string | undefined, path: string): number => {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const time = parseIsoTime(text)
  if (time === undefined) throw new RangeError(cannotCreate(path, 'be an ISO 8601 date or UTC date-time such as 2030-01-31 or 2030-01-31T12:00:00Z'))
  return time
}

const readKid = (config: KeyConfig, path: string): string | undefined => {
  const { kid, jwk } = config
  if (kid !== undefined && jwk?.kid !== undefined && kid !== jwk.kid) {
    throw new RangeError(cannotCreate(`${path}.kid`, 'be the same as "jwk.kid" when both are given'))
  }
  const chosen = kid ?? jwk?.kid
  if (chosen === '') throw new RangeError(cannotCreate(`${path}.kid`, 'not be empty: leave it out for tokens without a kid'))
  return chosen
}

const readAlgorithm = (config: KeyConfig, path: string): Algorithm | undefined => {
  const { algorithm, jwk } = config
  const named = algorithm ?? jwk?.alg
  if (named === undefined) return undefined
  if (!isAlgorithm(named)) throw new RangeError(cannotCreate(`${path}.algorithm`, `be one of ${Object.keys(algorithms).join(', ')}`))
  if (jwk?.alg !== undefined && jwk.alg !== named) throw new RangeError(cannotCreate(`${path}.algorithm`, 'be the same as "jwk.alg" when both are given'))
  return named
}

const checkJwkPurpose = (jwk: JsonWebKey, path: string): void => {
  if (jwk.use !== undefined && jwk.use !== 'sig') throw new RangeError(cannotCreate(`${path}.use`, 'be "sig": this key is not for signatures'))
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify'))) {
    throw new RangeError(cannotCreate(`${path}.key_ops`, 'contain "verify": this key is not for verifying'))
  }
  if (jwk.kty !== 'oct' && 'd' in jwk) throw new TypeError(cannotCreate(path, 'be the public half: remove the private members "d", "p", "q", "dp", "dq", "qi"'))
}

const readSecret = (config: KeyConfig, path: string): Buffer | undefined => {
  if (config.secret !== undefined) return Buffer.from(config.secret, 'utf8')
  if (config.jwk?.kty !== 'oct') return undefined
  const text = config.jwk['k']
  const bytes = typeof text === 'string' ? decodeBase64url(text) : undefined
  if (bytes === undefined) throw new TypeError(cannotCreate(`${path}.jwk.k`, 'be the secret in base64url without padding'))
  return bytes
}

const checkSecret = (secret: Buffer, algorithm: HmacAlgorithm, minBytes: number, path: string): void => {
  if (isKeyMaterial(secret.toString('latin1'))) {
    throw new RangeError(cannotCreate(secretAt(path), 'not be a public or private key or a certificate: make one with "sallyport secret"'))
  }
  if (secret.length < minBytes) {
    throw new RangeError(
      cannotCreate(secretAt(path), `be at least ${minBytes} bytes for ${algorithm}: current length is ${secret.length}; make one with "sallyport secret"`),
    )
  }
}

const readPublicKey = ({ publicKey, jwk }: KeyConfig, path: string): KeyObject => {
  if (publicKey?.includes('PRIVATE KEY-----')) {
    throw new TypeError(cannotCreate(`${path}.publicKey`, 'be the public half: make it with "openssl pkey -pubout"'))
  }
  try {
    // `type` narrows nothing: only these members reach the parser, so that an unknown one cannot matter.
    if (jwk !== undefined) return createPublicKey({ key: publicMembers(jwk), format: 'jwk' })
    return createPublicKey({ key: publicKey ?? '', format: 'pem' })
  } catch {
    // The parser's own error may quote the text.
    throw new TypeError(cannotCreate(path, 'be a public key: a PEM block "BEGIN PUBLIC KEY" or "BEGIN CERTIFICATE", or a JWK of type RSA, EC or OKP'))
  }
}

const publicMembers = (jwk: JsonWebKey): Record<string, unknown> => {
  const { kty } = jwk
  return { kty, n: jwk['n'], e: jwk['e'], crv: jwk['crv'], x: jwk['x'], y: jwk['y'] }
}

const fits = (key: KeyObject, algorithm: Algorithm): boolean => {
  const { family, curve } = algorithms[algorithm]
  switch (family) {
    case 'hmac':
      return false
    case 'rsa':
    case 'rsa-pss':
      return key.asymmetricKeyType === 'rsa'
    case 'ecdsa':
      return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve
    case 'eddsa':
      return key.asymmetricKeyType === curve
  }
}

const bindAlgorithm = <A extends Algorithm>(named: Algorithm | undefined, { algorithms: allowed, path }: ImportOptions, fit: (algorithm: Algorithm) => algorithm is A): A => {
  const fitting = (named === undefined ? allowed : allowed.filter((algorithm) => algorithm === named)).filter(fit)
  const [algorithm, second] = fitting
  if (algorithm === undefined) {
    throw new RangeError(cannotCreate(path, `fit ${named ?? allowed.join(', ')}: change "algorithms" to that of the key, or take another key; secrets and public keys make two issuers`))
  }
  if (second !== undefined) throw new RangeError(cannotCreate(`${path}.algorithm`, `name one of ${fitting.join(', ')}: one key serves one algorithm`))
  return algorithm
}

const checkPublicKey = (key: KeyObject, path: string): void => {
  if (key.asymmetricKeyType !== 'rsa') return
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < 2048) throw new RangeError(cannotCreate(path, `be an RSA key of at least 2048 bits: current size is ${modulusLength}; make one with "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072"`))
  // OpenSSL verifies by no larger one, so that every token would be refused.
  if (modulusLength > 16_384) throw new RangeError(cannotCreate(path, `be an RSA key of at most 16384 bits: current size is ${modulusLength}`))
  if (publicExponent >= 2n ** 64n) throw new RangeError(cannotCreate(path, 'have an RSA exponent of at most 64 bits, as 65537: a larger one makes each signature dear'))
  if (publicExponent < 3n || publicExponent % 2n === 0n) throw new RangeError(cannotCreate(path, 'have an odd RSA exponent of 3 or more, as 65537'))
}
