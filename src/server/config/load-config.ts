import { join, resolve } from 'node:path'
import type { IssuerConfig } from '../../admission/token/issuer.js'
import { ConfigError, type Problem } from './config-error.js'
import type { Config } from './config.js'
import { keys } from './keys.js'
import { envName, type Leaf } from './leaf.js'
import { readDotEnv, readEnvironment, readFileSource, type Environment, type Source } from './sources.js'

export interface LoadOptions {
  /** `tool` is for commands beside a server: what only a start needs, such as a secret, may be missing. */
  readonly mode: 'dev' | 'serve' | 'tool'
  readonly env: Environment
  readonly cwd: string
  /** Values from the command line, by path: stronger than every other source. */
  readonly flags?: Readonly<Record<string, unknown>>
}

/** What a key is, and who said so. */
export interface Setting {
  readonly path: string
  readonly env: string
  readonly value: unknown
  readonly source: string
  readonly secret: boolean
}

export interface LoadedConfig {
  readonly config: Config
  readonly settings: readonly Setting[]
  /** Sentences to be said at every start. */
  readonly warnings: readonly string[]
}

const leaves: readonly Leaf<unknown>[] = Object.values(keys)

const masked = (leaf: Leaf<unknown>, value: unknown): string => (leaf.secret ? '(secret)' : JSON.stringify(value) ?? 'undefined').slice(0, 100)

/**
 * Loads the configuration: defaults < file < `.env` < environment < flags.
 *
 * @throws ConfigError that lists every problem with key, source, value, what is allowed, and what may have been meant.
 */
export const loadConfig = async ({ mode, env, cwd, flags = {} }: LoadOptions): Promise<LoadedConfig> => {
  const problems: Problem[] = []
  const warnings: string[] = []
  const settings: Setting[] = []
  const file = await readFileSource(cwd, leaves, problems)
  const dotEnv = await readEnvironment('.env', await readDotEnv(cwd, problems), leaves, problems)
  const environment = await readEnvironment('environment', env, leaves, problems)
  const commandLine: Source = { name: 'flag', values: new Map(Object.entries(flags).filter(([, value]) => value !== undefined)), names: new Map() }
  const sources = [commandLine, environment, dotEnv, ...(file ? [file] : [])]

  const take = <T>(leaf: Leaf<T>): T => {
    const source = sources.find(({ values }) => values.has(leaf.path))
    const raw = source?.values.get(leaf.path)
    const parsed = source === undefined ? undefined : leaf.schema.safeParse(raw)
    if (parsed !== undefined && !parsed.success)
      problems.push({
        key: source?.names.get(leaf.path) ?? leaf.path,
        source: source?.name ?? 'default',
        value: masked(leaf, raw),
        allowed: `must be ${leaf.allowed}${whereOf(parsed.error.issues[0])}`,
        didYouMean: originHint(leaf, raw),
      })
    const value = parsed?.success === true ? parsed.data : leaf.fallback
    settings.push({ path: leaf.path, env: envName(leaf.path), value: leaf.secret && value !== undefined ? '(secret)' : value, source: source?.name ?? 'default', secret: leaf.secret })
    return value
  }
  const problem = (key: string, allowed: string): void => {
    const source = sources.find(({ values }) => values.has(key))
    const named = source?.names.get(key) ?? key
    problems.push({ key: named, source: source?.name ?? 'default', value: undefined, allowed, didYouMean: undefined })
  }

  const dataDir = resolve(cwd, take(keys.dataDir))
  const storageUrl = take(keys.storageUrl)
  const publicUrl = take(keys.publicUrl)
  const origins = take(keys.origins)
  const usersUrl = take(keys.usersUrl)
  const usersQuery = take(keys.usersQuery)
  if ((usersUrl === undefined) !== (usersQuery === undefined)) problem('users.url', 'users.url and users.query go together')

  const config: Config = {
    listen: { host: take(keys.listenHost), port: take(keys.listenPort) },
    internal: { host: take(keys.internalHost), port: take(keys.internalPort) },
    publicUrl,
    hosts: take(keys.hosts),
    dataDir,
    storage: { path: storageUrl === undefined ? join(dataDir, 'sallyport.db') : resolve(cwd, storageUrl.slice('file:'.length)) },
    tokens: {
      issuers: takeIssuers(take, mode, problem),
      clockToleranceMs: take(keys.tokensClockToleranceMs),
      graceMs: take(keys.tokensGraceMs),
    },
    users: usersUrl === undefined || usersQuery === undefined ? undefined : { url: usersUrl, query: usersQuery },
    carriers: take(keys.carriers),
    origins: origins ?? (publicUrl === undefined ? undefined : [new URL(publicUrl).origin]),
    requireOrigin: take(keys.requireOrigin),
    trustedProxies: take(keys.trustedProxies),
    forwarding: take(keys.forwarding),
    refusals: take(keys.refusals),
    limits: {
      userConnects: { max: take(keys.userConnectsMax), windowMs: take(keys.userConnectsWindowMs) },
      addressConnects: { max: take(keys.addressConnectsMax), windowMs: take(keys.addressConnectsWindowMs) },
      messages: { max: take(keys.messagesMax), windowMs: take(keys.messagesWindowMs) },
      userSockets: take(keys.userSockets),
      addressSockets: take(keys.addressSockets),
      nodeSockets: take(keys.nodeSockets),
      frameBytes: take(keys.frameBytes),
      addressBudget: { capacity: take(keys.addressBudgetCapacity), refillPerSecond: take(keys.addressBudgetRefill) },
    },
    bans: {
      ladder: { mode: take(keys.ladderMode), failures: take(keys.ladderFailures), windowMs: take(keys.ladderWindowMs), hours: take(keys.ladderHours) },
      allow: take(keys.bansAllow),
    },
    development: { user: take(keys.developmentUser) },
    // Development is watched by a person, who came to see why something was refused.
    log:
      mode === 'dev'
        ? { level: take({ ...keys.logLevel, fallback: 'debug' }), format: take({ ...keys.logFormat, fallback: 'pretty' }) }
        : { level: take(keys.logLevel), format: take(keys.logFormat) },
    classic: { closeCodes: take(keys.classicCloseCodes), greeting: take(keys.classicGreeting) },
  }

  checkTogether(config, mode, env, problem, warnings)
  if (problems.length > 0) throw new ConfigError(problems)
  return { config, settings, warnings }
}

