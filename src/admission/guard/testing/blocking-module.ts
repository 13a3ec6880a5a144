/** Functions that block their thread, for the tests of `offload`. */
export const block = (ms: number, answer: string): string => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  return answer
}

/** Blocks until somebody on another thread opens the gate. */
export const blockUntil = (gate: SharedArrayBuffer): string => {
  Atomics.wait(new Int32Array(gate), 0, 0)
  return 'opened'
}

export const fail = (message: string): never => {
  throw new RangeError(message)
}

export const later = async (answer: string): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return answer
}

export const notAFunction = 'text'
