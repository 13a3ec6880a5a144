import { openSqlite, type SqliteEngine } from './engine.js'
import { migrations } from './migrations.js'

/** Milliseconds one migration may take, and how long it waits for another process that migrates the same file. */
const deadlineMs = 10 * 60_000

export interface MigrationStatus {
  readonly applied: readonly { readonly version: number; readonly name: string; /** Epoch milliseconds. */ readonly appliedAt: number }[]
  /** Names, in the order in which `migrate` would apply them. */
  readonly pending: readonly string[]
}

const onEngine = async <R>(target: SqliteEngine | string, work: (engine: SqliteEngine) => Promise<R>): Promise<R> => {
  if (typeof target !== 'string') return work(target)
  const engine = await openSqlite({ path: target, deadlineMs })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

const isMigrated = async (engine: SqliteEngine): Promise<boolean> =>
  (await engine.read('lists', `select 1 from sqlite_schema where type = 'table' and name = 'migrations'`)).length > 0

/**
 * Brings the schema up to date, one transaction per migration.
 *
 * Several processes may do so at once: each migration is applied by one, while the others wait for the write lock and then find it done. With a path that wait may be
 * five minutes, with an engine it is the engine's `busyTimeoutMs`. A migration that fails leaves the one before it in force.
 *
 * @param target - An open engine, or the path of a database, which is made when there is none.
 * @param at - Epoch milliseconds, for the record.
 * @returns The names of what this call applied; empty when there was nothing to do.
 * @throws DatabaseNotOpened for a path; StoreUnavailable when the lock cannot be had or the disk fails.
 */
export const migrate = (target: SqliteEngine | string, at: number = Date.now()): Promise<{ readonly applied: readonly string[] }> =>
  onEngine(target, async (engine) => {
    const applied: string[] = []
    for (;;) {
      // One after the other is the point: each needs the schema the one before it made.
      const name = await engine.write('applyNextMigration', { at }, Date.now() + deadlineMs)
      if (name === undefined) return { applied }
      applied.push(name)
    }
  })

/**
 * What has been applied to a database, and what is missing. Changes nothing.
 *
 * @throws DatabaseNotOpened for a path.
 */
export const migrationStatus = (target: SqliteEngine | string): Promise<MigrationStatus> =>
  onEngine(target, async (engine) => {
    const applied = (await isMigrated(engine))
      ? await engine.read<MigrationStatus['applied'][number]>('lists', 'select version, name, applied_at_ms as appliedAt from migrations order by version')
      : []
    const newest = applied.at(-1)?.version ?? 0
    return { applied, pending: migrations.filter(({ version }) => version > newest).map(({ name }) => name) }
  })
