import { readFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { knock, modernBearer, type Knocked } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Serving } from '../server/run-cli.js'
import { createFullSetUp } from './full-set-up.mjs'
import { examination } from './set-up.js'

const { issuers, asymmetric } = createFullSetUp()
const password = 'correct horse battery'
const wide = { SALLYPORT_LOGIN_ADDRESS_BUDGET_CAPACITY: '100000', SALLYPORT_LOGIN_ACCOUNT_BUDGET_CAPACITY: '100000' }
const pair = z.object({ accessToken: z.string(), refreshToken: z.string() })

let server: Serving
let remove: () => Promise<void>
let key = ''

const operator = async (method: string, path: string, body?: unknown): Promise<void> => {
  const headers = { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' }
  const answer = await fetch(`${server.internalUrl}/api/v1/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  expect(answer.ok, await answer.text()).toBe(true)
}

let calls = 0
/** From many addresses, whose budgets are none of this test's business. */
const somewhere = (): Readonly<Record<string, string>> => ({ 'x-forwarded-for': `198.51.100.${String(++calls % 250)}` })

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.publicUrl}/api/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...somewhere() }, body: JSON.stringify(body) })

/** Verified by another thread, so that much may happen while one is judged. */
const tokenOf = (subject: string, tokenId: string = randomUUID()): string => asymmetric('RS256', { sub: subject, jti: tokenId, iat: Math.floor(Date.now() / 1_000) })

const admitted = async (token: string): Promise<Knocked> => {
  const answer = await knock(`${server.socketUrl}/ws/`, { ...modernBearer(token), headers: somewhere() })
  if (!('closed' in answer)) throw new Error(`It was refused: ${answer.body}`)
  return answer
}

const isRefused = async (token: string): Promise<boolean> => {
  const answer = await knock(`${server.socketUrl}/ws/`, { ...modernBearer(token), headers: somewhere() })
  if ('closed' in answer) await answer.close()
  return !('closed' in answer)
}

/** Ends of a user, how the way back is cleared for the next round, and whether a token that is made afterwards is good. */
const ends: readonly { readonly name: string; readonly end: (user: string) => Promise<void>; readonly undo: (user: string) => Promise<void>; readonly outlivedByNew: boolean }[] = [
  {
    name: 'a disabled user',
    end: (user) => operator('PATCH', `users/${user}`, { active: false }),
    undo: (user) => operator('PATCH', `users/${user}`, { active: true }),
    outlivedByNew: false,
  },
  {
    name: 'a banned user',
    end: (user) => operator('POST', 'bans', { userId: user, reason: 'race', durationMs: 60_000, force: true }),
    undo: (user) => operator('DELETE', `bans?userId=${user}`),
    outlivedByNew: false,
  },
  { name: 'what was issued before now', end: (user) => operator('POST', 'revocations', { userId: user }), undo: () => Promise.resolve(), outlivedByNew: true },
]

beforeAll(async () => {
  const folder = await temporaryFolder()
  remove = folder.remove
  const env = { ...examination('http'), ...wide, SALLYPORT_TOKENS_ISSUERS: issuers, SALLYPORT_LOG_LEVEL: 'error', SALLYPORT_TRUSTED_PROXIES: '127.0.0.1' }
  await seedFolder(folder.cwd)
  server = await serve(['serve'], folder.cwd, env)
  key = (await readFile(join(folder.cwd, '.sallyport', 'operator.key'), 'utf8')).trim()
  await operator('PUT', 'users/3/password', { password })
})
afterAll(async () => {
  await server.stop()
  await remove()
})

/** Brings one new token after another, as many as are taken, until the socket is gone. */
const renew = async (socket: Knocked, tokens: readonly string[]): Promise<void> => {
  for (let turn = 0; ; turn++) {
    socket.send(JSON.stringify({ id: turn, type: 'authenticate', token: tokens[turn % tokens.length] }))
    while ((await socket.next())['re'] !== turn) continue
  }
}

describe('a renewal that races its end', () => {
  test.each(ends)('[S17] [B3] [B4] [B5] never outlives it: $name', async ({ end, undo, outlivedByNew }) => {
    for (let round = 0; round < 4; round++) {
      // Ids of their own, so that no token is one that was verified before.
      const tokens = Array.from({ length: 40 }, () => tokenOf('3'))
      const sockets = await Promise.all(tokens.slice(0, 12).map(admitted))
      const renewing = sockets.map((socket) => renew(socket, tokens).catch(() => undefined))
      await new Promise((resolve) => setTimeout(resolve, 5 * round))
      await end('3')
      const at = performance.now()
      const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code))
      expect(performance.now() - at).toBeLessThan(1_000)
      expect(codes.every((code) => code === 4401 || code === 4403)).toBe(true)
      await Promise.all(renewing)
      expect(await isRefused(tokens[0] ?? '')).toBe(true)
      await undo('3')
      // Tokens tell whole seconds, and a revocation ends what was issued before the next one; a timer may be a moment early by this clock.
      if (outlivedByNew) await new Promise((resolve) => setTimeout(resolve, 1_005 - (Date.now() % 1_000)))
    }
  })

  test('[S17] [B4] never outlives the revocation of the very token it brings', async () => {
    for (let round = 0; round < 12; round++) {
      const id = randomUUID()
      const ended = tokenOf('3', id)
      const socket = await admitted(tokenOf('3'))
      await socket.next()
      socket.send(JSON.stringify({ id: 'a', type: 'authenticate', token: ended }))
      await operator('POST', 'revocations', { tokenId: id })
      const answer = await socket.next()
      if (answer.type === 'ok') expect((await socket.closed).code).toBe(4401)
      else {
        // Refused, it changed nothing: the session goes on by its first token.
        expect(answer).toMatchObject({ re: 'a', code: 'token_revoked' })
        await socket.close()
      }
    }
  })
})

describe('a refresh that races its end', () => {
  test.each(ends)('[G5] [G7] leaves no pair that is good: $name', async ({ end, undo, outlivedByNew }) => {
    for (let round = 0; round < 4; round++) {
      const logins = await Promise.all(Array.from({ length: 4 }, async () => pair.parse(await (await post('login', { identifier: 'nina@example.com', password })).json())))
      const held = logins.map((tokens) => ({ tokens }))
      const refreshing = held.map(async (each) => {
        for (;;) {
          const answer = await post('refresh', { refreshToken: each.tokens.refreshToken })
          if (answer.status !== 200) return answer.status
          each.tokens = pair.parse(await answer.json())
        }
      })
      await new Promise((resolve) => setTimeout(resolve, 2 * round))
      await end('3')
      expect(new Set(await Promise.all(refreshing))).toEqual(new Set([401]))
      for (const { tokens } of held) {
        expect(await isRefused(tokens.accessToken)).toBe(true)
        expect((await post('refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
      }
      await undo('3')
      for (const { tokens } of held) expect((await post('refresh', { refreshToken: tokens.refreshToken })).status).toBe(401)
      if (outlivedByNew) expect((await post('login', { identifier: 'nina@example.com', password })).status).toBe(200)
    }
  })
})
