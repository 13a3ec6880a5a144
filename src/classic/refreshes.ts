/** First wait after a refresh that failed; each further failure doubles it, up to the longest. */
const firstRetryMs = 1_000
const longestRetryMs = 30_000

/** Shows views of a workspace anew: those of the given keys, or all. Answers the keys of those that could not be loaded; must not throw. */
export type RefreshViews = (workspace: string, keys: ReadonlySet<string> | undefined) => Promise<ReadonlySet<string>>

/** Keeps the lists of workspaces fresh. */
export interface Refreshes {
  /** Something changed in a workspace that somebody looks at. */
  changed(workspace: string): void
}

interface Refresh {
  /** Something changed since the last look, so that a burst costs two refreshes and not a hundred. */
  again: boolean
  /** Ends the wait for the next try. */
  wake: (() => void) | undefined
}

const pause = (ms: number): Promise<void> =>
  new Promise((over) => {
    setTimeout(over, ms).unref()
  })

/** Waits for the next change, and so long at most. */
const changeOr = (refresh: Refresh, ms: number): Promise<void> =>
  new Promise((over) => {
    const timer = setTimeout(over, ms).unref()
    refresh.wake = () => {
      clearTimeout(timer)
      over()
    }
  })

/**
 * Creates the refreshes of one kind of list.
 *
 * The first change is shown at once, what follows in a busy workspace after a pause each. Views that could not be loaded are tried again after 1 s, 2 s and so on up to 30 s, or with
 * the next change, so that no list stays as it was before the store failed.
 *
 * @param pauseMs - Milliseconds between two refreshes.
 */
export const createRefreshes = (refreshViews: RefreshViews, pauseMs: number): Refreshes => {
  const going = new Map<string, Refresh>()

  const untilQuiet = async (workspace: string, refresh: Refresh): Promise<void> => {
    let missed: ReadonlySet<string> = new Set()
    let retryMs = firstRetryMs
    do {
      const keys = refresh.again ? undefined : missed
      refresh.again = false
      missed = await refreshViews(workspace, keys)
      // A busy inbox is shown anew a few times a second, not once for each of its messages.
      if (pauseMs > 0) await pause(pauseMs)
      if (missed.size === 0) retryMs = firstRetryMs
      else if (!refresh.again) {
        await changeOr(refresh, retryMs)
        retryMs = Math.min(longestRetryMs, retryMs * 2)
      }
      // The next round shows what changed during this one, and what this one missed.
    } while (refresh.again || missed.size > 0)
    going.delete(workspace)
  }

  return {
    changed(workspace) {
      const refresh = going.get(workspace)
      if (refresh !== undefined) {
        refresh.again = true
        refresh.wake?.()
        return
      }
      const begun: Refresh = { again: true, wake: undefined }
      going.set(workspace, begun)
      void untilQuiet(workspace, begun)
    },
  }
}
