import { access } from 'node:fs/promises'
import type { Ban, BanSubject } from '../admission/ban.js'
import { openSqlite, type SqliteEngine } from '../stores/sqlite/engine.js'
import { migrate, migrationStatus, type MigrationStatus } from '../stores/sqlite/migrate.js'
import { notOpenedByFile } from '../stores/sqlite/open-error.js'
import { createSqliteBans } from '../stores/sqlite/sqlite-bans.js'
import { createSqliteConversations } from '../stores/sqlite/sqlite-conversations.js'
import { createSqlitePartImports } from '../stores/sqlite/sqlite-part-imports.js'
import { createSqliteUsers } from '../stores/sqlite/sqlite-users.js'
import type { StoredUser } from '../stores/sqlite/user-row.js'
import type { Config } from './config/config.js'
import { Conflict } from './conflict.js'
import { StartError } from './listen.js'
import type { Actor } from './actor.js'
import type { BanImport, Operations, UserSummary } from './operations.js'
import { previewBan } from './preview-ban.js'
import { largeSizes, seedLarge, type SeedProgress } from './seed/seed-large.js'
import { seed } from './seed/seed.js'
import { siftBans } from './sift-bans.js'

/** What an operator can do on the database itself when no server answers; a server that runs after all follows within its poll. */
export interface Offline extends Pick<Operations, 'bans' | 'lift' | 'previewBan' | 'users' | 'addUser'> {
  ban(...args: Parameters<Operations['ban']>): Promise<{ readonly ban: Ban }>
  importBans(...args: Parameters<Operations['importBans']>): Promise<BanImport>
  setUserActive(id: string, active: boolean, actor: Actor): Promise<{ readonly user: UserSummary } | undefined>
  setMemberActive(id: string, workspace: string, active: boolean, actor: Actor): Promise<{ readonly user: UserSummary } | undefined>
  setUserPassword(id: string, password: string, actor: Actor): Promise<{ readonly user: UserSummary } | undefined>
  close(): Promise<void>
}

const summary = ({ id, email, active, role }: StoredUser): UserSummary => ({ id, email, active, role })

const demandFile = async ({ storage }: Config): Promise<void> => {
  const error: unknown = await access(storage.path).then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (error === undefined) return
  // A folder that is a file, or a link that leads to itself, is mended otherwise than by another folder.
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw notOpenedByFile(storage.path, error)
  throw new StartError(`There is no database at ${storage.path}: run the command where the server runs, or \`sallyport db migrate\` first`)
}

const onEngine = async <R>(config: Config, work: (engine: SqliteEngine) => Promise<R>): Promise<R> => {
  const engine = await openSqlite({ path: config.storage.path })
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/**
 * Opens the database of a configuration for break-glass work.
 *
 * @throws StartError when there is no database or its schema is old; DatabaseNotOpened when it can't be opened.
 */
export const openOffline = async (config: Config, now: () => number): Promise<Offline> => {
  await demandFile(config)
  const engine = await openSqlite({ path: config.storage.path })
  const { pending } = await migrationStatus(engine)
  if (pending.length > 0) {
    await engine.close()
    throw new StartError('The database is not up to date: run `sallyport db migrate` first')
  }
  const bans = createSqliteBans(engine)
  const users = createSqliteUsers(engine)
  const protectedNetworks = { trustedProxies: config.trustedProxies, allowed: config.bans.allow }
  return {
    bans: (after, limit) => bans.page(now(), after, limit),
    async ban(subject: BanSubject, reason, durationMs, { name: actor }) {
      const createdAt = now()
      const expiresAt = durationMs === undefined ? undefined : createdAt + durationMs
      return { ban: await bans.add({ subject, reason, actor, source: 'manual', createdAt, expiresAt }) }
    },
    previewBan: (subject, ownAddress) => previewBan([], subject, { ...protectedNetworks, ownAddress }),
    async importBans(imported, force, ownAddress, { name: actor }) {
      const createdAt = now()
      const { good, ended, refused } = siftBans(imported, { ...protectedNetworks, ownAddress }, force, createdAt)
      const added = await bans.addAll(good.map((ban) => ({ ...ban, actor, source: 'import', createdAt })))
      return { added: added.length, unchanged: good.length - added.length, ended, refused }
    },
    lift: (subject, { name: actor }) => bans.lift(subject, actor, now()),
    users: async () => (await users.list({ limit: 1_000 })).map(summary),
    async addUser({ id, email, role }, { name: actor }) {
      const added = await users.add({ ...(id === undefined ? {} : { id }), email, ...(role === 'customer' ? {} : { role }) }, actor, now())
      if (!added.added) throw new Conflict(`Cannot add a user as this ${added.taken} is taken`)
      return summary(added.user)
    },
    async setUserActive(id, active, { name: actor }) {
      const user = await users.setActive(id, active, actor, now())
      return user === undefined ? undefined : { user: summary(user) }
    },
    async setMemberActive(id, workspace, active, { name: actor }) {
      const changed = await users.setMemberActive(id, workspace, active, actor, now())
      return changed === undefined ? undefined : { user: summary(changed.user) }
    },
    async setUserPassword(id, password, { name: actor }) {
      const { createPasswordHasher } = await import('./login/password-hasher.js')
      const user = await users.setPassword(id, await createPasswordHasher().hash(password), actor, now())
      return user === undefined ? undefined : { user: summary(user) }
    },
    close: () => engine.close(),
  }
}

/** Brings the database up to date, making it when there is none; answers the names of what was applied. */
export const migrateDatabase = async (config: Config): Promise<readonly string[]> => (await migrate(config.storage.path)).applied

/**
 * What has been applied to the database and what is missing. Changes nothing.
 *
 * @throws StartError when there is no database.
 */
export const databaseStatus = async (config: Config): Promise<MigrationStatus> => {
  await demandFile(config)
  return migrationStatus(config.storage.path)
}

/** `s` is what there is to look at; `m` and `l` are to measure with. */
export type SeedSize = 's' | keyof typeof largeSizes

/**
 * Puts the sample data into the database, making and updating it first; what is there stays. Answers the names of the workspaces it made.
 *
 * @throws Conflict when what is there is no part of this sample.
 */
export const seedDatabase = async (config: Config, size: SeedSize, at: number, tell: (progress: SeedProgress) => void): Promise<readonly string[]> =>
  onEngine(config, async (engine) => {
    await migrate(engine)
    const store = createSqliteConversations(engine)
    const { workspaces } = size === 's' ? await seed(store, { at }) : await seedLarge({ ...store, ...createSqlitePartImports(engine) }, largeSizes[size], at, tell)
    return workspaces
  })
