/** Milliseconds of a window; short ones spread what is written over a flood instead of spending it all in its first second. */
const windowMs = 10_000

/** Windows that any minute can touch. */
const windowsPerMinute = 7

/** What went unwritten in a window that is over. */
export interface Unwritten<L> {
  readonly kind: string
  readonly level: L
  readonly times: number
}

/**
 * Decides whether lines of a kind are written, so that a flood of refusals can't flood the disk.
 *
 * Kinds must come from a closed list; each costs one entry while its window lasts.
 */
export interface Sampler<L> {
  /** Whether an event of `lines` lines may be written now; one that may not is counted. */
  take(kind: string, level: L, lines: number, at: number): boolean
  /** Counts of windows that are over at `at` and have not been told yet. Costs a comparison when there are none. */
  due(at: number): readonly Unwritten<L>[]
  /** When `due` will have something to tell; `undefined` when nothing is unwritten. */
  readonly dueAt: number | undefined
}

/**
 * @param linesPerMinute - Lines of one kind in any 60 seconds, with the line that tells the count of the others.
 */
export const createSampler = <L>(linesPerMinute = 1_000): Sampler<L> => {
  // One line of each window is for the count.
  const quota = Math.max(1, Math.floor(linesPerMinute / windowsPerMinute) - 1)
  const kinds = new Map<string, { endsAt: number; lines: number; level: L; unwritten: number }>()
  const untold: Unwritten<L>[] = []
  let dueAt: number | undefined

  return {
    take(kind, level, lines, at) {
      let window = kinds.get(kind)
      // A clock that was set back must not silence a kind for long.
      if (window === undefined || at >= window.endsAt || at < window.endsAt - windowMs) {
        if (window !== undefined && window.unwritten > 0) untold.push({ kind, level: window.level, times: window.unwritten })
        window = { endsAt: at + windowMs, lines: 0, level, unwritten: 0 }
        kinds.set(kind, window)
      }
      if (window.lines + lines <= quota || window.lines === 0) {
        window.lines += lines
        return true
      }
      window.unwritten += 1
      dueAt = Math.min(dueAt ?? window.endsAt, window.endsAt)
      return false
    },
    due(at) {
      if (untold.length === 0 && (dueAt === undefined || at < dueAt)) return []
      dueAt = undefined
      for (const [kind, { endsAt, level, unwritten }] of kinds) {
        if (at >= endsAt) {
          kinds.delete(kind)
          if (unwritten > 0) untold.push({ kind, level, times: unwritten })
        } else if (unwritten > 0) dueAt = Math.min(dueAt ?? endsAt, endsAt)
      }
      return untold.splice(0)
    },
    get dueAt() {
      return dueAt
    },
  }
}
