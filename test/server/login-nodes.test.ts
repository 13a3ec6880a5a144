import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { bearer, knock, opened, type Knocked } from './knock.js'
import type { Serving } from './run-cli.js'
import { twoServers } from './two-servers.js'

const pair = z.object({ accessToken: z.string(), refreshToken: z.string(), sessionId: z.string() })
type Pair = z.infer<typeof pair>

const password = 'correct horse battery'
const many = '1000000'
const env = {
  SALLYPORT_TOKENS_SECRET: 'a-login-secret-of-more-than-sixty-four-bytes-'.padEnd(80, 'k2Wd'),
  SALLYPORT_REFUSALS: 'http',
  SALLYPORT_LOGIN_ADDRESS_BUDGET_CAPACITY: many,
  SALLYPORT_LOGIN_ACCOUNT_BUDGET_CAPACITY: many,
  SALLYPORT_LIMITS_USER_CONNECTS_MAX: many,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: many,
}

const nodes = twoServers(env, { seed: false })
beforeAll(async () => {
  const added = await nodes.here.run(['user', 'add', '--email', 'ada@example.com', '--id', '7', '--password', '-'], `${password}\n`)
  expect(added.code, added.stderr).toBe(0)
})
const post = (server: Serving, path: string, body: object): Promise<Response> =>
  fetch(`${server.publicUrl}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const login = async (server: Serving, secret = password): Promise<Pair> => {
  const response = await post(server, 'login', { identifier: 'ada@example.com', password: secret })
  expect(response.status).toBe(200)
  return pair.parse(await response.json())
}
const refreshStatus = async (server: Serving, { refreshToken }: Pair): Promise<number> => (await post(server, 'refresh', { refreshToken })).status
const socketOn = (server: Serving, { accessToken }: Pair): Promise<Knocked> => opened(`${server.socketUrl}/ws/`, bearer(accessToken))
const admits = async (server: Serving, { accessToken }: Pair): Promise<number> => {
  const answer = await knock(`${server.socketUrl}/ws/`, bearer(accessToken))
  if ('next' in answer) await answer.close()
  return answer.status
}

/** The sockets are closed within a second of the answer, and neither token of the session is good any more on either server. */
const ends = async (tokens: Pair, sockets: readonly Knocked[]): Promise<void> => {
  const answeredAt = Date.now()
  const closes = await Promise.all(sockets.map(({ closed }) => closed))
  expect(Date.now() - answeredAt).toBeLessThan(1_000)
  for (const { code } of closes) expect(code).toBe(4001)
  for (const server of [nodes.here, nodes.there]) {
    expect(await admits(server, tokens)).toBe(401)
    expect(await refreshStatus(server, tokens)).toBe(401)
  }
}

const causes = [
  { name: '[G9] [T22] B9 K6: a log-out on one', act: async ({ refreshToken }: Pair) => expect((await post(nodes.here, 'logout', { refreshToken })).status).toBe(204) },
  { name: '[T22] K6: everything of the user that is revoked on one', act: async () => expect((await nodes.here.run(['token', 'revoke', '--user', '7'])).code).toBe(0) },
  { name: '[G7] [T22] K6: a new password that is set on one', act: async () => expect((await nodes.here.run(['user', 'password', '7', '-'], `${password}\n`)).code).toBe(0) },
] as const

test.each(causes)('$name ends the session on both within a second, and after both were killed', async ({ act }) => {
  const tokens = await login(nodes.there)
  const sockets = [await socketOn(nodes.here, tokens), await socketOn(nodes.there, tokens)]
  await act(tokens)
  await ends(tokens, sockets)
  await Promise.all([nodes.here.kill(), nodes.there.kill()])
  nodes.here = await nodes.start()
  nodes.there = await nodes.start()
  await ends(tokens, [])
  // A new log-in is none of what was ended.
  const fresh = await login(nodes.there)
  expect([await admits(nodes.here, fresh), await refreshStatus(nodes.here, fresh)]).toEqual([101, 200])
})

test('[G5] [T22] of refreshes with one token on both at once one succeeds, and the session is over on both', async () => {
  const tokens = await login(nodes.here)
  const sockets = [await socketOn(nodes.here, tokens), await socketOn(nodes.there, tokens)]
  const answers = await Promise.all([nodes.here, nodes.there, nodes.here, nodes.there].map((server) => refreshStatus(server, tokens)))
  expect(answers.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401])
  await ends(tokens, sockets)
})

test('[T22] who logs in at once behind a revocation of everything is in, on both, and his refresh token is good', async () => {
  for (let round = 0; round < 3; round++) {
    const before = await login(nodes.there)
    expect((await nodes.here.run(['token', 'revoke', '--user', '7'])).code).toBe(0)
    const tokens = await login(nodes.here)
    expect([await admits(nodes.here, before), await admits(nodes.here, tokens)]).toEqual([401, 101])
    await expect.poll(() => admits(nodes.there, before)).toBe(401)
    expect([await admits(nodes.there, tokens), await refreshStatus(nodes.there, tokens)]).toEqual([101, 200])
  }
})
