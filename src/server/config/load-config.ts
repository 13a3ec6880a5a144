import { join, resolve } from 'node:path'
import { readAliases } from './aliases.js'
import { checkTogether } from './check-together.js'
import { ConfigError, type Problem } from './config-error.js'
import type { Config } from './config.js'
import { deepFreeze } from './deep-freeze.js'
import { exactOrigin } from './exact-origin.js'
import { keys } from './keys.js'
import { envName, type Leaf } from './leaf.js'
import { nearest } from './nearest.js'
import { readFlags } from './read-flags.js'
import { serviceLinks } from './service-links.js'
import { readDotEnv, readEnvironment, readFileSource, type Environment, type Source } from './sources.js'
import { checkIssuers, takeIssuers, withParties } from './take-issuers.js'

export interface LoadOptions {
  /** `tool` is for commands beside a server: what only a start needs, such as a secret, may be missing. */
  readonly mode: 'dev' | 'serve' | 'tool'
  readonly env: Environment
  readonly cwd: string
  /** Values from the command line, by path: stronger than every other source. Text is read as in the environment; secrets are refused. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** A file whose keys are stronger than every other source but flags, for questions that begin with "what if". */
  readonly over?: string
  /** Epoch milliseconds that count as now (default `Date.now()`), for `tokens.allowShortSecretUntil`. */
  readonly at?: number
}

/** What a key is, and who said so. */
export interface Setting {
  /** Its path, such as `listen.port`. */
  readonly path: string
  /** Its one variable, such as `SALLYPORT_LISTEN_PORT`. */
  readonly env: string
  /** As it is in force; `(secret)` for a secret that is set. */
  readonly value: unknown
  /** Who said so: `default`, the name of a file, `.env`, `environment` or `flag`. */
  readonly source: string
  /** Whether the value is never shown. */
  readonly secret: boolean
}

/** What `loadConfig` answers. */
export interface LoadedConfig {
  /** Every key with its value, frozen. */
  readonly config: Config
  /** Every key with where its value came from, in the order of .env.example. */
  readonly settings: readonly Setting[]
  /** Sentences to be said at every start. */
  readonly warnings: readonly string[]
  /** Files that hold the keys of tokens, for whoever watches them. */
  readonly keyFiles: readonly string[]
}

const leaves: readonly Leaf<unknown>[] = Object.values(keys)

