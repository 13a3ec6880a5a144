import type { UnfinishedImport, WorkspacePart } from '../../conversation/workspace-import.js'
import { fromMicros } from './conversation-rows.js'
import type { SqliteEngine } from './engine.js'
import { importCounter } from './procedures/import-part.js'

/** Takes in workspaces that are too large for one transaction; what is interrupted goes on with the first part that is missing. */
export interface PartImports {
  /** The import of this workspace that has not ended, `undefined` when there is none. */
  unfinished(workspace: string): Promise<UnfinishedImport | undefined>
  /** Conversations of a workspace, `undefined` when there is no such workspace. */
  size(workspace: string): Promise<number | undefined>
  /** Stores one part whole or not at all. */
  importPart(part: WorkspacePart): Promise<void>
}

const partDeadlineMs = 5 * 60_000

export const createSqlitePartImports = (engine: SqliteEngine): PartImports => ({
  async unfinished(workspace) {
    const prefix = importCounter(workspace, '')
    const [row] = await engine.read<{ name: string; done: number; createdAt: number }>(
      'lists',
      `select substr(k.name, length(:prefix) + 1) as name, k.value as done, w.created_at as createdAt
       from counters k join workspaces w on w.id = :workspace where substr(k.name, 1, length(:prefix)) = :prefix`,
      { prefix, workspace: Number(workspace) },
    )
    return row === undefined ? undefined : { ...row, createdAt: fromMicros(row.createdAt) }
  },
  async size(workspace) {
    const [row] = await engine.read<{ size: number }>(
      'lists',
      `select (select coalesce(sum(count), 0) from conversation_totals where workspace = w.id) as size from workspaces w where w.id = ?`,
      [Number(workspace)],
    )
    return row?.size
  },
  importPart: (part) => engine.write('importPart', part, Date.now() + partDeadlineMs),
})
