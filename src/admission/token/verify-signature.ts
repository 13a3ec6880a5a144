import { flattenedVerify } from 'jose/jws/flattened/verify'
import { algorithms } from './algorithm.js'
import type { CompactToken, TokenHeader } from './parse-compact.js'
import type { PublicKey, VerificationKey } from './verification-key.js'

/**
 * Whether a key may be tried on a token at all: it is bound to exactly the token's algorithm (RFC 8725 section 3.1), and to its `kid` when the
 * token has one. A key without a `kid` is nobody's default: it verifies only tokens without one.
 */
export const answersTo = (key: VerificationKey, header: TokenHeader): boolean =>
  key.algorithm === header.algorithm && (header.keyId === undefined || header.keyId === key.kid)

/** Whether a signature by a private key holds; the arithmetic runs on the thread pool. Resolves always. */
export const publicSignatureHolds = async (token: CompactToken, key: PublicKey): Promise<boolean> => {
  const { signatureBytes } = algorithms[key.algorithm]
  if (signatureBytes !== undefined && Buffer.from(token.signature, 'base64url').length !== signatureBytes) return false
  const header = token.signingInput.slice(0, token.signingInput.indexOf('.'))
  try {
    await flattenedVerify({ protected: header, payload: token.payload, signature: token.signature }, key.publicKey, { algorithms: [key.algorithm] })
    return true
  } catch {
    // A signature that does not hold is the library's exception and our answer.
    return false
  }
}

/**
 * Whether the signature of a parsed token holds under one key.
 *
 * @returns At once for a secret, a promise for a public key. `false` too when the key does not answer to the token's header.
 */
export const signatureHolds = (token: CompactToken, key: VerificationKey): boolean | Promise<boolean> => {
  if (!answersTo(key, token.header)) return false
  return 'secret' in key ? key.macHolds(token.signingInput, token.signature) : publicSignatureHolds(token, key)
}
