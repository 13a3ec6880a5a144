import type { Database } from '../database.js'

/** One line of the audit log: who changed what, and how it was before and after. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly at: number
  /** An operator's name, `ladder`, or `cli`. */
  readonly actor: string
  /** Peer of the connection over which the actor asked; `undefined` for who asked over none. */
  readonly address?: string | undefined
  /** Such as `ban.add`. */
  readonly action: string
  /** What was changed, with its kind, such as `user:7`. */
  readonly subject: string
  /** Never a secret; `undefined` when there was nothing. */
  readonly before?: unknown
  readonly after?: unknown
}

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

/** Writes to the audit log, in the transaction of the change itself. */
export const audit = (db: Database, { at, actor, address, action, subject, before, after }: AuditEntry): void => {
  db.run('insert into audit_log (at_ms, actor, address, action, subject, before, after) values (:at, :actor, :address, :action, :subject, :before, :after)', {
    at,
    actor,
    address: address ?? null,
    action,
    subject,
    before: json(before),
    after: json(after),
  })
}

/** The same for what changes nothing else. */
export const writeAudit = (db: Database, entry: AuditEntry): void => {
  audit(db, entry)
}
