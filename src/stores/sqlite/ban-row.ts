import type { Ban, BanSource, BanSubject } from '../../admission/ban.js'

export interface BanRow {
  readonly id: string
  readonly kind: BanSubject['kind']
  readonly subject: string
  readonly reason: string
  readonly actor: string
  readonly source: BanSource
  readonly created_ms: number
  readonly expires_ms: number | null
}

/** The columns of `BanRow`, for a select or `returning`. */
export const banColumns = 'id, kind, subject, reason, actor, source, created_ms, expires_ms'

export const banFromRow = (row: BanRow): Ban => ({
  id: row.id,
  subject: row.kind === 'user' ? { kind: 'user', userId: row.subject } : { kind: 'network', network: row.subject },
  reason: row.reason,
  actor: row.actor,
  source: row.source,
  createdAt: row.created_ms,
  expiresAt: row.expires_ms ?? undefined,
})

export const subjectText = (subject: BanSubject): string => (subject.kind === 'user' ? subject.userId : subject.network)
