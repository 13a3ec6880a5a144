import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createPush, type User } from '../../dist/index.js'
import { deferred } from '../../dist/admission/testing/deferred.js'
import { deny } from '../../dist/protocol/denial.js'
import { handshakeText, nobody, tokenFor, type GateServer, type HandshakeParts } from './gate-server.js'
import { gateServers } from './gate-servers.js'
import { rawClient, textFrame } from './raw-client.js'

const start = gateServers()

const about = { reason: 'abuse', actor: 'grace' }

interface Ending {
  readonly name: string
  readonly code: number
  readonly reason: string
  readonly cause: (server: GateServer, table: Map<string, User>) => Promise<unknown>
}

const endings: readonly Ending[] = [
  { name: '[B3] a ban of the address', code: 4403, reason: 'address_banned', cause: ({ gate }) => gate.bans.add({ kind: 'network', network: '127.0.0.0/8' }, { ...about, force: true }) },
  { name: '[B3] a ban of the user', code: 4403, reason: 'user_banned', cause: ({ gate }) => gate.bans.add({ kind: 'user', userId: '1' }, about) },
  { name: '[B4] a revocation of the token', code: 4401, reason: 'token_revoked', cause: ({ gate }) => gate.revocations.add({ kind: 'token', tokenId: 'one', until: Date.now() + 60_000 }, 'grace') },
  { name: '[B4] a revocation of everything of the user', code: 4401, reason: 'token_revoked', cause: ({ gate }) => gate.revocations.add({ kind: 'user', userId: '1', before: Date.now() + 1_000, until: Date.now() + 60_000 }, 'grace') },
  {
    name: '[B5] a user who is disabled',
    code: 4401,
    reason: 'user_disabled',
    cause({ gate }, table) {
      table.set('1', { id: '1', active: false })
      return gate.users.changed('1')
    },
  },
  {
    name: '[B5] a user who is gone',
    code: 4401,
    reason: 'user_unknown',
    cause({ gate }, table) {
      table.delete('1')
      return gate.users.changed('1')
    },
  },
  {
    name: '[B5] a user with a newer epoch',
    code: 4401,
    reason: 'token_revoked',
    cause({ gate }, table) {
      table.set('1', { id: '1', active: true, epoch: 1 })
      return gate.users.changed('1')
    },
  },
]

test.each(endings)('$name closes the live socket it concerns, says how many, and closes no other', async ({ code, reason, cause }) => {
  const table = new Map<string, User>(['1', '2'].map((id) => [id, { id, active: true }]))
  const server = await start({ lookupUser: (id) => table.get(id), proxies: { trustedProxies: ['127.0.0.1'], forwarding: 'x-real-ip' } })
  const concerned = await server.enter({ token: await tokenFor({ tokenId: 'one', epoch: 0 }), lines: ['X-Real-IP: 127.0.0.9'] })
  const other = await server.enter({ token: await tokenFor({ subject: '2' }), lines: ['X-Real-IP: 203.0.113.9'] })
  expect(await cause(server, table)).toMatchObject({ sockets: 1 })
  const answer = await concerned.closed()
  expect(answer.closeCode).toBe(code)
  concerned.end()
  await expect.poll(() => server.ended).toEqual([[expect.any(Number), reason]])
  expect((await other.roundTrip()).closeCode).toBeUndefined()
  expect(await server.counted()).toMatchObject({ sockets: 1, leases: 1, inFlight: 0 })
})

test('[S4] a live socket ends with its token', async () => {
  const server = await start()
  const client = await server.enter({ token: await tokenFor({ lifetimeMs: 2_000 }) })
  const answer = await client.closed()
  expect([answer.closeCode, answer.closeReason.split(' ')[0]]).toEqual([4401, 'token_expired'])
})

test('[S11] a handler that throws ends its session with 4500, says nothing of what was thrown, and harms no other', async () => {
  const server = await start({
    received(_session, text) {
      if (text === '"break"') throw new Error('the secret of the house')
    },
  })
  const [client, other] = [await server.enter(), await server.enter()]
  client.write(Buffer.concat([textFrame('"break"'), textFrame('"behind"')]))
  const answer = await client.closed()
  expect([answer.closeCode, answer.closeReason.split(' ')[0]]).toEqual([4500, 'internal_error'])
  expect(client.received).not.toContain('secret')
  expect(server.failures).toEqual([new Error('the secret of the house')])
  expect(server.received).toEqual(['"break"'])
  expect((await other.roundTrip()).closeCode).toBeUndefined()
})

test('[S12] what a peer sent before it was banned is not handled after', async () => {
  let release: (() => void) | undefined
  const server = await start({ received: () => new Promise<void>((resolve) => (release = resolve)) })
  const client = await server.enter()
  client.write(Buffer.concat(['"a"', '"b"', '"c"'].map(textFrame)))
  await expect.poll(() => release).toBeDefined()
  await server.gate.bans.add({ kind: 'user', userId: '1' }, about)
  release?.()
  expect((await client.closed()).closeCode).toBe(4403)
  client.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(server.received).toEqual(['"a"'])
})

