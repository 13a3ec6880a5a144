import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { bearer, knock, modernBearer, opened, refused, type Knocked } from './knock.js'
import type { Environment, Serving } from './run-cli.js'
import { twoServers } from './two-servers.js'

const secret = randomBytes(64).toString('base64url')
const env: Environment = { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_REFUSALS: 'http', SALLYPORT_CARRIERS: 'header,subprotocol,ticket' }

const tokenOf = (subject: string, change: { readonly lifetimeMs?: number; readonly tokenId?: string } = {}): Promise<string> =>
  mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs: 600_000, at: Date.now(), ...change })

const claims = z.object({ exp: z.number() })

const nodes = twoServers(env)

const modernOn = async (server: Serving, token: string): Promise<Knocked> => {
  const socket = await opened(`${server.socketUrl}/ws/`, modernBearer(token))
  expect(await socket.next()).toMatchObject({ type: 'welcome' })
  return socket
}

describe('two servers on one database', () => {
  test('[S4] [S15] K4: a socket whose token lives three seconds is told, says nothing, and is closed at the end', async () => {
    const token = await tokenOf('1', { lifetimeMs: 3_000 })
    const endsAt = claims.parse(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).exp * 1_000
    const modern = await modernOn(nodes.here, token)
    const classic = await opened(`${nodes.here.socketUrl}/ws/customers/`, bearer(token))
    expect(await modern.next()).toMatchObject({ type: 'session.expiring', code: 'token_expired', expiresAt: endsAt })
    expect(await modern.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/^token_expired /) })
    const late = Date.now() - endsAt
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(1_000)
    expect((await classic.closed).code).toBe(4001)
  })

  test('[S15] [S17] a new token moves the end of a socket that was told, and one of somebody else does not', async () => {
    const socket = await modernOn(nodes.here, await tokenOf('1', { lifetimeMs: 3_000 }))
    expect(await socket.next()).toMatchObject({ type: 'session.expiring' })
    socket.send(JSON.stringify({ id: 1, type: 'authenticate', token: await tokenOf('2') }))
    expect(await socket.next()).toMatchObject({ re: 1, type: 'error', code: 'token_invalid' })
    socket.send(JSON.stringify({ id: 2, type: 'authenticate', token: await tokenOf('1') }))
    const renewed = await socket.next()
    expect(renewed).toMatchObject({ re: 2, type: 'ok' })
    expect(Number(renewed['expiresAt'])).toBeGreaterThan(Date.now() + 500_000)
    await socket.close()
  })

  test('[O3] [O6] B3: of sockets that bring one ticket to both at the same instant at most one is let in, by the one that sold it', async () => {
    const path = '/ws/customers/'
    const buy = async (): Promise<string> => {
      const answer = await fetch(`${nodes.here.publicUrl}/api/v1/tickets`, { method: 'POST', headers: { Authorization: `Bearer ${await tokenOf('1')}` }, body: JSON.stringify({ path }) })
      return z.object({ ticket: z.string() }).parse(await answer.json()).ticket
    }
    const statuses = async (server: Serving, ticket: string): Promise<readonly number[]> => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => knock(`${server.socketUrl}${path}?ticket=${ticket}`)))
      for (const answer of answers) if ('next' in answer) await answer.close()
      return answers.map(({ status }) => status).toSorted((a, b) => a - b)
    }
    const refusals = Array.from({ length: 9 }, () => 401)
    for (let round = 0; round < 2; round++) {
      const ticket = await buy()
      const [sold, other] = await Promise.all([statuses(nodes.here, ticket), statuses(nodes.there, ticket)])
      expect(sold).toEqual([101, ...refusals])
      expect(other).toEqual([401, ...refusals])
    }
    // One that is tried on the other node is not used up, and is nothing there.
    const ticket = await buy()
    expect(await statuses(nodes.there, ticket)).toEqual([401, ...refusals])
    expect(await statuses(nodes.here, ticket)).toEqual([101, ...refusals])
  })

  const sessionIds = z.object({ items: z.array(z.object({ id: z.string(), userId: z.string() })) })
  const reached = z.object({ sockets: z.number(), nodes: z.number(), silent: z.number() })
  const kick = async (server: Serving, words: readonly string[]): Promise<z.infer<typeof reached>> =>
    reached.parse(JSON.parse((await server.run(['--json', 'sessions', 'kick', ...words])).stdout))

  test('[S18] [B6] sessions of a user that are ended on one are out on both, their tokens stay good, and the answer counts both', async () => {
    const token = await tokenOf('2')
    const [first, second, other] = [await modernOn(nodes.here, token), await modernOn(nodes.there, token), await modernOn(nodes.there, await tokenOf('1'))]
    expect(await kick(nodes.here, ['--user', '2'])).toEqual({ sockets: 2, nodes: 2, silent: 0 })
    const answeredAt = Date.now()
    for (const socket of [first, second]) expect(await socket.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/^session_ended /) })
    expect(Date.now() - answeredAt).toBeLessThan(1_000)
    for (const server of [nodes.here, nodes.there]) await (await modernOn(server, token)).close()
    await other.close()
  })

  test('[S18] a session is ended by its id through a server that does not hold it', async () => {
    const [meant, other] = [await modernOn(nodes.there, await tokenOf('1')), await modernOn(nodes.there, await tokenOf('1'))]
    const { items } = sessionIds.parse(JSON.parse((await nodes.there.run(['--json', 'sessions', 'list', '--user', '1'])).stdout))
    expect(items).toHaveLength(2)
    const [{ id } = { id: '' }] = items
    expect(await kick(nodes.here, [id])).toEqual({ sockets: 1, nodes: 2, silent: 0 })
    const { reason } = await Promise.race([meant.closed, other.closed])
    expect(reason).toBe(`session_ended ${id}`)
    expect((await nodes.here.run(['sessions', 'kick', id])).code).toBe(1)
    await Promise.all([meant.close(), other.close()])
  })

  test('[T18] a server that died is said to be silent, once', async () => {
    const third = await nodes.start()
    await third.kill()
    const ended = await nodes.here.run(['--json', 'sessions', 'kick', '--user', '1'])
    expect(reached.parse(JSON.parse(ended.stdout))).toEqual({ sockets: 0, nodes: 2, silent: 1 })
    expect(ended.stderr).toContain('1 other process has not answered')
    expect(await kick(nodes.here, ['--user', '1'])).toEqual({ sockets: 0, nodes: 2, silent: 0 })
  })

  const ends = [
    { name: '[B4] [B6] K6: a token that is revoked', words: ['token', 'revoke', '--id', 'of-user-1'], reason: 'token_revoked', user: '1' },
    { name: '[B4] [B6] K6: everything of a user that is revoked', words: ['token', 'revoke', '--user', '2'], reason: 'token_revoked', user: '2' },
    { name: '[B5] [B6] K6: a user who is disabled', words: ['user', 'disable', '3'], reason: 'token_invalid', user: '3' },
  ] as const

  test.each(ends)('$name is out on both within a second of the answer, and does not come back', async ({ words, reason, user }) => {
    const token = await tokenOf(user, { tokenId: `of-user-${user}` })
    const [first, second, other] = [await modernOn(nodes.here, token), await modernOn(nodes.there, token), await modernOn(nodes.there, await tokenOf('1'))]
    expect((await nodes.here.run(words)).code).toBe(0)
    const answeredAt = Date.now()
    for (const socket of [first, second]) expect(await socket.closed).toMatchObject({ code: 4401, reason: expect.stringMatching(new RegExp(`^${reason} `)) })
    expect(Date.now() - answeredAt).toBeLessThan(1_000)
    for (const server of [nodes.here, nodes.there]) expect(await refused(`${server.socketUrl}/ws/`, bearer(token))).toMatchObject({ status: 401, code: reason })
    await other.close()
  })

  test('[B4] K6: what was revoked stays revoked over a restart', async () => {
    const token = await tokenOf('1', { tokenId: 'for-ever' })
    expect((await nodes.here.run(['token', 'revoke', '--id', 'for-ever'])).code).toBe(0)
    await nodes.there.stop()
    nodes.there = await nodes.start()
    expect(await refused(`${nodes.there.socketUrl}/ws/`, bearer(token))).toMatchObject({ status: 401, code: 'token_revoked' })
    await (await modernOn(nodes.there, await tokenOf('1'))).close()
  })
})
