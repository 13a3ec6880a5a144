import { randomUUID } from 'node:crypto'
import type { AllowList } from '../admission/allow-list.js'
import type { Memberships } from '../admission/topic.js'
import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { Users } from '../admission/user.js'
import type { Conversations } from '../conversation/conversations.js'
import type { Outbound } from '../conversation/outbound.js'
import type { WorkspaceImports } from '../conversation/workspace-import.js'
import type { GateStores } from '../gate-options.js'
import { openRedisAllowList, type RedisAllowList } from '../stores/redis/redis-allow-list.js'
import { openPostgresUsers, type PostgresUsers } from '../stores/postgres/postgres-users.js'
import { openSqlite, type SqliteEngine } from '../stores/sqlite/engine.js'
import { migrate, migrationStatus } from '../stores/sqlite/migrate.js'
import { createSqliteLadderBans } from '../stores/sqlite/sqlite-ladder-bans.js'
import { createSqliteAudit, type SqliteAudit } from '../stores/sqlite/sqlite-audit.js'
import { createSqliteBans } from '../stores/sqlite/sqlite-bans.js'
import { createSqliteControlLog } from '../stores/sqlite/sqlite-control-log.js'
import { createSqliteControlReaders } from '../stores/sqlite/sqlite-control-readers.js'
import { createSqliteConversations } from '../stores/sqlite/sqlite-conversations.js'
import { createSqliteLogins, type SqliteLogins } from '../stores/sqlite/sqlite-logins.js'
import { createSqliteMemberships } from '../stores/sqlite/sqlite-memberships.js'
import { createSqliteOutbound } from '../stores/sqlite/sqlite-outbound.js'
import { createSqliteRevocations } from '../stores/sqlite/sqlite-revocations.js'
import { createSqliteUsers, type SqliteUsers } from '../stores/sqlite/sqlite-users.js'
import type { Config } from './config/config.js'
import { StartError } from './listen.js'

/** The stores of a running server. */
export interface OpenStores {
  readonly engine: SqliteEngine
  readonly gate: GateStores
  /** Our own table. */
  readonly ownUsers: SqliteUsers
  readonly logins: SqliteLogins
  readonly audit: SqliteAudit
  /** Who answers for users at admission: our own table, or an existing database. */
  readonly users: Users
  /** The same, where it is an existing database. */
  readonly outsideUsers: Users | undefined
  /** `undefined` where no issuer keeps one. */
  readonly allowList: AllowList | undefined
  readonly memberships: Memberships
  readonly conversations: Conversations & WorkspaceImports
  readonly outbound: Outbound
  close(): Promise<void>
}

/**
 * Opens the embedded database and, when configured, the existing one that holds the users, and the Redis that holds the allow-list.
 *
 * A new database gets its tables in every mode; an older one is brought up to date only in development.
 *
 * @param told - Told when the database that holds the users does not answer any more, and when it does again.
 * @throws StartError when it needs `sallyport db migrate` first; DatabaseNotOpened when it can't be opened.
 */
export const openStores = async (config: Config, mode: 'dev' | 'serve', told: (reached: boolean) => void): Promise<OpenStores> => {
  const engine = await openSqlite({ path: config.storage.path })
  let allowList: RedisAllowList | undefined
  let external: PostgresUsers | undefined
  try {
    const { applied, pending } = await migrationStatus(engine)
    if (pending.length > 0) {
      if (mode === 'serve' && applied.length > 0)
        throw new StartError(`The database needs ${String(pending.length)} migrations: run \`sallyport db migrate\`, then start again`)
      await migrate(engine)
    }
    allowList = config.redis.url === undefined ? undefined : await openRedisAllowList({ url: config.redis.url })
    external = config.users && (await openPostgresUsers({ ...config.users, told }))
    const ownUsers = createSqliteUsers(engine)
    const readers = createSqliteControlReaders(engine, randomUUID())
    await unlessAway(readers.join(Date.now()))
    return {
      engine,
      gate: {
        bans: createSqliteBans(engine),
        ladderBans: createSqliteLadderBans(engine),
        revocations: createSqliteRevocations(engine),
        control: createSqliteControlLog(engine),
        readers,
      },
      ownUsers,
      logins: createSqliteLogins(engine),
      audit: createSqliteAudit(engine),
      users: external ?? ownUsers,
      outsideUsers: external,
      allowList,
      memberships: createSqliteMemberships(engine),
      conversations: createSqliteConversations(engine),
      outbound: createSqliteOutbound(engine),
      async close() {
        allowList?.close()
        await external?.close()
        await unlessAway(readers.leave())
        await engine.close()
      },
    }
  } catch (error) {
    allowList?.close()
    await external?.close()
    await engine.close()
    throw error
  }
}

/** Counting readers is no reason not to start or to stop: who can't be written down now is with his first answer, who can't be taken off is missed once. */
const unlessAway = async (work: Promise<void>): Promise<void> => {
  try {
    await work
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
}
