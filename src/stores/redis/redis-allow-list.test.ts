import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { openRedisAllowList, type RedisAllowList } from './redis-allow-list.js'
import { redisRuns, startRedis, type RedisServer } from './testing/redis-server.js'

const soon = (ms = 2_000): number => Date.now() + ms
const opened: RedisAllowList[] = []
const open = async (url: string): Promise<RedisAllowList> => {
  const list = await openRedisAllowList({ url })
  opened.push(list)
  return list
}
const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (refusal instanceof StoreUnavailable) return `${refusal.store}: ${refusal.message}`
  throw new Error(`Expected StoreUnavailable, got ${String(refusal)}`)
}
/** Asks as admissions do, until an answer comes. */
const answers = (list: RedisAllowList) => expect.poll(async () => list.holding(['a'], soon(250)).then((held) => held.has('a'), () => undefined))

describe.runIf(redisRuns)('the allow-list of the old service in its Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(() => {
    for (const list of opened.splice(0)) list.close()
    redis.thaw()
  })
  afterAll(() => redis.stop())

  test('[T14] says which keys exist, whatever they hold', async () => {
    redis.ask('set', ':1:jwt_access_a', '')
    redis.ask('set', ':1:jwt_access_b', String.raw`\x80\x05\x95`)
    redis.ask('rpush', ':1:jwt_access_c', 'x')
    const list = await open(redis.url)
    const held = await list.holding([':1:jwt_access_a', ':1:jwt_access_b', ':1:jwt_access_c', ':1:jwt_access_d', 'jwt_access_a'], soon())
    expect([...held]).toEqual([':1:jwt_access_a', ':1:jwt_access_b', ':1:jwt_access_c'])
    expect(await list.holding([], soon())).toEqual(new Set())
  })

  test('[T14] looks into the database that the address names', async () => {
    redis.ask('-n', '3', 'set', 'elsewhere', '')
    expect(await (await open(`${redis.url}/3`)).holding(['elsewhere'], soon())).toEqual(new Set(['elsewhere']))
    expect(await (await open(redis.url)).holding(['elsewhere'], soon())).toEqual(new Set())
  })

  test('[T15] no question lengthens the life of a key or counts as its use', async () => {
    redis.ask('set', 'short', '', 'PX', '400')
    const list = await open(redis.url)
    const startedAt = Date.now()
    const idleAfterAsking = async (): Promise<number> => {
      await list.holding(['idle'], soon())
      return Number(redis.ask('object', 'idletime', 'idle'))
    }
    redis.ask('set', 'idle', '')
    await expect.poll(async () => (await list.holding(['short', 'idle'], soon())).has('short')).toBe(false)
    expect(Date.now() - startedAt).toBeLessThan(2_500)
    await expect.poll(idleAfterAsking, { interval: 100 }).toBeGreaterThan(0)
  })

  test('[T15] a user with no right but EXISTS and PING is enough', async () => {
    redis.ask('acl', 'setuser', 'gate', 'on', '>hunter2', '~*', '+exists', '+ping')
    redis.ask('set', 'a', '')
    const url = redis.url.replace('redis://', 'redis://gate:hunter2@')
    expect(await (await open(url)).holding(['a'], soon())).toEqual(new Set(['a']))
    expect(await refusalOf((await open(redis.url.replace('redis://', 'redis://gate:wrong@'))).holding(['a'], soon()))).not.toContain('wrong@')
  })

  test('[T16] one that hangs is waited for as long as was said; then nobody waits; and it is found again', async () => {
    redis.ask('set', 'a', '')
    const list = await open(redis.url)
    await answers(list).toBe(true)
    redis.freeze()
    const startedAt = Date.now()
    const waits = await Promise.all(Array.from({ length: 5 }, () => refusalOf(list.holding(['a'], soon(100)))))
    expect(Date.now() - startedAt).toBeLessThan(1_000)
    // Whoever is asked a moment later has a moment less.
    for (const wait of waits) expect(wait).toMatch(/^allow_list: no answer within \d{1,3} ms$/)
    expect(await refusalOf(list.holding(['a'], soon(60_000)))).toMatch(/lately/)
    redis.thaw()
    await answers(list).toBe(true)
  })

  test('[T16] one that hangs while hundreds ask, again and again, is left with one connection when it is back', async () => {
    redis.ask('set', 'a', '')
    const list = await open(redis.url)
    await answers(list).toBe(true)
    redis.freeze()
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => refusalOf(list.holding(['a'], soon(50)))))
      // Past the second in which nobody asks, so that the connection is made anew once more.
      await expect.poll(() => refusalOf(list.holding(['a'], soon(50)))).toMatch(/no answer/)
    }
    redis.thaw()
    await answers(list).toBe(true)
    // The other one is that of who asks for the list.
    await expect.poll(() => redis.ask('client', 'list').trim().split('\n').length).toBe(2)
  })

  test('[T16] one that is gone is said at once, and found again when it is back', async () => {
    const list = await open(redis.url)
    await redis.stop()
    await expect.poll(() => refusalOf(list.holding(['a'], soon(250)))).toMatch(/^allow_list: /)
    await redis.start()
    await answers(list).toBe(false)
    redis.ask('set', 'a', '')
    await answers(list).toBe(true)
  })
})

test('[T16] one that was never there keeps nobody from starting', async () => {
  const list = await open('redis://127.0.0.1:1')
  expect(await refusalOf(list.holding(['a'], soon(250)))).toMatch(/^allow_list: /)
  list.close()
  expect(await refusalOf(list.holding(['a'], soon(250)))).toMatch(/^allow_list: /)
})

test('an address that is none is refused at once', async () => {
  await expect(openRedisAllowList({ url: 'http://127.0.0.1' })).rejects.toThrow(TypeError)
})
