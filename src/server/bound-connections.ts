import { readdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { Log } from './log/create-log.js'
import { openFilesLimit } from './open-files-limit.js'

/** Descriptors that are kept for operators, databases and issuers, whoever knocks at the public port. */
const reserved = 64

/** The least that is left for connections where the limit is hopelessly low. */
const leastConnections = 16

/**
 * Bounds the connections of the public port by the descriptors that the system grants (`ulimit -n`), so that a flood of connections takes none that
 * the internal port and the stores need.
 *
 * What is beyond is dropped unanswered and logged. Reads `/proc`; where there is none, as outside Linux, nothing is bounded. To be called when
 * everything that is always open is open.
 */
export const boundConnections = async (server: Server, log: Log): Promise<void> => {
  const limit = await openFilesLimit()
  if (limit === undefined) return
  const used = (await readdir('/proc/self/fd')).length
  const connections = Math.max(leastConnections, limit - used - reserved)
  server.maxConnections = connections
  server.on('drop', () => {
    log.write('warn', { event: 'connection_dropped', connections })
  })
}