test('[S6] a peer that does not read is closed when something it must not miss does not fit, and the others are not held up', async () => {
  const server = await start({ sessions: { maxBacklogBytes: 200_000 } })
  const [slow, quick] = [await server.enter(), await server.enter()]
  slow.socket.pause()
  const push = createPush('critical', { text: 'x'.repeat(50_000) })
  let sent = 0
  // The kernel takes some megabytes before anything waits with us.
  while (server.gate.sessions.forUser('1').send(push) === 2) {
    sent += 1
    await quick.until(({ texts }) => texts.length > sent)
    if (sent > 2_000) throw new Error('nothing ever waited')
  }
  await quick.roundTrip()
  expect(quick.answer.closeCode).toBeUndefined()
  slow.end()
  await expect.poll(() => server.ended).toEqual([[expect.any(Number), 'slow_consumer']])
})

test('[S9] a draining server tells each socket when to come back, closes it with 1012 and ends with nobody', async () => {
  const server = await start()
  const clients = await Promise.all(Array.from({ length: 5 }, () => server.enter({ lines: ['Sec-WebSocket-Protocol: sallyport.v1'] })))
  const drained = server.gate.drain(2_000)
  for (const client of clients) {
    const { closeCode, texts } = await client.closed()
    expect(closeCode).toBe(1012)
    const closing: unknown = JSON.parse(texts.at(-1) ?? '')
    expect(closing).toMatchObject({ type: 'session.closing', code: 'draining' })
    client.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4]))
  }
  expect(await drained).toBe(0)
  await expect.poll(() => server.counted()).toEqual(nobody)
})

test('[S9] J1: a handshake that waited when the drain began is sent away as well, and the drain waits for it', async () => {
  const looking = deferred<User | undefined>()
  const asked = deferred()
  const server = await start({
    lookupUser() {
      asked.resolve()
      return looking.promise
    },
  })
  const client = await server.knock({ token: await tokenFor(), lines: ['Sec-WebSocket-Protocol: sallyport.v1'] })
  await asked.promise
  const drained = server.gate.drain(4_000)
  looking.resolve({ id: '1', active: true })
  const { closeCode } = await client.closed()
  expect(closeCode).toBe(1012)
  client.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4]))
  expect(await drained).toBe(0)
  await expect.poll(() => server.counted()).toEqual(nobody)
})

describe('[B2] a banned peer', () => {
  const tricks: readonly (readonly [name: string, parts: HandshakeParts])[] = [
    ['as it is', {}],
    ['with X-Forwarded-For', { lines: ['X-Forwarded-For: 203.0.113.9'] }],
    ['with a list of hops', { lines: ['X-Forwarded-For: 203.0.113.9, 198.51.100.1'] }],
    ['with X-Real-IP', { lines: ['X-Real-IP: 203.0.113.9'] }],
    ['with Forwarded', { lines: ['Forwarded: for=203.0.113.9'] }],
    ['with headers of other proxies', { lines: ['CF-Connecting-IP: 203.0.113.9', 'True-Client-IP: 203.0.113.9', 'X-Client-IP: 203.0.113.9', 'X_Forwarded_For: 203.0.113.9'] }],
    ['with another Host', { host: '203.0.113.9' }],
  ]

  test.each(['127.0.0.1', '::'] as const)('[B2] on %s does not get in by any header', async (host) => {
    const server = await start({ host })
    await server.gate.bans.add({ kind: 'network', network: '127.0.0.2' }, { ...about, force: true })
    const token = await tokenFor()
    for (const [name, parts] of tricks) {
      const client = await server.knock({ token, ...parts }, { localAddress: '127.0.0.2' })
      const { status, body } = await client.gone()
      expect([status, body], name).toEqual([403, expect.stringContaining('address_banned')])
    }
    const neighbour = await server.enter({ token }, { localAddress: '127.0.0.3' })
    neighbour.end()
  })

  test.each(['127.0.0.2', '127.0.0.2/32', '::ffff:127.0.0.2', '::ffff:7f00:2', '127.0.0.0/30'])('[B1] [B2] is banned however the ban is spelled: %s', async (network) => {
    const server = await start({ host: '::' })
    await server.gate.bans.add({ kind: 'network', network }, { ...about, force: true })
    const client = await server.knock({ token: await tokenFor() }, { localAddress: '127.0.0.2' })
    expect((await client.gone()).status).toBe(403)
  })

  test('[B2] behind a trusted proxy does not get in by a port, brackets or a mapped form', async () => {
    const server = await start({ proxies: { trustedProxies: ['127.0.0.1'], forwarding: 'x-forwarded-for' } })
    await server.gate.bans.add({ kind: 'network', network: '198.51.100.7' }, about)
    const token = await tokenFor()
    const spellings = ['198.51.100.7', '198.51.100.7:4711', '::ffff:198.51.100.7', '[::ffff:198.51.100.7]:80', '::FFFF:c633:6407', '203.0.113.9, 198.51.100.7', ' 198.51.100.7 ']
    for (const spelling of spellings) {
      const client = await server.knock({ token, lines: [`X-Forwarded-For: ${spelling}`] })
      const { status } = await client.gone()
      expect([403, 400], spelling).toContain(status)
    }
    for (const spelling of spellings.slice(0, 4)) {
      const client = await server.knock({ token, lines: [`X-Forwarded-For: ${spelling}`] })
      expect((await client.gone()).status, spelling).toBe(403)
    }
    const next = await server.enter({ token, lines: ['X-Forwarded-For: 198.51.100.7, 203.0.113.9'] })
    next.end()
  })

  test('[B7] gets in again once the ban is lifted', async () => {
    const server = await start()
    await server.gate.bans.add({ kind: 'network', network: '127.0.0.1' }, { ...about, force: true })
    await (await server.knock({ token: await tokenFor() })).gone()
    await server.gate.bans.lift({ kind: 'network', network: '127.0.0.1' }, 'grace')
    await server.enter()
  })
})

