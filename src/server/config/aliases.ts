import { keys } from './keys.js'
import { decodeText } from './leaf.js'
import { isLoopback } from './is-loopback.js'
import type { Environment, Source } from './sources.js'

/**
 * Names that other platforms and programs set. They are weaker than ours, and only `PORT`, which platforms set for us, can stop a start:
 * shells export `HOST` as the machine's name, and other programs have other levels and databases.
 *
 * @param listed - Whether an allow-list is wanted, which is all that Redis is used for.
 * @param isSet - Whether a stronger source has a key; then nothing is said about its alias.
 */
export const readAliases = (name: string, env: Environment, development: boolean, listed: boolean, isSet: (path: string) => boolean, warnings: Set<string>): Source => {
  const values = new Map<string, unknown>()
  const names = new Map<string, string>()
  const take = (alias: string, path: string, value: unknown): void => {
    values.set(path, value)
    names.set(path, alias)
  }
  const given = (alias: string, path: string): string | undefined => {
    const text = env[alias]
    return text === undefined || text === '' || isSet(path) ? undefined : text
  }

  const port = given('PORT', keys.listenPort.path)
  if (port !== undefined) take('PORT', keys.listenPort.path, decodeText(port, 'number'))

  const host = given('HOST', keys.listenHost.path)
  if (host !== undefined) {
    if (keys.listenHost.schema.safeParse(host).success && (!development || isLoopback(host))) take('HOST', keys.listenHost.path, host)
    else warnings.add(`HOST is left out, as it is not ${development ? 'a loopback address' : keys.listenHost.allowed}; SALLYPORT_LISTEN_HOST names the address to bind`)
  }

  const level = given('LOG_LEVEL', keys.logLevel.path)
  if (level !== undefined) {
    const ours = level.toLowerCase() === 'warning' ? 'warn' : level.toLowerCase()
    if (keys.logLevel.schema.safeParse(ours).success) take('LOG_LEVEL', keys.logLevel.path, ours)
    else warnings.add(`LOG_LEVEL is left out, as it is not ${keys.logLevel.allowed}`)
  }

  const database = given('DATABASE_URL', keys.storageUrl.path)
  if (database !== undefined) {
    if (keys.storageUrl.schema.safeParse(database).success) take('DATABASE_URL', keys.storageUrl.path, database)
    else warnings.add('DATABASE_URL is set, but this version keeps its records in SQLite (storage.url)')
  }

  const redis = given('REDIS_URL', keys.redisUrl.path)
  if (redis !== undefined) {
    if (!listed) warnings.add('REDIS_URL is set, but this version keeps limits in memory and reads only tokens.allowListPrefix there')
    else if (keys.redisUrl.schema.safeParse(redis).success) take('REDIS_URL', keys.redisUrl.path, redis)
    else warnings.add(`REDIS_URL is left out, as it is not ${keys.redisUrl.allowed}`)
  }
  return { name, values, names }
}
