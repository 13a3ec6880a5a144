import { readFile } from 'node:fs/promises'
import { openOldService } from '../../stores/postgres/open-old-service.js'
import { tableMapping, UnfitMapping } from '../../stores/postgres/old-tables.js'
import { openSqlite } from '../../stores/sqlite/engine.js'
import { migrate } from '../../stores/sqlite/migrate.js'
import { createSqliteRowImports } from '../../stores/sqlite/sqlite-row-imports.js'
import type { Config } from '../config/config.js'
import { importAll, type ImportReport, type Progress } from './import-rows.js'

export interface ImportAsk {
  /** Address of the old database. */
  readonly from: string
  /** Path of the file that names tables and columns; Django's names without it. */
  readonly tables: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
  readonly progress: (progress: Progress) => void
}

const readMapping = async (path: string): Promise<unknown> => {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new UnfitMapping(`Cannot use ${path}: it is no JSON`)
  }
}

/** Brings the old service's tables into the database of a configuration, making and updating it first. */
export const importOldService = async (config: Config, { from, tables, at, progress }: ImportAsk): Promise<ImportReport> => {
  const mapping = tableMapping(tables === undefined ? {} : await readMapping(tables))
  const source = await openOldService({ url: from, mapping })
  try {
    const engine = await openSqlite({ path: config.storage.path })
    try {
      await migrate(engine)
      return await importAll(source, createSqliteRowImports(engine), at, progress)
    } finally {
      await engine.close()
    }
  } finally {
    await source.close()
  }
}
