import type { Revocation, Revocations } from '../../admission/revocation.js'
import type { SqliteEngine } from './engine.js'

type RevocationRow =
  | { readonly kind: 'token'; readonly subject: string; readonly until_ms: number }
  | { readonly kind: 'user'; readonly subject: string; readonly before_ms: number; readonly until_ms: number }

const fromRow = (row: RevocationRow): Revocation =>
  row.kind === 'token'
    ? { kind: 'token', tokenId: row.subject, until: row.until_ms }
    : { kind: 'user', userId: row.subject, before: row.before_ms, until: row.until_ms }

/** Revocations in SQLite, one row per token and per user. */
export const createSqliteRevocations = (engine: SqliteEngine): Revocations => ({
  add: (revocation, actor, at, actorAddress) => engine.write('addRevocation', { revocation, actor, at, actorAddress }),
  async list(at) {
    const rows = await engine.read<RevocationRow>(
      'lists',
      'select kind, subject, before_ms, until_ms from revocations where until_ms > ? order by kind, id',
      [at],
    )
    return rows.map(fromRow)
  },
})
