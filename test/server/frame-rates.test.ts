import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { bearer, modernBearer, opened } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

const secret = randomBytes(64).toString('base64url')
const env: Environment = {
  SALLYPORT_TOKENS_SECRET: secret,
  SALLYPORT_LIMITS_SESSION_FRAMES_MAX: '5',
  SALLYPORT_LIMITS_USER_BYTES_MAX: '8192',
  SALLYPORT_LIMITS_FRAME_BYTES: '8192',
}

const tokenOf = (subject: string): Promise<string> => mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs: 600_000, at: Date.now() })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving

beforeAll(async () => {
  folder = await temporaryFolder()
  await seedFolder(folder.cwd)
  server = await serve(['serve'], folder.cwd, env)
})

afterAll(async () => {
  await server.stop()
  await folder.remove()
})

test('[L6] G7: sallyport.v1 answers a message over the rate of its socket in its place, by its id, and a flood closes with 4429', async () => {
  const socket = await opened(`${server.socketUrl}/ws/`, modernBearer(await tokenOf('1')))
  expect(await socket.next()).toMatchObject({ type: 'welcome' })
  for (let id = 1; id <= 15; id++) socket.send(JSON.stringify({ id, type: 'typing', conversation: 'nowhere', active: true }))
  for (let id = 1; id <= 5; id++) expect(await socket.next()).toMatchObject({ re: id, type: 'error', code: 'not_subscribed' })
  for (let id = 6; id <= 15; id++) expect(await socket.next()).toMatchObject({ re: id, type: 'error', code: 'rate_limited', retryAfterMs: expect.any(Number) })
  socket.send('{}')
  expect(await socket.closed).toMatchObject({ code: 4429, reason: expect.stringMatching(/^too_many_messages /) })
})

test('[L6] G7: classic tells a user who sends too many bytes over two sockets the wait in an error frame, and a flood closes with 4429', async () => {
  const bytes = (size: number): string => JSON.stringify({ type: 'unknown_type', padding: 'x'.repeat(size) })
  const first = await opened(`${server.socketUrl}/ws/customers/`, bearer(await tokenOf('2')))
  const second = await opened(`${server.socketUrl}/ws/customers/`, bearer(await tokenOf('2')))
  first.send(bytes(5_000))
  for (const type of ['connection_established', 'customers_list']) expect(await first.next()).toMatchObject({ type })
  for (const type of ['connection_established', 'customers_list']) expect(await second.next()).toMatchObject({ type })
  second.send(bytes(5_000))
  const refused = await second.next()
  expect(refused).toMatchObject({ type: 'error', error: 'Message rate limit exceeded', message: 'Message rate limit exceeded' })
  expect(refused['retry_after_ms']).toBeGreaterThan(0)
  for (let count = 0; count < 3; count++) second.send(bytes(5_000))
  expect((await second.closed).code).toBe(4429)
  // Unlike the flooder's, the first socket of the user goes on, and what fits is heard.
  first.send('no json')
  expect(await first.next()).toMatchObject({ error: 'Invalid JSON format' })
})

test('[L6] metrics count what the rates refused, by rule and outcome', async () => {
  const text = await (await fetch(`${server.internalUrl}/metrics`)).text()
  expect(text).toContain('sallyport_messages_limited_total{rule="sessionFrames",outcome="limited"} 10')
  expect(text).toContain('sallyport_messages_limited_total{rule="sessionFrames",outcome="flood"} 1')
  expect(text).toMatch(/sallyport_messages_limited_total\{rule="userBytes",outcome="limited"\} [1-9]/)
})
