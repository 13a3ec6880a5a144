import { createHmac } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { knock } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

const reloads = 100
const secrets = { old: 'old-key-of-a-rotation-4Zq'.padEnd(64, 'k3Wd9'), new: 'new-key-of-a-rotation-8Yx'.padEnd(64, 'p7Lm2') }
const generous: Environment = {
  SALLYPORT_REFUSALS: 'http',
  SALLYPORT_BANS_LADDER_MODE: 'off',
  SALLYPORT_LIMITS_USER_CONNECTS_MAX: '1000000',
  SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: '1000000',
  SALLYPORT_LIMITS_USER_SOCKETS: '1000000',
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '1000000',
  SALLYPORT_LIMITS_ADDRESS_BUDGET_REFILL_PER_SECOND: '1000000',
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
let minted = 0
/** A token nobody has seen before, so that no cache answers for its key. */
const mint = (kid: keyof typeof secrets): string => {
  const now = Math.floor(Date.now() / 1000)
  const body = `${part({ alg: 'HS512', typ: 'JWT', kid })}.${part({ sub: '1', exp: now + 600, jti: String((minted += 1)) })}`
  return `${body}.${createHmac('sha512', secrets[kid]).update(body).digest('base64url')}`
}

const statusOf = async (server: Serving, token: string): Promise<number> => {
  const answer = await knock(`${server.socketUrl}/ws/`, { headers: { authorization: `Bearer ${token}` } })
  if ('close' in answer) await answer.close()
  return answer.status
}

describe('[K8] a file of keys', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: Serving
  const write = async (...kids: readonly (keyof typeof secrets)[]): Promise<void> => {
    const path = join(folder.cwd, 'keys.json')
    await writeFile(`${path}.next`, JSON.stringify(kids.map((kid) => ({ kid, secret: secrets[kid] }))))
    await rename(`${path}.next`, path)
  }
  const linesOf = (state: string): number => server.stdout().split(`"state":"${state}"`).length - 1

  beforeAll(async () => {
    folder = await temporaryFolder()
    await write('old')
    await seedFolder(folder.cwd)
    server = await serve(['serve'], folder.cwd, { ...generous, SALLYPORT_TOKENS_ALGORITHMS: 'HS512', SALLYPORT_TOKENS_KEYS_FILE: join(folder.cwd, 'keys.json') })
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  test('[K8] A12 A13: that is replaced a hundred times under 500 handshakes a second makes no fault, and a removed key is refused within a second', async () => {
    const seen = new Map<string, number>()
    const asks = new Set<Promise<void>>()
    const startedAt = performance.now()
    let offered = 0
    const offer = async (kid: keyof typeof secrets): Promise<void> => {
      const status = await statusOf(server, mint(kid))
      seen.set(`${kid} ${String(status)}`, (seen.get(`${kid} ${String(status)}`) ?? 0) + 1)
    }
    // By the clock and not by the answers: who is slow to answer is asked all the same. At most 200 wait, as the client has to live too.
    const pace = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / 2)
      for (; offered < due; offered += 1) {
        if (asks.size >= 200) continue
        const ask: Promise<void> = offer(offered % 2 === 0 ? 'old' : 'new').finally(() => asks.delete(ask))
        asks.add(ask)
      }
    }, 10)
    const states = [['old'], ['new'], ['old', 'new']] as const
    for (let turn = 0; turn < reloads; turn += 1) {
      await write(...(states[turn % 3] ?? states[0]))
      const before = linesOf('reloaded')
      server.signal('SIGHUP')
      await expect.poll(() => linesOf('reloaded')).toBeGreaterThan(before)
    }
    await write('new')
    server.signal('SIGHUP')
    const removedAt = Date.now()
    // Whoever is asked late on a busy machine proves nothing: it is the last time the old key was good that counts.
    let goodAt = removedAt
    for (let status = 0; status !== 401; ) {
      const askedAt = Date.now()
      status = await statusOf(server, mint('old'))
      if (status === 101) goodAt = askedAt
    }
    expect(goodAt - removedAt).toBeLessThan(1_000)
    clearInterval(pace)
    await Promise.all(asks)
    // A machine that is too busy for the rate is shed with 503, which is not the doing of the keys.
    const shed = (seen.get('old 503') ?? 0) + (seen.get('new 503') ?? 0)
    const all = [...seen.values()].reduce((sum, count) => sum + count, 0)
    expect([...seen.keys()].filter((key) => !key.endsWith(' 503')).toSorted()).toEqual(['new 101', 'new 401', 'old 101', 'old 401'])
    expect(shed / all).toBeLessThan(0.5)
    expect(server.stdout()).not.toMatch(/"reason":"internal_error"|"reason":"dependency_unavailable"/)
    expect(await statusOf(server, mint('new'))).toBe(101)
  })

  test('is looked at by itself, and drops no socket whose key stays', async () => {
    await write('new')
    await expect.poll(() => statusOf(server, mint('old'))).toBe(401)
    const live = await knock(`${server.socketUrl}/ws/`, { headers: { authorization: `Bearer ${mint('new')}` } })
    if (!('close' in live)) throw new Error('A good token was refused')
    await write('old', 'new')
    await expect.poll(() => statusOf(server, mint('old'))).toBe(101)
    expect((await live.close()).code).toBe(1000)
  })

  test('that is broken keeps the keys, and is said in one line without its text', async () => {
    const path = join(folder.cwd, 'keys.json')
    await writeFile(path, `[{"secret":"${secrets.old}"`)
    await expect.poll(() => linesOf('refused')).toBe(1)
    server.signal('SIGHUP')
    expect(await statusOf(server, mint('new'))).toBe(101)
    await write('new')
    await expect.poll(() => statusOf(server, mint('old'))).toBe(401)
    expect(linesOf('refused')).toBe(1)
    expect(server.stdout() + server.stderr()).not.toContain(secrets.old.slice(0, 12))
  })
})
