import type { Ban, BanSubject } from '../../admission/ban.js'
import { banColumns, banFromRow, type BanRow, subjectText } from './ban-row.js'
import type { SqliteEngine } from './engine.js'
import type { AuditEntry } from './procedures/audit.js'

/** A line of the audit log as it is kept. */
export interface AuditLine extends AuditEntry {
  /** Counted from 1; no number is given twice. */
  readonly id: number
}

export interface AuditFilter {
  readonly actor?: string | undefined
  /** Such as `ban.add`. */
  readonly action?: string | undefined
  /** Such as `network:203.0.113.0/24` or `user:7`. */
  readonly subject?: string | undefined
}

/** What was changed by whom; the lines of a change are written in its own transaction. */
export interface SqliteAudit {
  /** The newest first; older ones than the one with the id `before`, when that is given. */
  page(filter: AuditFilter, before: number | undefined, limit: number): Promise<readonly AuditLine[]>
  find(id: number): Promise<AuditLine | undefined>
  /** Writes down what changed nothing in the database. */
  note(entry: AuditEntry): Promise<void>
  /** Bans of exactly this subject that are in force at `at`. */
  bansOf(subject: BanSubject, at: number): Promise<readonly Ban[]>
  /** Whether a user of our own table is active; `undefined` when there is none. */
  isActive(userId: string): Promise<boolean | undefined>
}

interface AuditRow {
  readonly id: number
  readonly at_ms: number
  readonly actor: string
  readonly address: string | null
  readonly action: string
  readonly subject: string
  readonly before: string | null
  readonly after: string | null
}

const parsed = (text: string | null): unknown => {
  const value: unknown = text === null ? undefined : JSON.parse(text)
  return value
}

const lineOf = ({ id, at_ms: at, actor, address, action, subject, before, after }: AuditRow): AuditLine => ({
  id,
  at,
  actor,
  address: address ?? undefined,
  action,
  subject,
  before: parsed(before),
  after: parsed(after),
})

const columns = 'id, at_ms, actor, address, action, subject, before, after'

export const createSqliteAudit = (engine: SqliteEngine): SqliteAudit => ({
  async page({ actor, action, subject }, before, limit) {
    const rows = await engine.read<AuditRow>(
      'lists',
      `select ${columns} from audit_log
       where id < :before and (:actor is null or actor = :actor) and (:action is null or action = :action) and (:subject is null or subject = :subject)
       order by id desc limit :limit`,
      { before: before ?? Number.MAX_SAFE_INTEGER, actor: actor ?? null, action: action ?? null, subject: subject ?? null, limit },
    )
    return rows.map(lineOf)
  },
  async find(id) {
    const [row] = await engine.read<AuditRow>('lists', `select ${columns} from audit_log where id = ?`, [id])
    return row && lineOf(row)
  },
  note: async (entry) => engine.write('writeAudit', entry),
  async bansOf(subject, at) {
    const rows = await engine.read<BanRow>(
      'lists',
      `select ${banColumns} from bans where kind = ? and subject = ? and lifted_ms is null and (expires_ms is null or expires_ms > ?) order by id`,
      [subject.kind, subjectText(subject), at],
    )
    return rows.map(banFromRow)
  },
  async isActive(userId) {
    const [row] = await engine.read<{ readonly active: number }>('lists', 'select active from users where id = ?', [userId])
    return row && row.active === 1
  },
})
