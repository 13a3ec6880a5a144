import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { redisRuns, startRedis, type RedisServer } from '../../dist/stores/redis/testing/redis-server.js'
import { bearer, knock, modernBearer, opened, refused } from '../server/knock.js'
import { runToEnd, serve, temporaryFolder, type Serving } from '../server/run-cli.js'

const secret = randomBytes(64).toString('base64url')
const prefix = ':1:jwt_access_'
const keyOf = (token: string): string => `${prefix}${createHash('sha256').update(token).digest('hex')}`
/** The old service gives byte-identical tokens to two log-ins in one second, so that each is told apart by its time. */
const begunAt = Date.now()
let made = 0
const mint = (): Promise<string> => mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 86_400_000, at: begunAt - 1_000 * (made += 1) })
const environment = (redis: RedisServer) => ({
  SALLYPORT_TOKENS_PROFILE: 'classic',
  SALLYPORT_TOKENS_SECRET: secret,
  SALLYPORT_TOKENS_ALLOW_LIST_PREFIX: prefix,
  SALLYPORT_REDIS_URL: `${redis.url}/1`,
  SALLYPORT_CARRIERS: 'header,subprotocol,query,ticket',
  SALLYPORT_LOG_LEVEL: 'debug',
})
const health = z.object({ checks: z.record(z.string(), z.string()) })

