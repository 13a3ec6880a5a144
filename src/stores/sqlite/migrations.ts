import { foundation } from './migrations/0001-foundation.js'
import { lists } from './migrations/0002-lists.js'
import { logins } from './migrations/0003-logins.js'
import { imports } from './migrations/0004-imports.js'
import { sweep } from './migrations/0005-sweep.js'

/** One step of the schema, forward only. Once it is published its text never changes. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number
  readonly name: string
  /**
   * Statements that bring version n - 1 to n, run in one transaction.
   *
   * Foreign keys stay on: a table is rebuilt under `pragma defer_foreign_keys = on`. No `begin`, `commit` or `vacuum`.
   */
  readonly script: string
}

export const migrations: readonly Migration[] = [foundation, lists, logins, imports, sweep]

/** The version this program needs and knows. */
export const latestVersion = Math.max(...migrations.map(({ version }) => version))
