/** Resolves when the signature of a token holds under one of the keys, each bound to one of the allowed algorithms; throws otherwise. */
export declare const verify: (vector: {
  readonly token: unknown
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly allowedAlgs: readonly string[]
}) => Promise<void>
