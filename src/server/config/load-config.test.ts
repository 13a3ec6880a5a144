import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError } from './config-error.js'
import { keys } from './keys.js'
import { envName, type Leaf } from './leaf.js'
import { loadConfig, type LoadOptions } from './load-config.js'

const secret = 'a sentence of more than sixty-four bytes that nobody else would ever write down'
const leaves: readonly Leaf<unknown>[] = Object.values(keys)

let root: string
let empty: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'config-'))
  empty = join(root, 'empty')
  await mkdir(empty)
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** A new folder with these files. */
const folder = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const path = await mkdtemp(join(root, 'case-'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content)
  return path
}

const load = (options: Partial<LoadOptions> = {}) => loadConfig({ mode: 'tool', env: {}, cwd: empty, ...options })

const fault = async (options: Partial<LoadOptions>): Promise<ConfigError> => {
  const error: unknown = await load(options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ConfigError) return error
  throw new Error('there was no ConfigError', { cause: error })
}

const wrong: readonly (readonly [path: string, text: string])[] = [
  ['listen.host', 'everywhere'],
  ['listen.port', '65536'],
  ['listen.port', 'http'],
  ['listen.port', '-1'],
  ['internal.host', '127.0.0.1:80'],
  ['internal.port', '44.8'],
  ['publicUrl', 'ftp://chat.example'],
  ['publicUrl', 'chat.example'],
  ['hosts', 'https://chat.example'],
  ['hosts', 'chat.example,'],
  ['dataDir', ''],
  ['storage.url', 'postgres://db.example/chat'],
  ['tokens.profile', 'jwt'],
  ['tokens.algorithms', 'none'],
  ['tokens.algorithms', 'HS512,HS999'],
  ['tokens.lifetimeMs', '999'],
  ['tokens.clockToleranceMs', '300001'],
  ['tokens.graceMs', '1h'],
  ['carriers', 'pigeon'],
  ['cookieName', 'a b'],
  ['carriers', ''],
  ['origins', 'https://app.example/'],
  ['origins', '*'],
  ['origins', 'https://*.example'],
  ['requireOrigin', 'yes'],
  ['trustedProxies', '10.0.0.0/33'],
  ['trustedProxies', 'proxy.example'],
  ['forwarding', 'x-client-ip'],
  ['refusals', 'never'],
  ['limits.userConnects.max', '0'],
  ['limits.userConnects.windowMs', '99'],
  ['limits.addressConnects.max', '1e3'],
  ['limits.addressConnects.windowMs', '60s'],
  ['limits.messages.max', '1.5'],
  ['limits.sessionFrames.max', '0'],
  ['limits.userBytes.max', '1023'],
  ['limits.userSockets', 'Infinity'],
  ['limits.addressSockets', ''],
  ['limits.nodeSockets', '0x10'],
  ['limits.frameBytes', '1023'],
  ['limits.addressBudget.capacity', '9'],
  ['limits.addressBudget.refillPerSecond', '0'],
  ['bans.ladder.mode', 'sometimes'],
  ['bans.ladder.failures', '0'],
  ['bans.ladder.hours', '721'],
  ['bans.allow', '1.2.3'],
  ['log.level', 'trace'],
  ['log.format', 'xml'],
  ['classic.closeCodes', 'v3'],
  ['classic.greeting', 'on'],
]

test.for(wrong)('%s does not take "%s", and the problem says key, source, value and what is allowed', async ([path, text]) => {
  const leaf = leaves.find((candidate) => candidate.path === path)
  const error = await fault({ env: { [envName(path)]: text } })
  expect(error.problems).toHaveLength(1)
  const [problem] = error.problems
  expect(problem).toMatchObject({ key: envName(path), source: 'environment', allowed: expect.stringContaining(`must be ${leaf?.allowed ?? 'known'}`) })
  for (const part of text.split(',')) expect(problem?.value).toContain(part)
  for (const part of [envName(path), 'environment', problem?.value, leaf?.allowed]) expect(error.message).toContain(part)
})

