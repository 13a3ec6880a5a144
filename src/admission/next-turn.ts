/** Lets everything else have its turn of the event loop, between two pieces of long work. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
