import type { WorkspaceChange, WorkspaceEvent } from '../../../conversation/log.js'
import { toMicros } from '../conversation-rows.js'
import type { Database } from '../database.js'

/**
 * Appends to the log of a workspace, in the transaction of the change itself.
 *
 * The counter row is what makes offsets gapless: whoever appends holds it until the commit.
 *
 * @param at - Epoch milliseconds.
 */
export const appendToLog = (db: Database, workspace: number, at: number, change: WorkspaceChange): WorkspaceEvent => {
  const row = db.get<{ offset: number }>(
    'update workspace_counters set log_offset = log_offset + 1 where workspace = ? returning log_offset as offset',
    [workspace],
  )
  if (row === undefined) throw new Error(`There is no workspace ${String(workspace)}`)
  db.run('insert into workspace_log (workspace, offset, type, payload, at) values (?, ?, ?, ?, ?)', [
    workspace,
    row.offset,
    change.type,
    JSON.stringify(change),
    toMicros(at),
  ])
  return { workspace: String(workspace), offset: row.offset, at, change }
}
