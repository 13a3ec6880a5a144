/** Two flags shared with the writer: it says that it has begun to hold, and is told to let go. */
export interface Gate {
  readonly flags: Int32Array
  /** Resolves when the writer holds. */
  held(): Promise<void>
  release(): void
}

export const createGate = (): Gate => {
  const flags = new Int32Array(new SharedArrayBuffer(8))
  return {
    flags,
    async held() {
      while (Atomics.load(flags, 0) === 0) await new Promise(setImmediate)
    },
    release() {
      Atomics.store(flags, 1, 1)
      Atomics.notify(flags, 1)
    },
  }
}
