/**
 * Values by key that are forgotten once nobody has set them for a while. Bounded, without a timer, and without ever walking over its keys.
 *
 * Two generations: keys are set in the young one; when it is as old as `lifeMs` or holds half of `maxKeys`, it becomes the old one and the former
 * old one is dropped as a whole. So a value lives for at least `lifeMs` after it was last set, unless more than half of `maxKeys` other keys
 * were set meanwhile, and for at most twice as long while keys are set.
 */
export interface RotatingMap<V> {
  get(key: string): V | undefined
  /** @param now - Milliseconds on any clock that never runs backwards. */
  set(key: string, value: V, now: number): void
  delete(key: string): void
  /** Keys held, at most `maxKeys`; one that is in both generations counts twice. */
  readonly size: number
}

/** Creates an empty map. */
export const createRotatingMap = <V>({ lifeMs, maxKeys }: { readonly lifeMs: number; readonly maxKeys: number }): RotatingMap<V> => {
  const maxYoung = Math.max(1, Math.floor(maxKeys / 2))
  let young = new Map<string, V>()
  let old = new Map<string, V>()
  let youngSince = -Infinity

  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value, now) {
      if (now - youngSince >= lifeMs || (young.size >= maxYoung && !young.has(key))) {
        old = young
        young = new Map()
        youngSince = now
      }
      young.set(key, value)
    },
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    get size() {
      return young.size + old.size
    },
  }
}
