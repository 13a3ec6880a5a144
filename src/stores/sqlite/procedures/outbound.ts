import type { WorkspaceEvent } from '../../../conversation/log.js'
import type { ClaimAsk, Claimed, SettleAsk } from '../../../conversation/outbound.js'
import type { Message, Source } from '../../../conversation/records.js'
import { customerColumns, customerFrom, messageColumns, messageFrom, type CustomerColumns, type MessageColumns } from '../conversation-rows.js'
import type { Database } from '../database.js'
import { appendToLog } from './conversations-log.js'
import type { Numbered } from './numbered.js'

/** Puts a message into the queue, behind those of its conversation. */
export const enqueue = (db: Database, workspace: number, source: Source, { id, conversation }: Message, at: number): void => {
  db.run(
    `insert into outbound (workspace, source, conversation, message, queued_ms, due_ms)
     values (:workspace, :source, :conversation, :id, :at, case when exists (select 1 from outbound where conversation = :conversation) then null else :at end)`,
    { workspace, source, conversation, id, at: Math.floor(at) },
  )
}

interface DueRow {
  readonly id: number
  readonly queued_ms: number
  readonly attempts: number
}

export const claimOutbound = (db: Database, { workspace, source, limit, at, until, latest }: Numbered<ClaimAsk>): Claimed => {
  db.run('update outbound set due_ms = :at, queued_ms = min(queued_ms, :at) where workspace = :workspace and source = :source and due_ms > :latest', {
    workspace, source, at: Math.floor(at), latest: Math.ceil(latest),
  })
  const rows = db.all<DueRow & MessageColumns & CustomerColumns>(
    `select o.id, o.queued_ms, o.attempts, ${messageColumns}, ${customerColumns}
     from outbound o join messages m on m.id = o.message join conversations c on c.id = o.conversation join customers u on u.id = c.customer
     where o.workspace = ? and o.source = ? and o.due_ms <= ? order by o.due_ms, o.id limit ?`,
    [workspace, source, Math.floor(at), limit],
  )
  for (const { id } of rows) db.run('update outbound set attempts = attempts + 1, due_ms = ? where id = ?', [Math.ceil(until), id])
  const next = db.get<{ due: number | null }>('select min(due_ms) as due from outbound where workspace = ? and source = ? and due_ms is not null', [workspace, source])
  return {
    outgoing: rows.map((row) => ({ message: messageFrom(row), customer: customerFrom(row), attempts: row.attempts + 1, queuedAt: row.queued_ms })),
    nextDueAt: next?.due ?? undefined,
  }
}

export const settleOutbound = (db: Database, { workspace, message, attempts, result, at }: Numbered<SettleAsk>): WorkspaceEvent | undefined => {
  if (result.outcome === 'postponed') {
    db.run('update outbound set due_ms = ? where workspace = ? and message = ? and attempts = ?', [Math.ceil(result.dueAt), workspace, message, attempts])
    return undefined
  }
  const delivered = result.outcome === 'delivered'
  const gone = db.get<{ conversation: string }>('delete from outbound where workspace = ? and message = ? and (? or attempts = ?) returning conversation', [
    workspace,
    message,
    delivered ? 1 : 0,
    attempts,
  ])
  if (gone === undefined) return undefined
  const { conversation } = gone
  // The clock may have been ahead when it was queued: it is given up by the one that is right.
  db.run('update outbound set due_ms = :at, queued_ms = min(queued_ms, :at) where id = (select min(id) from outbound where conversation = :conversation)', {
    at: Math.floor(at), conversation,
  })
  return appendToLog(db, workspace, at, { type: 'message.delivery', message, conversation, failure: delivered ? null : result.reason })
}
