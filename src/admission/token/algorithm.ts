/** How a signature is made, apart from its hash. */
export type SignatureFamily = 'hmac' | 'rsa' | 'rsa-pss' | 'ecdsa' | 'eddsa'

interface AlgorithmRow {
  readonly family: SignatureFamily
  /** Digest name of `node:crypto`; EdDSA brings its own. */
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  /** Bytes of the signature where the algorithm fixes them: the digest (HMAC), R and S (RFC 7518 section 3.4), RFC 8037. `undefined` for RSA, where the key does. */
  readonly signatureBytes: number | undefined
  /** Curve as `node:crypto` names it, for the algorithms that are bound to one. */
  readonly curve: string | undefined
}

interface HmacRow extends AlgorithmRow {
  readonly signatureBytes: number
}

const hmac = (hash: AlgorithmRow['hash'], signatureBytes: number): HmacRow => ({ family: 'hmac', hash, signatureBytes, curve: undefined })
const rsa = (family: 'rsa' | 'rsa-pss', hash: AlgorithmRow['hash']): AlgorithmRow => ({ family, hash, signatureBytes: undefined, curve: undefined })
const ecdsa = (hash: AlgorithmRow['hash'], curve: string, signatureBytes: number): AlgorithmRow => ({ family: 'ecdsa', hash, signatureBytes, curve })

/** The signature algorithms of RFC 7518 section 3 and RFC 8037 that a token may use; `none` is not among them. */
export const algorithms = {
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
  RS256: rsa('rsa', 'sha256'),
  RS384: rsa('rsa', 'sha384'),
  RS512: rsa('rsa', 'sha512'),
  PS256: rsa('rsa-pss', 'sha256'),
  PS384: rsa('rsa-pss', 'sha384'),
  PS512: rsa('rsa-pss', 'sha512'),
  ES256: ecdsa('sha256', 'prime256v1', 64),
  ES384: ecdsa('sha384', 'secp384r1', 96),
  ES512: ecdsa('sha512', 'secp521r1', 132),
  EdDSA: { family: 'eddsa', hash: 'sha512', signatureBytes: 64, curve: 'ed25519' },
} as const satisfies Record<string, AlgorithmRow>

/** `alg` of RFC 7515 section 4.1.1, exactly as registered: case and white space count. */
export type Algorithm = keyof typeof algorithms

/** An algorithm that signs with a shared secret. */
export type HmacAlgorithm = 'HS256' | 'HS384' | 'HS512'

export const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(algorithms, name)

export const isHmac = (algorithm: Algorithm): algorithm is HmacAlgorithm => algorithms[algorithm].family === 'hmac'