/** Where inside a list or object the fault lies, for values that hold several. */
const whereOf = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string =>
  issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.map(String).join('.')}: ${issue.message})`

/** An origin with a path or a slash behind it is the commonest slip. */
const originHint = (leaf: Leaf<unknown>, raw: unknown): string | undefined => {
  if (leaf.path !== 'origins' || !Array.isArray(raw)) return undefined
  for (const value of raw) if (typeof value === 'string' && URL.canParse(value) && new URL(value).origin !== value) return new URL(value).origin
  return undefined
}

const takeIssuers = (
  take: <T>(leaf: Leaf<T>) => T,
  mode: LoadOptions['mode'],
  problem: (key: string, allowed: string) => void,
): readonly IssuerConfig[] => {
  const issuers = take(keys.tokensIssuers)
  const profile = take(keys.tokensProfile)
  const algorithms = take(keys.tokensAlgorithms)
  const secret = take(keys.tokensSecret)
  const tokenKeys = take(keys.tokensKeys)
  const issuer = take(keys.tokensIssuer)
  const audience = take(keys.tokensAudience)
  const allowShortSecretUntil = take(keys.tokensAllowShortSecretUntil)
  const lifetimeMs = take(keys.tokensLifetimeMs)
  const flat = secret !== undefined || tokenKeys !== undefined
  if (issuers !== undefined) {
    if (flat) problem('tokens.issuers', 'tokens.issuers and the flat tokens.secret or tokens.keys exclude each other')
    return issuers
  }
  if (!flat) {
    if (mode === 'serve') problem('tokens.secret', 'no secret, keys or issuers: make one with `sallyport secret` and set SALLYPORT_TOKENS_SECRET')
    return []
  }
  if (algorithms === undefined && secret === undefined) {
    problem('tokens.algorithms', 'must name the algorithms of tokens.keys')
    return []
  }
  return [
    {
      profile,
      algorithms: algorithms ?? ['HS512'],
      secret,
      keys: tokenKeys,
      issuer,
      audience,
      ...(profile === 'classic' ? { allowShortSecretUntil, lifetimeMs } : {}),
    },
  ]
}

const loopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

const checkTogether = (
  config: Config,
  mode: LoadOptions['mode'],
  env: Environment,
  problem: (key: string, allowed: string) => void,
  warnings: string[],
): void => {
  const production = env['NODE_ENV'] === 'production'
  if (mode === 'dev') {
    if (production) problem('NODE_ENV', 'development mode refuses to start with NODE_ENV=production: use `sallyport serve`')
    if (!loopback(config.listen.host)) problem('listen.host', 'development mode binds loopback only: 127.0.0.1, ::1 or localhost')
  } else if (mode === 'serve' && config.development.user !== undefined) problem('development.user', 'only development mode has a user that stands in')
  if (!loopback(config.internal.host)) warnings.push(`internal.host ${config.internal.host} is reachable from other machines; the operator key is all that guards it`)
  if (config.listen.port !== 0 && config.listen.port === config.internal.port) problem('internal.port', 'must differ from listen.port')
  for (const proxy of config.trustedProxies)
    if (proxy === '0.0.0.0/0' || proxy === '::/0') warnings.push(`trustedProxies ${proxy} believes the forwarding header of everybody`)
  if (env['REDIS_URL'] !== undefined) warnings.push('REDIS_URL is set, but this version keeps limits in memory')
  if (env['DATABASE_URL'] !== undefined) warnings.push('DATABASE_URL is set, but this version keeps its records in SQLite (storage.url)')
}
