import { parentPort, workerData } from 'node:worker_threads'
import { lowerThreadPriority } from '../../admission/guard/lower-thread-priority.js'
import { type Connection, connect } from './database.js'
import type { WorkerMessage, WorkerOrder, WorkerSetup } from './messages.js'
import { latestVersion } from './migrations.js'
import { readBatch } from './read-batch.js'
import { misfitOf } from './schema-version.js'
import { failureOf } from './sqlite-failure.js'
import { type ProcedureTable, writeBatch } from './write-batch.js'

// The main thread passes exactly this, see lane.ts.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the main thread passes exactly this
const setup = workerData as WorkerSetup

const say = (message: WorkerMessage): void => {
  parentPort?.postMessage(message)
}

/**
 * Memory for pages of the file, as SQLite counts it: 16 MiB. A mapped file would be read faster while nothing is written, but each write makes every
 * reader map it anew, and then each page of it costs more than a read.
 */
const cacheSize = -16_384

/** Pages of the log that make the writer copy it into the file: 16 MiB. A send changes about 18 pages, many of them again and again. */
const checkpointPages = 4_000

const prepare = (db: Connection): void => {
  // Readers too: the first to open a new file must not leave it in another mode.
  db.all('pragma journal_mode = wal')
  db.exec(`pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = ${String(checkpointPages)}; pragma journal_size_limit = 67108864; pragma temp_store = memory`)
  if (setup.role === 'reader') db.exec('pragma query_only = on')
  db.exec(`pragma cache_size = ${String(cacheSize)}`)
}

const loadProcedures = async (): Promise<ProcedureTable> => {
  const module: unknown = await import(setup.procedures)
  if (typeof module !== 'object' || module === null || !('procedures' in module)) throw new TypeError('The module exports no "procedures"')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's type is made from the same export
  return module.procedures as ProcedureTable
}

const serve = (db: Connection, procedures: ProcedureTable): void => {
  const obey = (order: WorkerOrder): void => {
    switch (order.type) {
      case 'read':
        say({ type: 'json', json: JSON.stringify(readBatch(db, order.asks, Date.now)) })
        return
      case 'write':
        say({ type: 'answers', answers: writeBatch(db, procedures, order.asks, Date.now) })
        return
      case 'close':
        // A reader's own checkpoint would be refused; the writer is told last, when all readers are gone.
        if (setup.role === 'writer') db.all('pragma wal_checkpoint(truncate)')
        db.close()
        parentPort?.close()
        return
    }
  }
  parentPort?.on('message', obey)
}

const start = async (): Promise<void> => {
  try {
    const procedures = setup.role === 'writer' ? await loadProcedures() : {}
    const db = connect(setup.path, setup.busyTimeoutMs)
    // Before anything is set: the mode of the journal is written into the file, which may be somebody else's.
    const failure = misfitOf(db, latestVersion)
    if (failure !== undefined) {
      db.close()
      say({ type: 'failed', failure })
      return
    }
    prepare(db)
    serve(db, procedures)
    // Last, so that what was set up for everybody is not of low priority as well.
    if (setup.lowPriority) lowerThreadPriority()
    say({ type: 'ready' })
  } catch (caught) {
    say({ type: 'failed', failure: failureOf(caught) })
  }
}

await start()