test('all problems are said at once, whatever source they come from', async () => {
  const cwd = await folder({ 'sallyport.config.json': '{"limits":{"userSockets":"many"},"lisen":{"port":1}}', '.env': 'SALLYPORT_LOG_LEVEL=loud\n' })
  const { problems, message } = await fault({ cwd, env: { SALLYPORT_REFUSALS: 'never', SALLYPORT_HOTS: 'x' }, flags: { 'listen.port': -1 } })
  expect(problems.map(({ key, source }) => `${source}: ${key}`).toSorted()).toEqual([
    '.env: SALLYPORT_LOG_LEVEL',
    'environment: SALLYPORT_HOTS',
    'environment: SALLYPORT_REFUSALS',
    'flag: listen.port',
    'sallyport.config.json: limits.userSockets',
    'sallyport.config.json: lisen.port',
  ])
  expect(message).toMatch(/^The configuration has 6 problems:\n/)
  expect(message.split('\n')).toHaveLength(7)
})

test('a mistyped key or variable is answered with the one that was meant', async () => {
  const cwd = await folder({ 'sallyport.config.json': '{"listen":{"prot":4400}}' })
  const { problems, message } = await fault({ cwd, env: { SALLYPORT_TRUSTED_PROXY: '10.0.0.1', SALLYPORT_XQZ_WVUT_KJHG_BNM_QQ: '' } })
  expect(problems.map(({ key, didYouMean }) => [key, didYouMean])).toEqual([
    ['listen.prot', 'listen.port'],
    ['SALLYPORT_TRUSTED_PROXY', 'SALLYPORT_TRUSTED_PROXIES'],
    ['SALLYPORT_XQZ_WVUT_KJHG_BNM_QQ', undefined],
  ])
  expect(message).toContain('did you mean listen.port?')
})

test('[A27] cookies are taken only with a list of origins', async () => {
  const { message } = await fault({ env: { SALLYPORT_CARRIERS: 'header,cookie' } })
  expect(message).toContain('cookie needs origins')
})

test('an origin with a path is answered with the origin', async () => {
  const { problems } = await fault({ env: { SALLYPORT_ORIGINS: 'https://ok.example,https://app.example/chat' } })
  expect(problems[0]?.didYouMean).toBe('https://app.example')
})

test('each source is stronger than the one before: default, file, .env, environment, flag', async () => {
  const none = await load()
  expect(none.config.limits.userSockets).toBe(60)

  const file = await folder({ 'sallyport.config.json': '{"limits":{"userSockets":1}}' })
  const dotEnv = await folder({ 'sallyport.config.json': '{"limits":{"userSockets":1}}', '.env': 'SALLYPORT_LIMITS_USER_SOCKETS=2\n' })
  const env = { SALLYPORT_LIMITS_USER_SOCKETS: '3' }
  const read = async (options: Partial<LoadOptions>) => {
    const { config, settings } = await load(options)
    return [config.limits.userSockets, settings.find(({ path }) => path === 'limits.userSockets')?.source]
  }
  expect(await read({})).toEqual([60, 'default'])
  expect(await read({ cwd: file })).toEqual([1, 'sallyport.config.json'])
  expect(await read({ cwd: dotEnv })).toEqual([2, '.env'])
  expect(await read({ cwd: dotEnv, env })).toEqual([3, 'environment'])
  expect(await read({ cwd: dotEnv, env, flags: { 'limits.userSockets': 4 } })).toEqual([4, 'flag'])
  expect(await read({ cwd: dotEnv, env, flags: { 'limits.userSockets': undefined } })).toEqual([3, 'environment'])
})

test('names of other platforms are taken, weaker than ours and named as they were written', async () => {
  expect((await load({ env: { PORT: '5000', LOG_LEVEL: 'warn' } })).config).toMatchObject({ listen: { port: 5000 }, log: { level: 'warn' } })
  expect((await load({ env: { SALLYPORT_LISTEN_PORT: '6000', PORT: '5000' } })).config.listen.port).toBe(6000)
  expect((await fault({ env: { PORT: 'http' } })).problems[0]?.key).toBe('PORT')
  expect((await load({ env: { HOST: '::1' } })).config.listen.host).toBe('::1')
  expect((await load({ env: { HOST: 'my-machine' } })).config.listen.host).toBe('127.0.0.1')
})

test('a module may be the file, and what it leaves undefined has its default', async () => {
  const cwd = await folder({ 'sallyport.config.mjs': 'export default { listen: { port: 5001, host: undefined }, carriers: ["header"] }' })
  const { config } = await load({ cwd })
  expect(config.listen).toMatchObject({ host: '127.0.0.1', port: 5001 })
  expect(config.carriers).toEqual(['header'])
})

