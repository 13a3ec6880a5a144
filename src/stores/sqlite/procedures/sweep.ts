import { toMicros } from '../conversation-rows.js'
import type { Database } from '../database.js'

/** Moments in epoch milliseconds before which a kind of row is of no use any more, and how many rows of each are removed at most. */
export interface SweepAsk {
  /** Of when an event was appended to the control log. */
  readonly events: number
  /** Of the `until` of a revocation. */
  readonly revocations: number
  /** Of when a ban was lifted or ended by itself. */
  readonly bans: number
  /** Of when an event was appended to the log of a workspace. */
  readonly changes: number
  /** An event of later than this was appended while a clock was ahead, and would keep all after it until then. */
  readonly ahead: number
  readonly limit: number
}

interface LoggedRow {
  readonly seq: number
  readonly at_ms: number
}

/** A run of the oldest events; the newest of all stays, so that a reader who missed the others sees the gap before it. */
const sweepEvents = (db: Database, { events: before, ahead, limit }: SweepAsk): number => {
  const oldest = db.all<LoggedRow>(
    'select seq, at_ms from control_log where seq < (select max(seq) from control_log) order by seq limit ?',
    [limit],
  )
  const kept = oldest.findIndex(({ at_ms }) => at_ms >= before && at_ms <= ahead)
  const last = oldest.at(kept === -1 ? -1 : kept - 1)
  return last === undefined || kept === 0 ? 0 : db.run('delete from control_log where seq <= ?', [last.seq]).changes
}

/** Runs of the oldest events of workspaces. A resume from before them finds that they do not reach back, and begins anew. */
const sweepChanges = (db: Database, { changes, ahead, limit }: SweepAsk): number => {
  const [from, to] = [toMicros(changes), toMicros(ahead)]
  const workspaces = db.all<{ readonly id: number }>(
    'select id from workspaces where (select at from workspace_log where workspace = workspaces.id order by offset limit 1) not between ? and ?',
    [from, to],
  )
  let left = limit
  for (const { id } of workspaces) {
    const oldest = db.all<{ readonly offset: number; readonly at: number }>('select offset, at from workspace_log where workspace = ? order by offset limit ?', [id, left])
    const kept = oldest.findIndex(({ at }) => at >= from && at <= to)
    const last = oldest.at(kept === -1 ? -1 : kept - 1)
    if (last === undefined || kept === 0) continue
    left -= db.run('delete from workspace_log where workspace = ? and offset <= ?', [id, last.offset]).changes
    if (left === 0) break
  }
  return limit - left
}

/**
 * Removes what is of no use any more.
 *
 * @returns Whether there may be more: some kind reached the limit.
 */
export const sweep = (db: Database, ask: SweepAsk): boolean => {
  const { revocations, bans, limit } = ask
  const removed = [
    sweepEvents(db, ask),
    db.run('delete from revocations where id in (select id from revocations where until_ms < ? order by until_ms limit ?)', [revocations, limit]).changes,
    db.run(
      'delete from bans where id in (select id from bans where coalesce(lifted_ms, expires_ms) < ? order by coalesce(lifted_ms, expires_ms) limit ?)',
      [bans, limit],
    ).changes,
    sweepChanges(db, ask),
  ]
  return removed.includes(limit)
}
