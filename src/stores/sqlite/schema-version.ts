import type { Database } from './database.js'
import type { OpenFailure } from './messages.js'

/**
 * Why a database is not one of this program, if it is none. Changes nothing, so that it may be asked of any file.
 *
 * @param latest - The newest version that this program knows.
 */
export const misfitOf = (db: Database, latest: number): OpenFailure | undefined => {
  const found = db.all<{ name: string }>(`select name from pragma_table_info('migrations')`)
  // Other programs have a table of this name too.
  if (!['version', 'name', 'applied_at_ms'].every((column) => found.some(({ name }) => name === column))) {
    const table = db.get(`select 1 from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\' limit 1`)
    return table === undefined ? undefined : { kind: 'foreign' }
  }
  const version = versionOf(db)
  if (version > latest) return { kind: 'newer', found: version, known: latest }
  const rows = new Set(db.all<{ version: number }>('select version from migrations').map((row) => row.version))
  const missing = Array.from({ length: version }, (_, index) => index + 1).find((each) => !rows.has(each))
  return missing === undefined ? undefined : { kind: 'gap', missing }
}

/** The newest migration that was applied to a database, 0 for none. */
export const versionOf = (db: Database): number => {
  const table = db.get(`select 1 from sqlite_schema where type = 'table' and name = 'migrations'`)
  if (table === undefined) return 0
  return db.get<{ version: number }>('select coalesce(max(version), 0) as version from migrations')?.version ?? 0
}