test.for([
  ['sallyport.config.mjs', 'export const config = {}'],
  ['sallyport.config.mjs', 'export default 5'],
  ['sallyport.config.mjs', 'export default {'],
  ['sallyport.config.json', '[]'],
  ['sallyport.config.json', `{"tokens":{"secret":"${secret}"`],
  ['sallyport.config.json', secret],
] as const)('%s with %s is a problem and no stumbling block', async ([name, content]) => {
  const error = await fault({ cwd: await folder({ [name]: content }) })
  expect(error.problems).toMatchObject([{ key: name, source: 'file' }])
  expect(error.message).not.toContain('nobody')
  expect(error.message).not.toContain(secret.slice(0, 8))
})

test('a JSON file with a mistake says where it is, and one with the mark of an editor before it is read', async () => {
  const { problems } = await fault({ cwd: await folder({ 'sallyport.config.json': '{\n  "limits": {\n    "userSockets": 5,\n  }\n}' }) })
  expect(problems.map(({ allowed }) => allowed)).toEqual(['cannot be read: its syntax is wrong at line 4, column 3'])
  const { config } = await load({ cwd: await folder({ 'sallyport.config.json': `\uFEFF{"tokens":{"secret":"${secret}"},"limits":{"userSockets":5}}` }) })
  expect(config.limits.userSockets).toBe(5)
})

test('a .env that can not be read is a problem', async () => {
  const cwd = await folder({})
  await mkdir(join(cwd, '.env'))
  expect((await fault({ cwd })).problems).toMatchObject([{ key: '.env' }])
})

test('a secret may lie in a file of its own, whose last line break is no part of it', async () => {
  const cwd = await folder({ secret: `${secret}\n` })
  const { config } = await load({ cwd, env: { SALLYPORT_TOKENS_SECRET_FILE: join(cwd, 'secret') } })
  expect(config.tokens.issuers).toMatchObject([{ secret, algorithms: ['HS512'] }])
})

test('a file for a key that is no secret, a missing one, and one beside its own variable are problems', async () => {
  const { problems } = await fault({
    env: { SALLYPORT_LISTEN_PORT_FILE: '/port', SALLYPORT_TOKENS_SECRET_FILE: join(empty, 'none'), SALLYPORT_USERS_URL: 'postgres://x', SALLYPORT_USERS_URL_FILE: '/x', SALLYPORT_USERS_QUERY: 'SELECT $1' },
  })
  expect(problems.map(({ key, allowed }) => [key, allowed])).toEqual([
    ['SALLYPORT_LISTEN_PORT_FILE', 'there is no such variable'],
    ['SALLYPORT_TOKENS_SECRET_FILE', 'must name a file that can be read'],
    ['SALLYPORT_USERS_URL_FILE', 'excludes SALLYPORT_USERS_URL'],
  ])
})

const secretCases: readonly (readonly [name: string, env: Readonly<Record<string, string>>])[] = [
  ['a secret beside issuers', { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_ISSUERS: JSON.stringify([{ profile: 'standard', algorithms: ['HS512'], secret }]) }],
  ['keys that are no JSON', { SALLYPORT_TOKENS_KEYS: `[{"secret":"${secret}"` }],
  ['keys with a field nobody knows', { SALLYPORT_TOKENS_KEYS: JSON.stringify([{ secret, kidd: 'a' }]) }],
  ['issuers with a wrong profile', { SALLYPORT_TOKENS_ISSUERS: JSON.stringify([{ profile: 'own', algorithms: ['HS512'], secret }]) }],
  ['issuers that are no JSON', { SALLYPORT_TOKENS_ISSUERS: secret }],
  ['a secret where the name of its file belongs', { SALLYPORT_TOKENS_SECRET_FILE: secret }],
  ['a database address without a query', { SALLYPORT_USERS_URL: `postgres://chat:${encodeURIComponent(secret)}@db.example` }],
]

test.for(secretCases)('no secret is quoted: %s', async ([, env]) => {
  const error = await fault({ env })
  for (const text of [error.message, error.stack ?? '', JSON.stringify(error.problems)]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(encodeURIComponent(secret))
  }
})

