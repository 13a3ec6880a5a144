import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { setActing } from './acting-operator.js'
import { chargeCall, limitOperators } from './operator-budget.js'

const start = 1_700_000_000_000

/** An app that takes the header `by` for the name of a key; the owner's has none. */
const stage = (capacity: number, refillPerSecond: number) => {
  const clock = { at: start }
  const app = new Hono()
  app.use(async (context, next) => {
    const name = context.req.header('by')
    if (name !== undefined) setActing(context, { name, role: 'viewer', digest: '', createdAt: 0 }, () => Promise.resolve(true))
    await next()
  })
  app.use(limitOperators({ capacity, refillPerSecond }, () => clock.at))
  const begun: string[] = []
  app.get('/dear', (context) => {
    chargeCall(context, 5)
    return context.text('dear')
  })
  app.get('*', (context) => {
    begun.push(context.req.path)
    return context.text('done')
  })
  const call = async (path: string, by?: string): Promise<Response> => app.request(path, by === undefined ? {} : { headers: { by } })
  return { clock, begun, call }
}

test('[E12] each key has a budget: what one uses up is taken from no other, and the wait it is told is the true one', async () => {
  const { clock, call } = stage(10, 2)
  const statuses = (count: number, by?: string) => Promise.all(Array.from({ length: count }, async () => (await call('/', by)).status))
  expect(await statuses(12, 'wild')).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429])
  expect(await statuses(10)).toEqual(Array.from({ length: 10 }, () => 200))
  expect((await call('/', 'calm')).status).toBe(200)

  const refused = await call('/', 'wild')
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toEqual({ status: 429, code: 'rate_limited', title: 'This key has made too many calls.', retryAfterMs: 500 })
  clock.at += 499
  expect((await call('/', 'wild')).status).toBe(429)
  clock.at += 1
  expect((await call('/', 'wild')).status).toBe(200)
  expect((await call('/', 'wild')).status).toBe(429)
})

test('[E12] a call that costs more is made, and paid for by a longer wait', async () => {
  const { clock, call } = stage(10, 1)
  expect((await call('/dear')).status).toBe(200)
  expect((await call('/dear')).status).toBe(200)
  const refused = await call('/')
  // 10 were there and 12 are spent.
  expect(refused.headers.get('retry-after')).toBe('3')
  clock.at += 3_000
  expect((await call('/')).status).toBe(200)
})

test('[E13] one call is begun in a turn of the event loop, and whoever waits behind many of another key has his turn after one of them', async () => {
  const { begun, call } = stage(1_000, 1)
  let turns = 0
  let counting = true
  const count = (): void => {
    turns += 1
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  const wild = Promise.all(Array.from({ length: 200 }, (_, index) => call(`/wild/${String(index)}`, 'wild')))
  const calm = call('/calm', 'calm')
  await calm
  expect(begun.indexOf('/calm')).toBeLessThanOrEqual(2)
  await wild
  counting = false
  expect(begun).toHaveLength(201)
  expect(begun.filter((path) => path !== '/calm')).toEqual(Array.from({ length: 200 }, (_, index) => `/wild/${String(index)}`))
  expect(turns).toBeGreaterThanOrEqual(200)
})
