const firstMs = 1_000
const longestMs = 300_000
/** A receiver that asks for more waits no longer than this, in milliseconds. */
export const longestAskedMs = 3_600_000

/**
 * Milliseconds until a message is tried again: twice as long after each try, from 1 s to 5 min, of which up to half is left out by chance, so
 * that those who failed together don't come back together.
 *
 * @param attempts - Tries so far, 1 or more.
 * @param askedMs - What the receiver asked for; never less than that.
 * @param random - From 0 up to 1.
 */
export const retryWaitMs = (attempts: number, askedMs: number | undefined, random: number): number => {
  const wait = Math.min(longestMs, firstMs * 2 ** (attempts - 1))
  return Math.max(Math.ceil(wait * (1 - random / 2)), Math.min(askedMs ?? 0, longestAskedMs))
}