test('the list of settings shows every key with its source, and of a secret only that there is one', async () => {
  const issuers = JSON.stringify([{ profile: 'standard', algorithms: ['HS512'], secret }])
  const { settings } = await load({ env: { SALLYPORT_TOKENS_ISSUERS: issuers, SALLYPORT_USERS_URL: `postgres://a:${secret}@b`, SALLYPORT_USERS_QUERY: 'SELECT $1' } })
  expect(settings.map(({ path }) => path).toSorted()).toEqual(leaves.map(({ path }) => path).toSorted())
  expect(JSON.stringify(settings)).not.toContain(secret)
  expect(settings.find(({ path }) => path === 'tokens.issuers')).toMatchObject({ value: '(secret)', source: 'environment' })
})

test('what belongs together is checked together', async () => {
  const cases: readonly (readonly [Partial<LoadOptions>, string])[] = [
    [{ mode: 'serve' }, 'tokens.secret'],
    [{ mode: 'dev', env: { NODE_ENV: 'production' } }, 'NODE_ENV'],
    [{ mode: 'dev', env: { SALLYPORT_LISTEN_HOST: '0.0.0.0' } }, 'SALLYPORT_LISTEN_HOST'],
    [{ mode: 'serve', env: { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_DEVELOPMENT_USER: 'a@b.example' } }, 'SALLYPORT_DEVELOPMENT_USER'],
    [{ env: { SALLYPORT_LISTEN_PORT: '5000', SALLYPORT_INTERNAL_PORT: '5000' } }, 'SALLYPORT_INTERNAL_PORT'],
    [{ env: { SALLYPORT_USERS_QUERY: 'SELECT $1' } }, 'users.url'],
    [{ env: { SALLYPORT_TOKENS_KEYS: '[{"publicKey":"x"}]' } }, 'tokens.algorithms'],
  ]
  for (const [options, key] of cases) expect((await fault(options)).problems.map((problem) => problem.key)).toEqual([key])
})

test('E10: what is allowed but dangerous is said, such as a list of proxies that trusts everybody; one that is no list of networks is refused', async () => {
  const { warnings } = await load({ env: { SALLYPORT_INTERNAL_HOST: '0.0.0.0', SALLYPORT_TRUSTED_PROXIES: '0.0.0.0/0', REDIS_URL: 'redis://x', DATABASE_URL: `postgres://a:${secret}@b` } })
  expect(warnings).toHaveLength(4)
  expect(warnings.filter((warning) => /trustedProxies|TRUSTED_PROXIES/.test(warning))).toHaveLength(1)
  for (const value of ['true', '1', '*']) expect((await fault({ env: { SALLYPORT_TRUSTED_PROXIES: value } })).problems.map(({ key }) => key)).toEqual(['SALLYPORT_TRUSTED_PROXIES'])
  expect(warnings.join('\n')).not.toContain(secret)
  expect((await load()).warnings).toEqual([])
})

test('the address browsers use is an allowed origin unless a list says otherwise', async () => {
  expect((await load({ env: { SALLYPORT_PUBLIC_URL: 'https://chat.example/app' } })).config.origins).toEqual(['https://chat.example'])
  expect((await load({ env: { SALLYPORT_PUBLIC_URL: 'https://chat.example', SALLYPORT_ORIGINS: 'https://b.example' } })).config.origins).toEqual(['https://b.example'])
})

test('whatever the environment holds, there is a configuration or a ConfigError', async () => {
  const names = leaves.flatMap(({ path, secret: isSecret }) => (isSecret ? [envName(path), `${envName(path)}_FILE`] : [envName(path)]))
  const name = fc.oneof(fc.constantFrom(...names, 'PORT', 'HOST', 'LOG_LEVEL', 'NODE_ENV', 'REDIS_URL'), fc.string().map((text) => `SALLYPORT_${text}`))
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', ',', '0', '-1', 'true', '127.0.0.1', '::1', 'file:x', 'http://[', '[{}]', '{"__proto__":1}', 'HS512', '9'.repeat(400), '\0'),
  )
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 12 }), fc.constantFrom('dev', 'serve', 'tool'), async (env, mode) => {
      try {
        const { config, settings } = await load({ env, mode })
        expect(settings).toHaveLength(leaves.length)
        expect(config.listen.port).toBeTypeOf('number')
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        expect(error.problems.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 500 },
  )
})

