import type { Outbound } from '../../conversation/outbound.js'
import type { SqliteEngine } from './engine.js'
import { workspaceKey } from './workspace-key.js'

interface LaneRow {
  readonly workspace: number
  readonly source: string
  readonly due: number
}

interface TotalRow {
  readonly queued: number
  readonly oldest: number | null
}

/** Keeps the queue of messages on their way to customers in SQLite. */
export const createSqliteOutbound = (engine: SqliteEngine): Outbound => ({
  claim: (ask) => engine.write('claimOutbound', { ...ask, workspace: workspaceKey(ask.workspace) }),
  settle: (ask) => engine.write('settleOutbound', { ...ask, workspace: workspaceKey(ask.workspace) }),
  async state() {
    const [lanes, totals] = await engine.snapshot<[LaneRow, TotalRow]>('lists', [
      { sql: 'select workspace, source, min(due_ms) as due from outbound where due_ms is not null group by workspace, source limit 10000', params: [] },
      { sql: 'select count(*) as queued, (select queued_ms from outbound order by id limit 1) as oldest from outbound', params: [] },
    ])
    return {
      lanes: lanes.map(({ workspace, source, due }) => ({ workspace: String(workspace), source, dueAt: due })),
      queued: totals[0]?.queued ?? 0,
      oldestAt: totals[0]?.oldest ?? undefined,
    }
  },
})
