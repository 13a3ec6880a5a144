import type { PoolClient } from 'pg'
import { positiveInteger } from '../../admission/argument.js'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import type { Users } from '../../admission/user.js'
import { within } from '../../admission/within.js'
import { createBreaker } from '../../admission/breaker.js'
import { type ExternalUser, externalUser, UnfitRow } from './external-user.js'
import { loadPg } from './load-pg.js'
import { answered, describe, isNobody, isSessionAlive } from './query-error.js'
import { sessionUrl } from './session-url.js'
import { userQuery } from './user-query.js'

export interface PostgresUsersOptions {
  /** `postgres://user:password@host:port/database`, with the parameters `pg` knows, such as `sslmode`. */
  readonly url: string
  /** One SELECT with `$1`, the user id, that answers `id`, `active` or `is_active`, and perhaps `role`, `epoch` and `email`. */
  readonly query: string
  /** Milliseconds for getting a connection, and again for the query. Default 1000. A caller waits no longer than this in all. */
  readonly deadlineMs?: number
  /** Connections at most. Default 4. */
  readonly poolSize?: number
  /** Told `false` when five look-ups in a row were not answered in time, and `true` when one is answered again. */
  readonly told?: (reached: boolean) => void
}

export interface PostgresUsers extends Users<ExternalUser> {
  /** Ends the connections; later look-ups reject. */
  close(): Promise<void>
}

/**
 * Users of an existing PostgreSQL database, such as the `accounts_user` table of a Django project. Reads only, by sessions that can't write.
 *
 * Nothing is asked before the first look-up, so a database that is down doesn't keep a server from starting. After five failures in a row
 * look-ups reject at once, but for one a second that tries again; an answer after the deadline is a failure. An id that doesn't fit the column's type is
 * a user that doesn't exist.
 * A pgbouncer in between must pass on the start-up parameter `options`, so name the database itself where it doesn't.
 *
 * @throws TypeError, RangeError for options; PeerMissing when the package `pg` is not installed.
 * @example
 * const users = await openPostgresUsers({
 *   url: 'postgres://reader@127.0.0.1:5432/app',
 *   query: 'select id, is_active, email from accounts_user where id = $1',
 * })
 */
export const openPostgresUsers = async (options: PostgresUsersOptions): Promise<PostgresUsers> => {
  const deadlineMs = positiveInteger('users of PostgreSQL', 'deadlineMs', options.deadlineMs ?? 1_000)
  const max = positiveInteger('users of PostgreSQL', 'poolSize', options.poolSize ?? 4)
  const connectionString = sessionUrl(options.url, deadlineMs)
  const text = userQuery(options.query)
  const { Pool } = await loadPg()

  const pool = new Pool({
    connectionString,
    max,
    connectionTimeoutMillis: deadlineMs,
    // Ends the wait on a server that has fallen silent. A little after `statement_timeout`, which spares the connection.
    query_timeout: deadlineMs + 250,
    keepAlive: true,
    application_name: 'sallyport',
  })
  const lost = (): void => {
    // A connection that breaks while nobody uses it: the pool has dropped it, and the next look-up makes another.
  }
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))

  const breaker = createBreaker()
  const wasAnswered = (): void => {
    if (breaker.open) options.told?.(true)
    breaker.succeeded()
  }
  const wasNot = (): void => {
    const known = breaker.open
    breaker.failed(Date.now())
    if (breaker.open && !known) options.told?.(false)
  }
  const unavailable = (sentence: string): StoreUnavailable => new StoreUnavailable('users', `The database of users ${sentence}`)

  const ask = async (client: PoolClient, id: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    try {
      const { rows } = await client.query<Readonly<Record<string, unknown>>>({ text, values: [id] })
      client.release()
      return rows
    } catch (error) {
      client.release(!isSessionAlive(error))
      if (isNobody(error)) return []
      throw error
    }
  }

  const look = async (id: string): Promise<ExternalUser | undefined> => {
    const dueAt = performance.now() + deadlineMs
    // Nobody waits for an answer any more that comes later.
    const came = (): void => {
      if (performance.now() < dueAt) wasAnswered()
      else wasNot()
    }
    try {
      const user = externalUser(await ask(await pool.connect(), id), id)
      came()
      return user
    } catch (error) {
      if (error instanceof UnfitRow) throw unavailable(`does not answer a user: ${error.message}`)
      if (answered(error)) came()
      else wasNot()
      throw unavailable(describe(error))
    }
  }

  return {
    async find(id, deadline) {
      // PostgreSQL has no such text at all.
      if (id.includes('\0')) return undefined
      const now = Date.now()
      if (deadline <= now) throw unavailable('was asked after the deadline.')
      if (!breaker.lets(now)) throw unavailable('did not answer lately and is not asked again yet.')
      return within('users', Math.min(deadline - now, deadlineMs), look(id))
    },
    close: async () => {
      if (!pool.ending) await pool.end()
    },
  }
}