/** A value as it may be shown: never a secret, nor the user and password of an address. */
const masked = (leaf: Leaf<unknown>, value: unknown): string =>
  leaf.secret ? '(secret)' : (JSON.stringify(value) ?? 'undefined').replaceAll(/\/\/[^"\s]*@/g, '//(secret)@').slice(0, 100)

/**
 * Loads the configuration: defaults < file < `.env` < environment < flags.
 *
 * Reads the files of `cwd` and those that the environment names.
 *
 * @throws ConfigError that lists every problem with key, source, value, what is allowed, and what may have been meant.
 * @example
 * const { config } = await loadConfig({ mode: 'serve', env: process.env, cwd: process.cwd() })
 * console.log(config.listen.port)
 */
export const loadConfig = async ({ mode, env, cwd, flags = {}, over, at = Date.now() }: LoadOptions): Promise<LoadedConfig> => {
  const problems: Problem[] = []
  const warnings = new Set<string>()
  const settings: Setting[] = []
  const file = await readFileSource(cwd, leaves, problems)
  const overlay = over === undefined ? undefined : await readFileSource(cwd, leaves, problems, over)
  const { env: dotEnvironment, lineOf } = await readDotEnv(cwd, problems)
  const dotEnv = await readEnvironment('.env', dotEnvironment, leaves, problems)
  const environment = await readEnvironment('environment', env, leaves, problems)
  const ours = [readFlags(flags, leaves, problems), ...(overlay ? [overlay] : []), environment, dotEnv]
  const isSet = (path: string): boolean => ours.some(({ values }) => values.has(path))
  const listed = isSet(keys.tokensAllowListPrefix.path) || file?.values.has(keys.tokensAllowListPrefix.path) === true
  const aliases = [
    readAliases('environment', env, mode === 'dev', listed, isSet, warnings),
    readAliases('.env', dotEnvironment, mode === 'dev', listed, isSet, warnings),
  ]
  const sources = [...ours, ...aliases, ...(file ? [file] : [])]
  const [link] = serviceLinks({ ...dotEnvironment, ...env })
  if (link !== undefined) warnings.add(`${link} and others like it are service links of Kubernetes and are left out; enableServiceLinks: false keeps them away`)

  const unreadable = new Set<string>()
  const take = <T>(leaf: Leaf<T>): T => {
    const source = sources.find(({ values }) => values.has(leaf.path))
    const raw = source?.values.get(leaf.path)
    const parsed = source === undefined ? undefined : leaf.schema.safeParse(raw)
    if (parsed !== undefined && !parsed.success) {
      unreadable.add(leaf.path)
      problems.push({
        key: source?.names.get(leaf.path) ?? leaf.path,
        source: source?.name ?? 'default',
        value: masked(leaf, raw),
        allowed: `must be ${leaf.allowed}${whereOf(parsed.error.issues[0])}`,
        didYouMean: originHint(leaf, raw) ?? choiceHint(leaf, raw),
      })
    }
    const value = parsed?.success === true ? parsed.data : leaf.fallback
    settings.push({ path: leaf.path, env: envName(leaf.path), value: leaf.secret && value !== undefined ? '(secret)' : value, source: source?.name ?? 'default', secret: leaf.secret })
    return value
  }
  const problem = (key: string, allowed: string): void => {
    const source = sources.find(({ values }) => values.has(key))
    const named = source?.names.get(key) ?? key
    // What is wrong by itself is looked at together with others when it is mended.
    if (unreadable.has(key)) return
    const leaf = leaves.find(({ path }) => path === key)
    const set = source?.values.get(key) ?? leaf?.fallback
    // `NODE_ENV` is no key of ours, and yet somebody has set it.
    const place = source?.name ?? (env[key] !== undefined ? 'environment' : dotEnvironment[key] !== undefined ? '.env' : 'default')
    problems.push({ key: named, source: place, value: leaf === undefined || set === undefined ? undefined : masked(leaf, set), allowed, didYouMean: undefined })
  }

  const given = (path: string): boolean => sources.some(({ values }) => values.has(path))

  const dataDir = resolve(cwd, take(keys.dataDir))
  const storageUrl = take(keys.storageUrl)
  const publicUrl = take(keys.publicUrl)
  const origins = take(keys.origins) ?? (publicUrl === undefined ? undefined : [new URL(publicUrl).origin])
  const usersUrl = take(keys.usersUrl)
  const usersQuery = take(keys.usersQuery)
  if (given('users.url') !== given('users.query')) problem('users.url', 'users.url and users.query go together')
  const standIn = take(keys.developmentUser)
  const endpointMax = take(keys.endpointConnectsMax)
  const endpointWindowMs = take(keys.endpointConnectsWindowMs)

  const config: Config = {
    listen: { host: take(keys.listenHost), port: take(keys.listenPort), fastLane: take(keys.listenFastLane) },
    internal: {
      host: take(keys.internalHost),
      port: take(keys.internalPort),
      operatorBudget: { capacity: take(keys.operatorBudgetCapacity), refillPerSecond: take(keys.operatorBudgetRefill) },
    },
    operatorKey: take(keys.operatorKey),
    publicUrl,
    hosts: take(keys.hosts),
    dataDir,
    storage: { path: storageUrl === undefined ? join(dataDir, 'sallyport.db') : resolve(cwd, storageUrl.slice('file:'.length)) },
    tokens: {
      issuers: withParties(takeIssuers({ take, given, problem }, mode === 'serve'), origins),
      clockToleranceMs: take(keys.tokensClockToleranceMs),
      graceMs: take(keys.tokensGraceMs),
    },
    login: {
      enabled: take(keys.loginEnabled),
      accessMs: take(keys.loginAccessMs),
      idleMs: take(keys.loginIdleMs),
      lifetimeMs: take(keys.loginLifetimeMs),
      addressBudget: { capacity: take(keys.loginAddressCapacity), refillPerSecond: take(keys.loginAddressRefill) },
      accountBudget: { capacity: take(keys.loginAccountCapacity), refillPerSecond: take(keys.loginAccountRefill) },
    },
    users: usersUrl === undefined || usersQuery === undefined ? undefined : { url: usersUrl, query: usersQuery },
    redis: { url: take(keys.redisUrl) },
    carriers: take(keys.carriers),
    cookieName: take(keys.cookieName),
    origins,
    requireOrigin: take(keys.requireOrigin),
    trustedProxies: take(keys.trustedProxies),
    forwarding: take(keys.forwarding),
    refusals: take(keys.refusals),
    limits: {
      userConnects: { max: take(keys.userConnectsMax), windowMs: take(keys.userConnectsWindowMs) },
      addressConnects: { max: take(keys.addressConnectsMax), windowMs: take(keys.addressConnectsWindowMs) },
      endpointConnects: endpointMax === undefined ? undefined : { max: endpointMax, windowMs: endpointWindowMs },
      messages: { max: take(keys.messagesMax), windowMs: take(keys.messagesWindowMs) },
      sessionFrames: { max: take(keys.sessionFramesMax), windowMs: take(keys.sessionFramesWindowMs) },
      userBytes: { max: take(keys.userBytesMax), windowMs: take(keys.userBytesWindowMs) },
      inbound: { max: take(keys.inboundMax), windowMs: take(keys.inboundWindowMs) },
      userSockets: take(keys.userSockets),
      addressSockets: take(keys.addressSockets),
      nodeSockets: take(keys.nodeSockets),
      frameBytes: take(keys.frameBytes),
      addressBudget: { capacity: take(keys.addressBudgetCapacity), refillPerSecond: take(keys.addressBudgetRefill) },
    },
    capacity: { maxLoopDelayMs: take(keys.capacityMaxLoopDelayMs), maxInFlight: take(keys.capacityMaxInFlight) },
    dryRun: take(keys.dryRun),
    connectors: {
      sources: take(keys.connectorsSources),
      toleranceMs: take(keys.connectorsToleranceMs),
      outbound: { timeoutMs: take(keys.outboundTimeoutMs), giveUpMs: take(keys.outboundGiveUpMs), parallel: take(keys.outboundParallel) },
    },
    bans: {
      ladder: { mode: take(keys.ladderMode), failures: take(keys.ladderFailures), windowMs: take(keys.ladderWindowMs), hours: take(keys.ladderHours) },
      allow: take(keys.bansAllow),
    },
    development: { user: standIn },
    // Development is watched by a person, who came to see why something was refused; the classic development mode says it in the classic words.
    log:
      mode === 'dev'
        ? { level: take({ ...keys.logLevel, fallback: 'debug' }), format: take({ ...keys.logFormat, fallback: standIn === undefined ? 'pretty' : 'classic' }) }
        : { level: take(keys.logLevel), format: take(keys.logFormat) },
    classic: { closeCodes: take(keys.classicCloseCodes), greeting: take(keys.classicGreeting) },
  }

  checkTogether(config, mode, env['NODE_ENV'] ?? dotEnvironment['NODE_ENV'], problem, warnings)
  // A command that starts nothing needs no keys, and should not wait for them.
  if (mode !== 'tool') await checkIssuers(config.tokens.issuers, !given(keys.tokensIssuers.path), at, problem)
  if (problems.length > 0) throw new ConfigError(problems.map((one) => (one.source === '.env' ? withLine(one, lineOf(one.key)) : one)))
  return { config: deepFreeze(config), settings, warnings: [...warnings], keyFiles: keyFilesOf(sources) }
}

/** Files behind the keys of tokens, each from the strongest source that names the key. */
const keyFilesOf = (sources: readonly Source[]): readonly string[] =>
  [keys.tokensSecret, keys.tokensKeys, keys.tokensIssuers].flatMap(({ path }) => sources.find(({ values }) => values.has(path))?.files?.get(path) ?? [])

const withLine = (problem: Problem, line: number | undefined): Problem => (line === undefined ? problem : { ...problem, line })

/** Where inside a list or object the fault lies, for values that hold several. */
const whereOf = (issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): string =>
  issue === undefined || issue.path.length === 0 ? '' : ` (${issue.path.map(String).join('.')}: ${issue.message})`

/** The origin that was meant is mostly easy to tell: a slash or path behind it, upper case, `wss:`, a default port. */
const originHint = (leaf: Leaf<unknown>, raw: unknown): string | undefined => {
  if (leaf.path !== 'origins' || !Array.isArray(raw)) return undefined
  const wrong: unknown = raw.find((value: unknown) => typeof value === 'string' && exactOrigin(value) !== value)
  return typeof wrong === 'string' ? exactOrigin(wrong) : undefined
}

/** The word that was meant, where one of a few must stand. */
const choiceHint = ({ choices, fallback }: Leaf<unknown>, raw: unknown): string | undefined => {
  if (choices === undefined) return undefined
  const words: readonly unknown[] = Array.isArray(raw) && Array.isArray(fallback ?? []) ? raw : [raw]
  const wrong = words.find((word) => typeof word === 'string' && !choices.includes(word))
  return typeof wrong === 'string' ? nearest(wrong, choices, 1) : undefined
}
