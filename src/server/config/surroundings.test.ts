import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, type Problem } from './config-error.js'
import { loadConfig, type LoadOptions } from './load-config.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'surroundings-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const load = async (options: Partial<LoadOptions>, files: Readonly<Record<string, string>> = {}) => {
  const cwd = await mkdtemp(join(root, 'case-'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(cwd, name), content)
  return loadConfig({ mode: 'tool', env: {}, cwd, ...options })
}
const fault = async (...args: Parameters<typeof load>): Promise<ConfigError> => {
  const error: unknown = await load(...args).catch((reason: unknown) => reason)
  if (error instanceof ConfigError) return error
  throw new Error('there was no ConfigError', { cause: error })
}
const only = async (...args: Parameters<typeof load>): Promise<Problem | undefined> => {
  const { problems } = await fault(...args)
  expect(problems).toHaveLength(1)
  return problems[0]
}

test('bytes of a user in the window are at least those of the largest message', async () => {
  expect(await only({ env: { SALLYPORT_LIMITS_USER_BYTES_MAX: '65535' } })).toMatchObject({
    key: 'SALLYPORT_LIMITS_USER_BYTES_MAX',
    allowed: 'must be at least limits.frameBytes, or the largest message could never be sent',
  })
})

describe('names that other programs set', () => {
  test('a HOST that is the name of the machine is left out and said, not fatal', async () => {
    const { config, warnings } = await load({ env: { HOST: 'build-7.local' } })
    expect(config.listen.host).toBe('127.0.0.1')
    expect(warnings).toEqual([expect.stringContaining('HOST is left out')])
  })

  test('a HOST beyond loopback is left out in development', async () => {
    expect((await load({ mode: 'dev', env: { HOST: '0.0.0.0' } })).config.listen.host).toBe('127.0.0.1')
    expect((await load({ env: { HOST: '0.0.0.0' } })).config.listen.host).toBe('0.0.0.0')
  })

  test.for([['INFO', 'info', 0], ['Warning', 'warn', 0], ['trace', 'info', 1]] as const)('LOG_LEVEL=%s is level %s', async ([text, level, warned]) => {
    const { config, warnings } = await load({ env: { LOG_LEVEL: text } })
    expect(config.log.level).toBe(level)
    expect(warnings).toHaveLength(warned)
  })

  test('a DATABASE_URL is taken when it names a file, and left out when it does not', async () => {
    const taken = await load({ env: { DATABASE_URL: 'file:/var/lib/chat.db' } })
    expect([taken.config.storage.path, taken.warnings]).toEqual(['/var/lib/chat.db', []])
    const left = await load({ env: { DATABASE_URL: 'postgres://u:secret@db.example/chat' } })
    expect(left.config.storage.path).toMatch(/sallyport\.db$/)
    expect(left.warnings.join()).not.toContain('secret')
  })

  test('any of ours beats them, even one in .env against one in the environment', async () => {
    const { config } = await load({ env: { PORT: '5000', HOST: 'build-7.local' } }, { '.env': 'SALLYPORT_LISTEN_PORT=6000\nSALLYPORT_LISTEN_HOST=::1\n' })
    expect(config.listen).toMatchObject({ host: '::1', port: 6000 })
  })

  test('they beat the file, as the environment does', async () => {
    expect((await load({ env: { PORT: '5000' } }, { 'sallyport.config.json': '{"listen":{"port":1}}' })).config.listen.port).toBe(5000)
  })

  test('service links of Kubernetes stop no start and are said once', async () => {
    const { config, warnings } = await load({ env: { SALLYPORT_INTERNAL_PORT: 'tcp://10.0.0.1:4480', SALLYPORT_INTERNAL_SERVICE_HOST: '10.0.0.1' } })
    expect(config.internal.port).toBe(4480)
    expect(warnings).toEqual([expect.stringContaining('Kubernetes')])
  })
})

describe('files', () => {
  test('an object that holds itself is a problem', async () => {
    const problem = await only({}, { 'sallyport.config.mjs': 'const a = {}; a.a = a; export default a' })
    expect(problem?.source).toBe('sallyport.config.mjs')
  })

  test('two files are a problem that names both', async () => {
    const { message } = await fault({}, { 'sallyport.config.json': '{}', 'sallyport.config.mjs': 'export default {}' })
    expect(message).toContain('sallyport.config.mjs (file): and sallyport.config.json are both there')
  })

  test('a TypeScript file either loads or says which Node loads it', async () => {
    const cwd = await mkdtemp(join(root, 'case-'))
    await writeFile(join(cwd, 'sallyport.config.ts'), 'export default { listen: { port: 5001 as number } }')
    // The test runner reads TypeScript everywhere; a user's Node may not.
    const script = `
      import { loadConfig } from ${JSON.stringify(new URL('load-config.js', import.meta.url).href)}
      console.log(await loadConfig({ mode: 'tool', env: {}, cwd: process.cwd() }).then(({ config }) => config.listen.port, ({ message }) => message))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd })
    if (Reflect.get(process.features, 'typescript') === 'strip') expect(stdout).toBe('5001\n')
    else expect(stdout).toMatch(/sallyport\.config\.ts .*Node 22\.18/)
  })

  test('a wrong value in .env is named with its line', async () => {
    const { message, problems } = await fault({}, { '.env': '# ours\n\nexport SALLYPORT_LISTEN_PORT = x\nSALLYPORT_HOTS=a\n' })
    expect(problems.map(({ key, line }) => [key, line])).toEqual([['SALLYPORT_HOTS', 4], ['SALLYPORT_LISTEN_PORT', 3]])
    expect(message).toContain('SALLYPORT_LISTEN_PORT (.env line 3) is "x"')
  })

  test.each(['SALLYPORT_REQUIRE_ORIGIN true', '  export SALLYPORT_REFUSALS', 'SALLYPORT_HOSTS: a.example'])('a line of .env without "=" is a problem: %s', async (line) => {
    for (const next of ['SALLYPORT_REFUSALS=http\n', 'B=2\n', '']) {
      const problem = await only({}, { '.env': `A=1\n${line}\n${next}` })
      expect(problem).toMatchObject({ key: '.env', line: 2 })
    }
  })

  test('of a secret in a file only the last line break is no part of it', async () => {
    const path = join(root, 'spaced')
    await writeFile(path, `${'s'.repeat(40)} \r\n`)
    const { config } = await load({ env: { SALLYPORT_TOKENS_SECRET_FILE: path } })
    expect(config.tokens.issuers[0]?.secret).toBe(`${'s'.repeat(40)} `)
  })
})

describe('the command line', () => {
  test('is read as the environment is, and a value that is no text stands for itself', async () => {
    const { config } = await load({ flags: { 'listen.port': '5001', hosts: 'a.example,b.example', requireOrigin: true } })
    expect(config).toMatchObject({ listen: { port: 5001 }, hosts: ['a.example', 'b.example'], requireOrigin: true })
  })

  test('takes no key that does not exist', async () => {
    expect(await only({ flags: { 'listen.prot': 1 } })).toMatchObject({ source: 'flag', didYouMean: 'listen.port' })
  })

  test('takes no secret', async () => {
    const { message } = await fault({ flags: { 'tokens.secret': 'do-not-show-me' } })
    expect(message).toContain('tokens.secret (flag)')
    expect(message).not.toContain('do-not-show-me')
  })
})

describe('values', () => {
  test('nothing is no list: an empty one is written []', async () => {
    expect((await only({ env: { SALLYPORT_ORIGINS: '' } }))?.key).toBe('SALLYPORT_ORIGINS')
    expect((await load({ env: { SALLYPORT_ORIGINS: '[]' } })).config.origins).toEqual([])
  })

  test('hosts are compared in lower case', async () => {
    expect((await load({ env: { SALLYPORT_HOSTS: 'Chat.Example:8443' } })).config.hosts).toEqual(['chat.example:8443'])
  })

  test.for(['SELECT id, active FROM users LIMIT 1', 'SELECT id FROM users WHERE id = $1 AND tenant = $2', 'SELECT id FROM users WHERE id = $10'])(
    '"%s" would not find the one user who was asked for',
    async (query) => {
      const problem = await only({ env: { SALLYPORT_USERS_URL: 'postgres://db.example/accounts', SALLYPORT_USERS_QUERY: query } })
      expect(problem?.key).toBe('SALLYPORT_USERS_QUERY')
    },
  )

  test('a password in an address is not shown, even where no secret belongs', async () => {
    for (const name of ['SALLYPORT_STORAGE_URL', 'SALLYPORT_PUBLIC_URL', 'SALLYPORT_ORIGINS']) {
      expect((await fault({ env: { [name]: 'mysql://root:do-not/show@me@db.example/chat' } })).message).not.toMatch(/do-not|show|root/)
    }
  })

  test('neither names nor values can steer the terminal that shows them', async () => {
    const { message } = await fault({ env: { ['SALLYPORT_A\u001b[2J\nB']: 'x', SALLYPORT_REFUSALS: '\u009b2J\u202e' } })
    expect(message.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(message.split('\n')).toHaveLength(3)
  })

  test.for(['4294967296', '64kb', '-1', '0', 'NaN', '1e6', '0x10000', ' '])('a frame size of "%s" is refused with its range', async (text) => {
    expect((await only({ env: { SALLYPORT_LIMITS_FRAME_BYTES: text } }))?.allowed).toContain('from 1024 to 16777216')
  })
})

describe('the result', () => {
  test('can not be changed', async () => {
    const { config } = await load({ env: { SALLYPORT_ORIGINS: 'https://app.example' } })
    expect([config, config.limits.userConnects, config.origins, config.tokens.issuers].every((part) => Object.isFrozen(part))).toBe(true)
  })

  test('logs in the classic words where the classic development mode is chosen, unless told otherwise', async () => {
    const format = async (options: Partial<LoadOptions>) => (await load(options)).config.log.format
    const standIn = { 'development.user': 'agent@example.com' }
    expect(await format({ mode: 'dev', flags: standIn })).toBe('classic')
    expect(await format({ mode: 'dev', flags: standIn, env: { SALLYPORT_LOG_FORMAT: 'json' } })).toBe('json')
    expect(await format({ mode: 'dev' })).toBe('pretty')
    expect(await format({})).toBe('json')
  })
})
