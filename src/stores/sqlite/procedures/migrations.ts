import type { Database } from '../database.js'
import { migrations } from '../migrations.js'
import { versionOf } from '../schema-version.js'

/**
 * Applies the first migration that is missing and answers its name, `undefined` when none is.
 *
 * The writer's transaction is what locks out another process: the version is read and the script run under one write lock.
 */
export const applyNextMigration = (db: Database, { at }: { readonly at: number }): string | undefined => {
  db.exec('create table if not exists migrations (version integer primary key, name text not null, applied_at_ms integer not null) strict')
  const current = versionOf(db)
  const next = migrations.find(({ version }) => version === current + 1)
  if (next === undefined) return undefined
  db.exec(next.script)
  db.run('insert into migrations (version, name, applied_at_ms) values (?, ?, ?)', [next.version, next.name, at])
  return next.name
}