describe.runIf(redisRuns)('beside the old service, whose Redis says which tokens are still good', () => {
  let redis: RedisServer
  let server: Serving
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  const watched: string[] = []
  const written = new Set<string>()
  const list = async (): Promise<string> => {
    const token = await mint()
    redis.ask('-n', '1', 'set', keyOf(token), '', 'EX', '3600')
    written.add(keyOf(token))
    return token
  }
  const strike = (token: string): void => {
    redis.ask('-n', '1', 'del', keyOf(token))
    written.delete(keyOf(token))
  }
  let monitor: ReturnType<typeof spawn>

  beforeAll(async () => {
    redis = await startRedis()
    monitor = spawn('redis-cli', ['-u', redis.url, 'monitor'], { stdio: ['ignore', 'pipe', 'inherit'] })
    monitor.stdout?.setEncoding('utf8').on('data', (text: string) => watched.push(text))
    folder = await temporaryFolder()
    server = await serve(['serve'], folder.cwd, environment(redis))
    const { code, stderr } = await server.run(['user', 'add', '--email', 'ada@example.com', '--id', '1'])
    expect(code, stderr).toBe(0)
  })
  afterAll(async () => {
    redis.thaw()
    await server.stop()
    await folder.remove()
    monitor.kill()
    await redis.stop()
  })
  const url = (): string => `${server.socketUrl}/ws/conversations/`

  test('[T14] C4: a token with its key is let in over every carrier, one without it is told that it was revoked', async () => {
    const token = await list()
    for (const [target, options] of [[url(), bearer(token)], [url(), modernBearer(token)], [`${url()}?token=${token}`, {}]] as const) {
      await (await opened(target, options)).close()
    }
    expect(await refused(url(), bearer(await mint()))).toMatchObject({ status: 401, code: 'token_revoked' })
    strike(token)
    expect(await refused(url(), bearer(token))).toMatchObject({ status: 401, code: 'token_revoked' })
    const refresh = await mint()
    redis.ask('-n', '1', 'set', keyOf(refresh).replace('access', 'refresh'), '')
    written.add(keyOf(refresh).replace('access', 'refresh'))
    expect(await refused(url(), bearer(refresh))).toMatchObject({ status: 401, code: 'token_revoked' })
  })

  test('[T17] a live socket is closed within seconds after its key is gone, in its own dialect', async () => {
    const [struck, other] = [await list(), await list()]
    const modern = await opened(url(), modernBearer(struck))
    const classic = await opened(url(), bearer(struck))
    const stays = await opened(url(), bearer(other))
    strike(struck)
    expect(await modern.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/^token_revoked /) })
    expect(await classic.closed).toMatchObject({ code: 4001 })
    await stays.close()
  })

  test('[T14] tickets, authenticate and token check ask too', async () => {
    const token = await list()
    const without = await mint()
    const buy = async (bought: string): Promise<number> =>
      (await fetch(`${server.publicUrl}/api/v1/tickets`, { method: 'POST', headers: { authorization: `Bearer ${bought}`, 'content-type': 'application/json' }, body: '{"path":"/ws/conversations/"}' })).status
    expect([await buy(token), await buy(without)]).toEqual([201, 401])
    expect(await server.run(['token', 'check', '-', '--json'], `${token}\n`)).toMatchObject({ code: 0 })
    expect(await server.run(['token', 'check', '-', '--json'], `${without}\n`)).toMatchObject({ code: 4, stdout: expect.stringContaining('"token_revoked"') })
    const socket = await opened(url(), modernBearer(token))
    socket.send(JSON.stringify({ id: 7, type: 'authenticate', token: without }))
    await expect.poll(() => socket.next()).toMatchObject({ re: 7, type: 'error' })
    socket.send(JSON.stringify({ id: 8, type: 'authenticate', token: await list() }))
    expect(await socket.next()).toMatchObject({ re: 8, type: 'ok' })
    await socket.close()
  })

  test('[T16] a Redis that hangs is 503 for new sockets, at once, and none of the live ones is harmed', async () => {
    const token = await list()
    const live = await opened(url(), modernBearer(token))
    redis.freeze()
    const startedAt = performance.now()
    expect(await refused(url(), bearer(token))).toMatchObject({ status: 503, code: 'dependency_unavailable' })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    expect(await refused(url(), bearer('forged'))).toMatchObject({ status: 401 })
    const checks = async () => health.parse(await (await fetch(`${server.internalUrl}/readyz`)).json()).checks
    await expect.poll(checks).toMatchObject({ allow_list: 'failing', storage: 'ok' })
    redis.thaw()
    await expect.poll(async () => 'next' in (await knock(url(), bearer(token)))).toBe(true)
    await expect.poll(checks).toMatchObject({ allow_list: 'ok' })
    live.send(JSON.stringify({ id: 1, type: 'nothing' }))
    await expect.poll(() => live.next()).toMatchObject({ re: 1 })
    await live.close()
    expect(server.stdout()).toMatch(/"store":"allow-list","state":"away"/)
  })

  test('[T16] a server that starts while Redis hangs says so from its first answer', async () => {
    const own = await temporaryFolder()
    redis.freeze()
    const late = await serve(['serve'], own.cwd, environment(redis))
    try {
      expect(await (await fetch(`${late.internalUrl}/readyz`)).json()).toMatchObject({ checks: { allow_list: 'failing', storage: 'ok' } })
    } finally {
      redis.thaw()
      await late.stop()
      await own.remove()
    }
  })

  test('[T12] [T15] B1: nothing was written there, no key lives longer, and no token was sent', async () => {
    const token = await list()
    redis.ask('-n', '1', 'expire', keyOf(token), '100')
    for (let time = 0; time < 5; time += 1) await (await opened(url(), bearer(token))).close()
    expect(Number(redis.ask('-n', '1', 'ttl', keyOf(token)))).toBeLessThanOrEqual(100)
    expect(new Set(redis.ask('-n', '1', 'keys', '*').split('\n'))).toEqual(written)
    expect(redis.ask('-n', '0', 'dbsize')).toBe('0')
    await expect.poll(() => watched.join('')).toContain(keyOf(token))
    const seen = watched.join('')
    // Our own questions beside those of this test, which come from redis-cli and write.
    const commands = new Set([...seen.matchAll(/^\S+ \[\d+ \S+\] "(\w+)"/gm)].map(([, command]) => command?.toLowerCase()))
    const ofTheTest = ['set', 'del', 'expire', 'ttl', 'keys', 'dbsize', 'command', 'ping']
    expect(new Set([...commands].filter((command) => !ofTheTest.includes(command ?? '')))).toEqual(new Set(['exists', 'select']))
    for (const part of token.split('.').slice(1)) for (const text of [seen, server.stdout(), server.stderr()]) expect(text).not.toContain(part)
    expect(await readFile(join(folder.cwd, '.sallyport', 'sallyport.db'), 'latin1')).not.toContain(token.split('.')[2])
  })

  test('what can not work is refused at the start, with the remedy', async () => {
    const { SALLYPORT_REDIS_URL: redisUrl, SALLYPORT_TOKENS_ALLOW_LIST_PREFIX: own, ...rest } = environment(redis)
    const fault = async (env: Readonly<Record<string, string>>, words: readonly string[] = ['config', 'check']) => {
      const { code, stderr } = await runToEnd(words, folder.cwd, env)
      return `${String(code)} ${stderr}`
    }
    expect(await fault({ ...rest, SALLYPORT_TOKENS_ALLOW_LIST_PREFIX: own })).toMatch(/^1 .*redis\.url.*name the Redis/s)
    expect(await fault({ ...rest, SALLYPORT_REDIS_URL: redisUrl })).toMatch(/^1 .*SALLYPORT_REDIS_URL.*leave it out/s)
    expect(await fault({ ...environment(redis), SALLYPORT_TOKENS_PROFILE: 'standard' })).toMatch(/^1 .*SALLYPORT_TOKENS_ALLOW_LIST_PREFIX.*belongs to the classic profile/s)
    expect(await fault({ ...environment(redis), SALLYPORT_LOGIN_ENABLED: 'true' })).toMatch(/^1 .*SALLYPORT_LOGIN_ENABLED.*allow-list/s)
    expect(await fault(environment(redis), ['dev'])).toMatch(/^1 .*ALLOW_LIST_PREFIX.*sallyport serve/s)
    expect(await fault(environment(redis), ['token', 'mint', '--user', '1'])).toMatch(/^1 .*allow-list/s)
    expect(await fault({ ...rest, SALLYPORT_TOKENS_ALLOW_LIST_PREFIX: own, REDIS_URL: redisUrl })).toMatch(/^0 /)
    const misspelt = await fault({ ...environment(redis), SALLYPORT_REDIS_URL: 'http://u:hunter2@host' })
    expect(misspelt).toMatch(/^1 .*SALLYPORT_REDIS_URL/s)
    expect(misspelt).not.toContain('hunter2')
  })
})
