import { parentPort, workerData } from 'node:worker_threads'
import { connect } from './database.js'
import { failureOf } from './sqlite-failure.js'

/** Asks once whether a file is open anywhere else, and says the failure or nothing. */
const ask = (): void => {
  const db = connect(String(workerData), 0)
  try {
    // Only the sole connection may leave the write-ahead log (sqlite.org/wal.html), in whatever process the others are.
    db.all('pragma journal_mode = delete')
  } finally {
    db.close()
  }
}

try {
  ask()
  parentPort?.postMessage(undefined)
} catch (caught) {
  parentPort?.postMessage(failureOf(caught))
}
