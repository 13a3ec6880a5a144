import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { containing, freePort, jsonOf, matching, sallyport, sallyportProcess, type Folder } from './sallyport.js'

const secret = randomBytes(64).toString('base64url')
let cwd = ''
let folder: Folder = { cwd }

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sallyport-cli-'))
  folder = { cwd, env: { SALLYPORT_INTERNAL_PORT: String(await freePort()) } }
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

describe('words', () => {
  test('version, help and secret are data on stdout', async () => {
    expect(await sallyport(['version'], folder)).toMatchObject({ code: 0, stderr: '', stdout: matching(/^\d+\.\d+\.\d+\n$/) })
    expect((await sallyport(['--help'], folder)).code).toBe(0)
    expect((await sallyport(['--version'], folder)).stdout).toBe((await sallyport(['version'], folder)).stdout)
    const first = await sallyport(['secret'], folder)
    const second = await sallyport(['--json', 'secret'], folder)
    expect(first.stdout).toMatch(/^[A-Za-z0-9_-]{86}\n$/)
    expect(second.stdout).toMatch(/^\{"secret":"[A-Za-z0-9_-]{86}"\}\n$/)
    expect(second.stdout).not.toContain(first.stdout.trim())
  })

  test.skipIf(!existsSync('/dev/full'))('data that a full disk does not take is a failure, and a reader that goes away early is none', async () => {
    const into = (rest: string): Folder => ({ ...folder, under: ['/bin/sh', '-c', `"$0" "$@" ${rest}`] })
    expect(await sallyport(['secret'], into('> /dev/full'))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Cannot write all of the data to stdout: the disk is full; free some space, and run the command again\n',
    })
    expect(await sallyport(['secret'], into('| true'))).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test.each([
    ['version', ['version'], '', 0],
    ['a token on stdin', ['token', 'check', '-'], 'x.y.z', 5],
    ['nothing on stdin', ['token', 'check', '-'], '', 2],
    ['words that mean nothing', ['no-such-command'], '', 2],
    ['a server that is not there', ['info'], '', 5],
    ['help', ['ban', '--help'], '', 0],
  ])('a process of its own says and answers what the command does: %s', async (_what, words, input, code) => {
    const ended = await sallyportProcess(words, folder, input)
    expect(ended).toEqual(await sallyport(words, folder, input))
    expect(ended.code).toBe(code)
  })

  test.each([
    [[]],
    [['no-such-command']],
    [['ban', 'add']],
    [['ban', 'add', '203.0.113.7', '--user', '1']],
    [['ban', 'add', '203.0.113.7', '--hours', '0']],
    [['user', 'add']],
    [['user', 'add', '--email', 'a@example.test', '--role', 'king']],
    [['token', 'mint']],
    [['token', 'mint', '--user', '1', '--hours', '-1']],
    [['explain']],
    [['explain', 'id', '--path', '/ws/']],
    [['sessions', 'kick']],
    [['dev', '--port', '70000']],
  ])('%j is a usage error: exit code 2, words on stderr, nothing on stdout', async (words) => {
    const { code, stdout, stderr } = await sallyport(words, folder)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test.each([
    [['ban', 'add', '999.1.1.1'], "'999.1.1.1' is invalid for argument 'network'. It must be an address such as 203.0.113.7, or a range such as 203.0.113.0/24."],
    [['ban', 'lift', '203.0.113.0/33'], "'203.0.113.0/33' is invalid for argument 'network'. It must be an address"],
    [['sessions', 'kick', 'a/b'], "'a/b' is invalid for argument 'session'. It must be an id as `sallyport sessions list` shows it."],
    [['user', 'add', '--email', 'nobody'], "'--email <email>' argument 'nobody' is invalid. It must be an e-mail address such as"],
    [['user', 'add', '--email', 'a@example.test', '--id', ' '], "'--id <id>' argument ' ' is invalid. It must"],
    [['user', 'add', '--email', 'a@example.test', '--id', '\u200b'], "is invalid. It must"],
    [['user', 'disable', 'n1 '], "'n1 ' is invalid for argument 'id'. It must"],
    [['explain', '--path', 'ws'], "'--path <path>' argument 'ws' is invalid. It must be the path of a socket such as /ws/"],
    [['tail', '--reason', 'token_expird'], "argument 'token_expird' is invalid. It must be a reason of the table in PROTOCOL.md; did you mean token_expired?"],
    [['audit', '--count', '1001'], "argument '1001' is invalid. It must be a number from 1 to 1000."],
    [['bann'], 'Did you mean ban?'],
    [['--operator-key-file', '/nonexistent/key', 'sessions', 'list'], 'Cannot read --operator-key-file /nonexistent/key: name a file'],
    [['--operator-key-file', 'package.json', 'sessions', 'list'], '--operator-key-file package.json holds no key: it must be the 43 characters that `sallyport operator add` printed.'],
  ])('%j names the value, what is wrong with it and what helps, asking nobody', async (words, said) => {
    await writeFile(join(cwd, 'package.json'), '{}')
    const { code, stdout, stderr } = await sallyport(words, folder)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    // The words themselves are looked at first: nothing is said of a server or of a database that is not there.
    expect(stderr).not.toMatch(/server|database|SALLYPORT_/)
  })

  test.each([[['token', 'check']], [['ban', 'add']], [['sessions', 'kick']], [['token', 'revoke', '--id']], [['user', 'disable']], [['tail', '--user']]])('a token after %j is refused without being repeated', async (words) => {
    const token = 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.c2VjcmV0'
    const { code, stdout, stderr } = await sallyport([...words, token], folder)
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('eyJ')
  })
})

describe('configuration', () => {
  test('serve without a secret names the command that makes one', async () => {
    const { code, stderr } = await sallyport(['serve'], folder)
    expect(code).toBe(1)
    expect(stderr).toContain('`sallyport secret`')
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('dev refuses NODE_ENV=production and says what to use', async () => {
    const { code, stderr } = await sallyport(['dev'], { cwd, env: { NODE_ENV: 'production' } })
    expect(code).toBe(1)
    expect(stderr).toContain('sallyport serve')
  })

  test('check lists every problem at once, and says ok when there is none', async () => {
    const wrong = await sallyport(['config', 'check'], { cwd, env: { SALLYPORT_LISTEN_PORT: 'x', SALLYPORT_LISTEN_PROT: '1', SALLYPORT_TOKENS_SECRET: secret } })
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('SALLYPORT_LISTEN_PORT')
    expect(wrong.stderr).toContain('SALLYPORT_LISTEN_PROT')
    expect(await sallyport(['config', 'check'], { cwd, env: { SALLYPORT_TOKENS_SECRET: secret } })).toMatchObject({ code: 0, stdout: 'ok\n' })
  })

  test('print masks secrets, env names every key', async () => {
    const printed = await sallyport(['config', 'print'], { cwd, env: { SALLYPORT_TOKENS_SECRET: secret } })
    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(printed.stdout).toMatch(/^tokens\.secret +\(secret\) +environment$/m)
    expect(printed.stdout).not.toContain(secret)
    expect((await sallyport(['config', 'env'], folder)).stdout).toContain('#SALLYPORT_LIMITS_USER_CONNECTS_MAX=60')
  })

  test('a data folder that cannot be is one line with the remedy', async () => {
    await writeFile(join(cwd, 'file'), '')
    const env = { SALLYPORT_DATA_DIR: 'file/data', SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0' }
    const { code, stderr } = await sallyport(['serve'], { cwd, env })
    expect(code).toBe(1)
    expect(stderr.trim().split('\n').filter((line) => !line.startsWith('{'))).toHaveLength(1)
    expect(stderr).toMatch(/^Cannot /m)
  })
})

describe('without a server', () => {
  test('what needs one says so and exits with 5', async () => {
    for (const words of [['info'], ['sessions', 'list'], ['explain', 'x'], ['explain', '--path', '/ws/']]) {
      const { code, stdout, stderr } = await sallyport(words, folder)
      expect(code, words.join(' ')).toBe(5)
      expect(stdout).toBe('')
      expect(stderr).toMatch(/^No server answers at http:\/\/127\.0\.0\.1:\d+: start one/)
    }
  })

  test('a missing database is told, never made by a look at it', async () => {
    for (const words of [['db', 'status'], ['ban', 'list'], ['user', 'list']]) {
      const { code, stderr } = await sallyport(words, folder)
      expect(code, words.join(' ')).toBe(1)
      expect(stderr).toContain('There is no database at')
    }
  })

  test('a database that can not be reached is told by its cause, not as a missing one', async () => {
    await writeFile(join(cwd, 'plain'), '')
    await symlink('loop', join(cwd, 'loop'))
    for (const [data, cause] of [['plain', 'its folder is a file'], ['loop', 'a link of its path leads to itself']] as const) {
      const { code, stderr } = await sallyport(['db', 'status'], { cwd, env: { SALLYPORT_STORAGE_URL: `file:${join(cwd, data, 'sallyport.db')}` } })
      expect(code).toBe(1)
      expect(stderr).toContain(cause)
    }
  })

  test('a token for a user comes from the configured secret and nowhere else', async () => {
    expect((await sallyport(['token', 'mint', '--user', '1'], folder)).code).toBe(1)
    const minted = await sallyport(['token', 'mint', '--user', '1', '--hours', '2'], { cwd, env: { SALLYPORT_TOKENS_SECRET: secret } })
    expect(minted).toMatchObject({ code: 0, stderr: '' })
    const claims: unknown = JSON.parse(Buffer.from(minted.stdout.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ sub: '1' })
  })

  test('break-glass: the database is migrated, seeded, and users and bans are changed on it, which is said', async () => {
    expect(await sallyport(['db', 'migrate'], folder)).toMatchObject({ code: 0 })
    expect(await sallyport(['db', 'migrate'], folder)).toMatchObject({ code: 0, stdout: '' })
    expect(await sallyport(['db', 'status'], folder)).toMatchObject({ code: 0, stdout: containing('applied') })
    expect(await sallyport(['db', 'seed'], folder)).toMatchObject({ code: 0 })
    expect(await sallyport(['db', 'seed', '--size', 'l'], folder)).toMatchObject({ code: 1, stderr: containing('a workspace 1 already, with 200 conversations') })
    expect(await sallyport(['db', 'seed', '--size', 'xl'], folder)).toMatchObject({ code: 2, stdout: '' })

    const users = await sallyport(['user', 'list'], folder)
    expect(users.stderr).toContain('working on the database')
    expect(users.stdout).toMatch(/^1 .*owner.*active$/m)
    expect(users.stdout).toMatch(/^4 .*disabled$/m)

    const added = await sallyport(['--json', 'user', 'add', '--email', 'new@example.test', '--id', 'n1'], folder)
    expect(jsonOf(added.stdout)).toMatchObject({ id: 'n1', email: 'new@example.test', active: true })
    expect(await sallyport(['user', 'add', '--email', 'NEW@example.test'], folder)).toMatchObject({ code: 1, stderr: containing('email is taken') })
    expect(await sallyport(['user', 'disable', 'n1'], folder)).toMatchObject({ code: 0, stdout: containing('disabled') })
    expect(await sallyport(['user', 'disable', 'nobody'], folder)).toMatchObject({ code: 1 })

    expect(await sallyport(['ban', 'list', '--quiet'], folder)).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await sallyport(['ban', 'add', '::ffff:203.0.113.7', '--reason', 'flood'], folder)).toMatchObject({ code: 0, stdout: matching(/^203\.0\.113\.7 +until .* flood\n$/) })
    expect(await sallyport(['ban', 'add', '10.0.0.0/8', '--force', '--yes', '--forever'], folder)).toMatchObject({ code: 0, stdout: containing('for ever') })
    expect(await sallyport(['ban', 'add', '010.0.0.1'], folder)).toMatchObject({ code: 2, stdout: '', stderr: containing('It must be an address') })
    expect(await sallyport(['ban', 'lift', '203.0.113.7'], folder)).toMatchObject({ code: 0 })
    expect(await sallyport(['ban', 'lift', '203.0.113.7'], folder)).toMatchObject({ code: 1, stdout: '' })
  })

  test('break-glass: where a server hangs, ten seconds are waited, and it is said that it may still do what it was asked', { timeout: 60_000 }, async () => {
    const hanging = createServer(() => undefined)
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
    const address = hanging.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    await writeFile(join(cwd, '.sallyport', 'operator.key'), `${'k'.repeat(43)}\n`)
    try {
      const banned = await sallyport(['ban', 'add', '203.0.113.8'], { ...folder, env: { ...folder.env, SALLYPORT_INTERNAL_PORT: port } })
      expect(banned).toMatchObject({ code: 0, stdout: containing('203.0.113.8') })
      expect(banned.stderr).toContain(`The server at http://127.0.0.1:${port} has not answered within 10 s`)
      expect(banned.stderr).toMatch(/It may still do what it was asked\. Working on the database \S+ itself\.$/m)
    } finally {
      hanging.closeAllConnections()
      hanging.close()
      await rm(join(cwd, '.sallyport', 'operator.key'))
    }
  })
})