test('[L4] [S14] a socket holds its place until it is gone, however it goes, and gives it back once', async () => {
  const server = await start({ limits: { userSockets: 3 } })
  const ends = ['end', 'reset', 'close'] as const
  for (let round = 0; round < 5; round++) {
    const clients = await Promise.all(ends.map(() => server.enter()))
    expect(await server.counted()).toMatchObject({ sockets: 3, leases: 3 })
    const refused = await server.knock({ token: await tokenFor() })
    expect((await refused.gone()).body).toContain('too_many_connections')
    for (const [index, client] of clients.entries()) {
      if (ends[index] === 'end') client.end()
      else if (ends[index] === 'reset') client.reset()
      else client.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]))
    }
    await expect.poll(() => server.counted()).toEqual(nobody)
  }
  expect(server.ended).toHaveLength(15)
})

describe('the ws client of Node', () => {
  const carriers: readonly (readonly [name: string, connect: (port: number, token: string) => WebSocket, protocol: string])[] = [
    ['header', (port, token) => new WebSocket(`ws://127.0.0.1:${String(port)}/ws/`, { headers: { Authorization: `Bearer ${token}` } }), ''],
    ['query', (port, token) => new WebSocket(`ws://127.0.0.1:${String(port)}/ws/?token=${token}`), ''],
    ['sub-protocol', (port, token) => new WebSocket(`ws://127.0.0.1:${String(port)}/ws/`, ['sallyport.v1', `sallyport.bearer.${token}`]), 'sallyport.v1'],
  ]

  test.each(carriers)('[A11] B6: connects by %s, is spoken to, and the token is not echoed', async (_name, connect, protocol) => {
    const server = await start()
    const client = connect(server.port, await tokenFor())
    const [message]: unknown[] = await once(client, 'message')
    expect(String(message)).toBe('{"type":"hello","user":"1"}')
    expect(client.protocol).toBe(protocol)
    client.close(1000)
    const [code]: unknown[] = await once(client, 'close')
    expect(code).toBe(1000)
    await expect.poll(() => server.counted()).toEqual(nobody)
  })

  test('[R2] without a token sees the status, and as a page the close code', async () => {
    const server = await start()
    const program = new WebSocket(`ws://127.0.0.1:${String(server.port)}/ws/`)
    const [error]: unknown[] = await once(program, 'error').catch((reason: unknown) => [reason])
    expect(String(error)).toContain('401')
    const page = new WebSocket(`ws://127.0.0.1:${String(server.port)}/ws/`, { origin: 'https://app.example' })
    const [code, reason]: unknown[] = await once(page, 'close')
    expect([code, String(reason)]).toEqual([4401, expect.stringMatching(/^token_missing [0-9a-f-]{36}$/)])
  })
})

test('an operator ends a session in its own words, and once', async () => {
  const server = await start()
  const client = await server.enter()
  const [session] = server.gate.sessions.forUser('1')
  expect(session === undefined ? [] : [server.gate.sessions.close(session, deny('forbidden')), server.gate.sessions.close(session, deny('forbidden'))]).toEqual([true, false])
  expect((await client.closed()).closeReason).toBe(`forbidden ${session?.id ?? ''}`)
})

test('[S1] the id of a session is the id of the decision that let it in', async () => {
  const server = await start()
  const client = await rawClient(server.port)
  client.write(handshakeText({ token: await tokenFor() }))
  await client.until(({ texts }) => texts.length > 0)
  const [session] = server.gate.sessions
  expect(server.gate.decisions.find(session?.id ?? '')).toMatchObject({ outcome: 'admitted', principal: { user: { id: '1' } } })
  client.end()
})
