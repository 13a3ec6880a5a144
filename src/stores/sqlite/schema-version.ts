import type { Database } from './database.js'

/** The newest migration that was applied to a database, 0 for none. */
export const versionOf = (db: Database): number => {
  const table = db.get(`select 1 from sqlite_schema where type = 'table' and name = 'migrations'`)
  if (table === undefined) return 0
  return db.get<{ version: number }>('select coalesce(max(version), 0) as version from migrations')?.version ?? 0
}