test('.env of a folder is read as an environment', async () => {
  const cwd = await folder({ '.env': 'SALLYPORT_HOSTS="a.example, b.example:8080"\nSALLYPORT_REQUIRE_ORIGIN=1\nOTHER=x\n' })
  const { config } = await load({ cwd })
  expect(config).toMatchObject({ hosts: ['a.example', 'b.example:8080'], requireOrigin: true })
  expect(await readFile(join(cwd, '.env'), 'utf8')).toContain('OTHER')
})

test('B8: in production, plain ws on a public address without a declared proxy is said at the start', async () => {
  const env = { NODE_ENV: 'production', SALLYPORT_LISTEN_HOST: '0.0.0.0', SALLYPORT_TOKENS_SECRET: 'kJ8s-0dF2qLz9xVbN4mT7wRyUcHgPaEi6oXs1Ql3ZvBn5MtKrWuYhGjDfSaPoIe2Lq' }
  const start = (changes: Readonly<Record<string, string>>) => load({ mode: 'serve', env: { ...env, ...changes } })
  expect((await start({})).warnings).toEqual([expect.stringContaining('listen.host 0.0.0.0 speaks plain ws and no proxy is declared')])
  expect((await start({ SALLYPORT_TRUSTED_PROXIES: '10.0.0.1' })).warnings).toEqual([])
  expect((await start({ SALLYPORT_LISTEN_HOST: '127.0.0.1' })).warnings).toEqual([])
})

test.for([
  ['SALLYPORT_REFUSALS', 'https', 'http'],
  ['SALLYPORT_LOG_LEVEL', 'INFO', 'info'],
  ['SALLYPORT_BANS_LADDER_MODE', 'dryrun', 'dry-run'],
  ['SALLYPORT_CARRIERS', 'header,sub-protocol', 'subprotocol'],
  ['SALLYPORT_TOKENS_ALGORITHMS', 'HS-512', 'HS512'],
  ['SALLYPORT_DRY_RUN', 'origins', 'origin'],
  ['SALLYPORT_REFUSALS', 'never', undefined],
])('a mistyped word is answered with the one that was meant: %s=%s', async ([variable, text, meant]) => {
  expect((await fault({ env: { [variable ?? '']: text } })).problems).toMatchObject([{ key: variable, source: 'environment', didYouMean: meant }])
})

test('what does not belong together is said with its source and its value, never a secret', async () => {
  const { message } = await fault({ mode: 'serve', env: { SALLYPORT_LISTEN_PORT: '4480', SALLYPORT_CARRIERS: 'cookie', SALLYPORT_TOKENS_SECRET: 'hunter2' } })
  expect(message).toContain('internal.port (default) is 4480: must differ from listen.port')
  expect(message).toContain('SALLYPORT_CARRIERS (environment) is ["cookie"]: cookie needs origins')
  expect(message).toContain('SALLYPORT_TOKENS_SECRET (environment) is (secret): must be at least 64 bytes')
  expect((await fault({ mode: 'dev', env: { NODE_ENV: 'production' } })).message).toContain('NODE_ENV (environment): development mode refuses')
})

test('a name that stands twice in one object is a problem, for the first would be lost in silence', async () => {
  const twice = `{"tokens":{"secret":"${secret}"},"tokens":{"profile":"standard"}}`
  expect((await fault({ cwd: await folder({ 'sallyport.config.json': twice }) })).message).toContain('one name stands twice in one object')
  const keyTwice = `[{"kid":"a","secret":"${secret}","kid":"b"}]`
  const { message } = await fault({ env: { SALLYPORT_TOKENS_KEYS: keyTwice } })
  expect(message).toContain('SALLYPORT_TOKENS_KEYS (environment) is (secret): must be a JSON list of')
  expect(message).not.toContain(secret)
  await expect(load({ env: { SALLYPORT_TOKENS_ALGORITHMS: 'HS512', SALLYPORT_TOKENS_KEYS: keyTwice.replace('"kid":"a",', '') } })).resolves.toBeDefined()
  expect((await fault({ env: { SALLYPORT_TOKENS_KEYS: '[{"secret":"x"}],"x":1' } })).problems).toHaveLength(1)
})

test('an empty object under a name nobody knows is a problem like any other there', async () => {
  const { problems } = await fault({ cwd: await folder({ 'sallyport.config.json': '{"limts":{},"limits":{},"bans":{"ladder":{}}}' }) })
  expect(problems).toMatchObject([{ key: 'limts', allowed: 'there is no such key' }])
})
