/**
 * Time that never runs backwards, made from epoch milliseconds that may.
 *
 * Callers hand in moments that are a little out of order, because handshakes wait for different things; such a moment counts as the newest one
 * seen. A moment more than `toleranceMs` (15,000) before the newest means that the clock was set back: time then goes on from where it was, so
 * that nothing counted before is counted as in the future. A clock that is set forward can't be told from a quiet hour and is believed.
 */
export interface SteadyTime {
  /** Steady milliseconds at `at`. */
  now(at: number): number
  /** Milliseconds from `at` until the steady moment `due`, waited on the caller's own clock; never under 0. */
  until(due: number, at: number): number
  /** The same as `now`, without noting that time went on. */
  peek(at: number): number
}

/** Creates a steady time that starts with the first moment it is given. */
export const createSteadyTime = (toleranceMs = 15_000): SteadyTime => {
  let newest = -Infinity
  let offset = 0
  /** What the offset is once `at` is taken in. */
  const offsetAt = (at: number): number => (newest - at > toleranceMs ? offset + newest - at : offset)
  const newestAt = (at: number): number => (newest - at > toleranceMs ? at : Math.max(newest, at))
  return {
    now(at) {
      if (at !== newest) {
        offset = offsetAt(at)
        newest = newestAt(at)
      }
      return newest + offset
    },
    peek: (at) => newestAt(at) + offsetAt(at),
    // `due` is rounded first, so that no bit of a fraction is lost against an offset.
    until: (due, at) => Math.max(0, Math.ceil(Math.ceil(due) - offsetAt(at) - at)),
  }
}
