import type { CryptoKey } from 'jose'
import type { Algorithm, HmacAlgorithm } from './algorithm.js'
import type { MacCheck } from './mac-check.js'

interface KeyBase {
  readonly kid: string | undefined
  /** Epoch milliseconds from which on it verifies nothing; `Infinity` without end. */
  readonly notAfter: number
  /** Digest of the key itself, to tell whether two are the same. Never shown. */
  readonly identity: string
}

/** A shared secret, bound to one algorithm. */
export interface SecretKey extends KeyBase {
  readonly algorithm: HmacAlgorithm
  readonly secret: Buffer
  readonly macHolds: MacCheck
}

/** A public key, bound to one algorithm and imported once. */
export interface PublicKey extends KeyBase {
  readonly algorithm: Exclude<Algorithm, HmacAlgorithm>
  readonly publicKey: CryptoKey
}

/** A key that passed the key policy. */
export type VerificationKey = SecretKey | PublicKey
