/** How long a key may still be believed, for whatever was verified by it; kept true for as long as the verifier runs. */
export interface KeyLife {
  /** Name of its issuer. */
  readonly issuer: string
  readonly kid: string | undefined
  /** Epoch milliseconds from which on it verifies nothing; `Infinity` without end. */
  readonly notAfter: number
  /** Whether it was taken out of its issuer's keys: then nothing that it verified counts any more. */
  readonly withdrawn: boolean
}

/** The same life to the ring of keys, which alone changes it. */
export interface OwnKeyLife extends KeyLife {
  notAfter: number
  withdrawn: boolean
}
