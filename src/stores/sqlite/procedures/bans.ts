import { v7 as uuidv7 } from 'uuid'
import { liftGraceMs, type Ban, type BanSubject, type NewBan } from '../../../admission/ban.js'
import { banColumns, banFromRow, type BanRow, subjectText } from '../ban-row.js'
import type { Database } from '../database.js'
import { audit } from './audit.js'
import { appendBans, appendControl } from './control.js'

/** Stores a ban whose subject is canonical. */
export const addBan = (db: Database, { ban, actorAddress }: { readonly ban: Ban; readonly actorAddress?: string | undefined }): void => {
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
  audit(db, { at: ban.createdAt, actor: ban.actor, address: actorAddress, action: 'ban.add', subject, after: ban })
}

/** A ban as the statements below read it from a list in JSON. */
const columnsOf = ({ id, subject, reason, actor, source, createdAt, expiresAt }: Ban): readonly (string | number | null)[] => {
  const columns = [id, subject.kind, subjectText(subject), reason, actor, source, createdAt, expiresAt ?? null]
  // SQLite would end the text there.
  if (columns.some((value) => typeof value === 'string' && value.includes('\0'))) throw new TypeError('Cannot store a ban as its text must not hold U+0000')
  return columns
}

/**
 * Stores those of the bans that are new; their subjects are canonical.
 *
 * One statement for the whole list in place of one for each ban: 100,000 are stored in seconds. Ids are made here, off the event loop.
 *
 * @returns What was stored, in order: the id, and the place in the list.
 */
export const addBans = (
  db: Database,
  { bans, actorAddress }: { readonly bans: readonly NewBan[]; readonly actorAddress?: string | undefined },
): readonly { readonly id: string; readonly place: number }[] => {
  const seen = new Set<string>()
  const distinct = bans.flatMap((ban, place) => {
    const key = JSON.stringify([ban.subject.kind, subjectText(ban.subject), ban.reason, ban.expiresAt])
    if (seen.has(key)) return []
    seen.add(key)
    return [{ ban: { ...ban, id: uuidv7() }, place }]
  })
  const known = db.all<{ readonly place: number }>(
    `select each.key as place from json_each(?) each where exists (
       select 1 from bans where kind = each.value ->> 1 and subject = each.value ->> 2 and lifted_ms is null
       and reason = each.value ->> 3 and expires_ms is each.value ->> 7)`,
    [JSON.stringify(distinct.map(({ ban }) => columnsOf(ban)))],
  )
  const knownPlaces = new Set(known.map(({ place }) => place))
  const stored = distinct.filter((_, place) => !knownPlaces.has(place))
  const fresh = stored.map(({ ban }) => ban)
  db.run(
    `insert into bans (id, kind, subject, reason, actor, source, created_ms, expires_ms)
     select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7 from json_each(?)`,
    [JSON.stringify(fresh.map(columnsOf))],
  )
  appendBans(db, fresh)
  db.run(
    `insert into audit_log (at_ms, actor, address, action, subject, after)
     select value ->> 0, value ->> 1, ?, 'ban.add', value ->> 2, value ->> 3 from json_each(?)`,
    [actorAddress ?? null, JSON.stringify(fresh.map((ban) => [ban.createdAt, ban.actor, `${ban.subject.kind}:${subjectText(ban.subject)}`, JSON.stringify(ban)]))],
  )
  return stored.map(({ ban: { id }, place }) => ({ id, place }))
}

/** Lifts the bans of exactly this canonical subject that are in force at `at`, or were less than `liftGraceMs` before. The rows stay, for the record. */
export const liftBans = (
  db: Database,
  { subject, actor, at, actorAddress }: { readonly subject: BanSubject; readonly actor: string; readonly at: number; readonly actorAddress?: string | undefined },
): readonly Ban[] => {
  const rows = db.all<BanRow>(
    `update bans set lifted_ms = :at, lifted_by = :actor
     where kind = :kind and subject = :subject and lifted_ms is null and (expires_ms is null or expires_ms > :endedAfter)
     returning ${banColumns}`,
    { at, endedAfter: at - liftGraceMs, actor, kind: subject.kind, subject: subjectText(subject) },
  )
  const lifted = rows.map(banFromRow).toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  for (const ban of lifted) {
    appendControl(db, { kind: 'ban_lifted', ban }, at)
    audit(db, { at, actor, address: actorAddress, action: 'ban.lift', subject: `${subject.kind}:${subjectText(subject)}`, before: ban })
  }
  return lifted
}
