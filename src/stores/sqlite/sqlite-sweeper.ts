import { ladderMemoryMs } from '../../admission/ladder.js'
import type { SweepAsk } from './procedures/sweep.js'

/** Milliseconds between two rounds. */
const roundMs = 600_000

/** Milliseconds between two parts of one round: what others write goes in between. */
const partMs = 1_000

/** Rows of each kind that one part removes at most; a part keeps the writer for a few milliseconds. */
const partRows = 500

/** Milliseconds an event stays in the control log: a process that reads it more seldom loads bans and revocations anew. */
const eventsKeptMs = 24 * 3_600_000

/** Milliseconds a revocation stays after the end of the tokens it covers: for processes whose clocks are behind, and where this one's is ahead for a while. */
const revocationsKeptMs = 24 * 3_600_000

/** Milliseconds a ban stays after its end, for the record: the ladder reads at a start what it made. */
const bansKeptMs = ladderMemoryMs

/** Milliseconds an event stays in the log of its workspace, which also holds texts of what was deleted since: who was away longer reads lists anew. */
const changesKeptMs = 24 * 3_600_000

/** Milliseconds that another process's clock may be ahead of ours without its events being taken for those of a wrong one. */
const aheadMs = 24 * 3_600_000

/** Removes rows of the control log, revocations, bans and logs of workspaces that are of no use any more. */
export interface SqliteSweeper {
  /** Begins the first round in one interval. */
  start(): void
  stop(): void
}

/**
 * Creates a sweeper.
 *
 * It removes at most 500 rows of a kind at once and waits a second before the next; admission reads on a worker of its own meanwhile.
 *
 * @param sweepPart - The writer's `sweep`: whether there may be more.
 * @param now - Epoch milliseconds.
 * @param failed - Told of a part that failed; the next round tries again.
 */
export const createSqliteSweeper = (sweepPart: (ask: SweepAsk) => Promise<boolean>, now: () => number, failed: (error: unknown) => void): SqliteSweeper => {
  let timer: NodeJS.Timeout | undefined

  const goOn = async (): Promise<void> => {
    let more = false
    try {
      const at = now()
      more = await sweepPart({
        events: at - eventsKeptMs,
        revocations: at - revocationsKeptMs,
        bans: at - bansKeptMs,
        changes: at - changesKeptMs,
        ahead: at + aheadMs,
        limit: partRows,
      })
    } catch (error) {
      if (timer !== undefined) failed(error)
    }
    if (timer !== undefined) plan(more ? partMs : roundMs)
  }
  const plan = (afterMs: number): void => {
    timer = setTimeout(() => void goOn(), afterMs).unref()
  }

  return {
    start() {
      if (timer === undefined) plan(roundMs)
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
