import type { Ban, BanSubject } from '../../../admission/ban.js'
import { banColumns, banFromRow, type BanRow, subjectText } from '../ban-row.js'
import type { Database } from '../database.js'
import { audit } from './audit.js'
import { appendControl } from './control.js'

/** Stores a ban whose subject is canonical. */
export const addBan = (db: Database, ban: Ban): void => {
  db.run(
    `insert into bans (id, kind, subject, reason, actor, source, created_ms, expires_ms)
     values (:id, :kind, :subject, :reason, :actor, :source, :createdAt, :expiresAt)`,
    {
      id: ban.id,
      kind: ban.subject.kind,
      subject: subjectText(ban.subject),
      reason: ban.reason,
      actor: ban.actor,
      source: ban.source,
      createdAt: ban.createdAt,
      expiresAt: ban.expiresAt ?? null,
    },
  )
  appendControl(db, { kind: 'ban_added', ban }, ban.createdAt)
  const subject = `${ban.subject.kind}:${subjectText(ban.subject)}`
  audit(db, { at: ban.createdAt, actor: ban.actor, action: 'ban.add', subject, after: ban })
}

/**
 * Stores those of the bans that are new; their subjects are canonical.
 *
 * @returns The ids of what was stored, in order.
 */
export const addBans = (db: Database, bans: readonly Ban[]): readonly string[] =>
  bans.flatMap((ban) => {
    const equal = db.all<{ readonly id: string }>(
      `select id from bans where kind = :kind and subject = :subject and lifted_ms is null and reason = :reason and expires_ms is :expiresAt limit 1`,
      { kind: ban.subject.kind, subject: subjectText(ban.subject), reason: ban.reason, expiresAt: ban.expiresAt ?? null },
    )
    if (equal.length > 0) return []
    addBan(db, ban)
    return [ban.id]
  })

/** Lifts the bans of exactly this canonical subject that are in force at `at`. The rows stay, for the record. */
export const liftBans = (
  db: Database,
  { subject, actor, at }: { readonly subject: BanSubject; readonly actor: string; readonly at: number },
): readonly Ban[] => {
  const rows = db.all<BanRow>(
    `update bans set lifted_ms = :at, lifted_by = :actor
     where kind = :kind and subject = :subject and lifted_ms is null and (expires_ms is null or expires_ms > :at)
     returning ${banColumns}`,
    { at, actor, kind: subject.kind, subject: subjectText(subject) },
  )
  const lifted = rows.map(banFromRow).toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  for (const ban of lifted) {
    appendControl(db, { kind: 'ban_lifted', ban }, at)
    audit(db, { at, actor, action: 'ban.lift', subject: `${subject.kind}:${subjectText(subject)}`, before: ban })
  }
  return lifted
}
