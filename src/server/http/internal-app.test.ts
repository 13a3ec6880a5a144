import fc from 'fast-check'
import type { Hono } from 'hono'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Ban } from '../../admission/ban.js'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { Conflict } from '../conflict.js'
import type { DecisionReport, Operations } from '../operations.js'
import { operatorRoles } from '../operator-keys.js'
import { createInternalApp } from './internal-app.js'

const key = 'k'.repeat(43)
const at = 1_700_000_000_000

const ban: Ban = {
  id: '018bcfe5-6800-7000-8000-000000000000', subject: { kind: 'network', network: '203.0.113.0/24' }, reason: 'flood', actor: 'cli',
  source: 'manual', createdAt: at, expiresAt: at + 1000,
}

const report: DecisionReport = {
  recordVersion: 1, step: 'token', inputs: { peer: '203.0.113.7', host: undefined, forwarded: undefined, addressKey: '203.0.113.7', carriers: undefined, credential: undefined, budget: undefined, load: undefined, limits: undefined },
  id: 'd1', outcome: 'denied', reason: 'token_invalid', told: 'token_invalid', sentence: 'The token was not accepted.', remedy: 'Fetch a new token.', retry: 'after-login',
  status: 401, closeCode: 4401, retryAfterMs: undefined, receivedAt: at, address: '203.0.113.7', path: '/ws/', origin: undefined, dialect: 'sallyport.v1',
  endpoint: 'root', userId: undefined, policyVersion: 'p', steps: [], marks: [],
}

const session = (id: string, userId: string) => ({
  id, userId, address: '127.0.0.1', endpoint: 'root', dialect: 'plain', openedAt: at, expiresAt: undefined, development: false,
})

interface Recorded {
  readonly operations: Operations
  readonly calls: unknown[][]
}

const recorded = (changes: Partial<Operations> = {}): Recorded => {
  const calls: unknown[][] = []
  const note = <R>(name: string, result: R) => (...args: readonly unknown[]): Promise<R> => {
    calls.push([name, ...args])
    return Promise.resolve(result)
  }
  const user = { id: '7', email: 'a@example.test', active: true, role: 'agent' } as const
  const reach = { sockets: 2, nodes: 1 }
  const operations: Operations = {
    health: () => Promise.resolve({ ready: true, mode: 'production', draining: false, checks: { storage: 'ok' }, sessions: 3 }),
    audit: note('audit', [{ id: 9, at, actor: 'cli', action: 'ban.add', subject: 'user:7', before: undefined, after: {} }]),
    undo: (id, force, ownAddress, actor) => {
      calls.push(['undo', id, force, ownAddress, actor])
      return Promise.resolve(id === 9 ? { kind: 'undone', action: 'ban.add', subject: 'user:7', sockets: 0, nodes: 1 } : id === 10 ? { kind: 'refused', why: 'This ban is not in force any more.' } : id === 11 ? { kind: 'dangerous', dangers: ['loopback'] } : undefined)
    },
    dryRun: () => ({ since: at, items: [] }),
    metrics: () => Promise.resolve('sallyport_sessions 3\n'),
    info: () => ({ name: 'sallyport' }),
    ban: note('ban', { ban, ...reach }),
    previewBan: (subject) => ({ sockets: 2, users: 1, dangers: subject.kind === 'network' && subject.network.endsWith('/0') ? ['everybody'] : [] }),
    lift: note('lift', [ban]),
    importBans: note('importBans', { added: 1, unchanged: 0, ended: 0, refused: [], ...reach }),
    bans: note('bans', [ban]),
    revokeToken: note('revokeToken', reach),
    revokeUser: note('revokeUser', reach),
    sessions: () => [session('s1', '1'), session('s2', '2')],
    kick: note('kick', reach),
    users: note('users', [user]),
    addUser: note('addUser', user),
    setUserActive: (id, active, actor) => {
      calls.push(['setUserActive', id, active, actor])
      return Promise.resolve(id === '7' ? { user, ...reach } : undefined)
    },
    setMemberActive: (id, workspace, active, actor) => {
      calls.push(['setMemberActive', id, workspace, active, actor])
      return Promise.resolve(id === '7' && workspace === '2' ? { user, ...reach } : undefined)
    },
    userChanged: note('userChanged', reach),
    setUserPassword: (id, password, actor) => {
      calls.push(['setUserPassword', id, password, actor])
      return Promise.resolve(id === '7' ? { user, ...reach } : undefined)
    },
    decision: (id) => (id === 'd1' ? report : undefined),
    decisions: (...args) => {
      calls.push(['decisions', ...args])
      return [report]
    },
    followDecisions: () => ({ next: () => Promise.resolve(undefined), stop: () => undefined }),
    explain: note('explain', report),
    checkToken: note('checkToken', {
      accepted: true, reason: undefined, detail: undefined, remedy: undefined, issuer: undefined, subject: '1', tokenId: undefined, issuedAt: undefined, expiresAt: undefined, checks: [],
    }),
    ...changes,
  }
  return { operations, calls }
}

interface Ask {
  readonly method?: string
  readonly key?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const ask = async (app: Hono, path: string, { method = 'GET', key: given, body, headers = {} }: Ask = {}): Promise<Response> =>
  app.request(path, {
    method,
    headers: {
      Host: '127.0.0.1:4480',
      ...(given === undefined ? {} : { Authorization: `Bearer ${given}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

const appOf = ({ operations }: Recorded, now = () => at): Hono => createInternalApp({ operations, operatorKey: key, now })

const open = ['GET /livez', 'GET /healthz', 'GET /readyz', 'GET /metrics']

/** Every route behind the key, with a request that it answers well. */
const guarded: Readonly<Record<string, { readonly path: string; readonly body?: unknown; readonly status: number }>> = {
  'GET /api/v1/info': { path: '/api/v1/info', status: 200 },
  'GET /api/v1/bans': { path: '/api/v1/bans', status: 200 },
  'POST /api/v1/bans': { path: '/api/v1/bans', body: { network: '203.0.113.7/24', reason: 'flood' }, status: 201 },
  'POST /api/v1/ban-imports': { path: '/api/v1/ban-imports', body: { bans: [{ userId: '7', expiresAt: null }] }, status: 201 },
  'POST /api/v1/ban-previews': { path: '/api/v1/ban-previews', body: { network: '203.0.113.7/24' }, status: 200 },
  'DELETE /api/v1/bans': { path: '/api/v1/bans?userId=7', status: 200 },
  'POST /api/v1/revocations': { path: '/api/v1/revocations', body: { tokenId: 't1' }, status: 201 },
  'GET /api/v1/sessions': { path: '/api/v1/sessions?userId=2', status: 200 },
  'DELETE /api/v1/sessions': { path: '/api/v1/sessions?userId=2', status: 200 },
  'DELETE /api/v1/sessions/:id': { path: '/api/v1/sessions/s1', status: 200 },
  'GET /api/v1/users': { path: '/api/v1/users', status: 200 },
  'POST /api/v1/users': { path: '/api/v1/users', body: { email: 'a@example.test' }, status: 201 },
  'POST /api/v1/user-changes': { path: '/api/v1/user-changes', body: { userId: '7' }, status: 200 },
  'PATCH /api/v1/users/:id': { path: '/api/v1/users/7', body: { active: false }, status: 200 },
  'PUT /api/v1/users/:id/password': { path: '/api/v1/users/7/password', body: { password: 'twelve letters' }, status: 200 },
  'GET /api/v1/decisions': { path: '/api/v1/decisions?outcome=denied&limit=5', status: 200 },
  'GET /api/v1/decision-stream': { path: '/api/v1/decision-stream?reason=token_invalid', status: 200 },
  'GET /api/v1/decisions/:id': { path: '/api/v1/decisions/d1', status: 200 },
  'GET /api/v1/dry-run': { path: '/api/v1/dry-run', status: 200 },
  'GET /api/v1/audit': { path: '/api/v1/audit?actor=cli&limit=5', status: 200 },
  'POST /api/v1/audit/:id/undo': { path: '/api/v1/audit/9/undo', body: {}, status: 200 },
  'POST /api/v1/explanations': { path: '/api/v1/explanations', body: { path: '/ws/', address: '203.0.113.7' }, status: 200 },
  'POST /api/v1/token-checks': { path: '/api/v1/token-checks', body: { token: 'x' }, status: 200 },
}

test('the routes are exactly those that this file tests', () => {
  const routes = appOf(recorded()).routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`)
  expect(routes.toSorted()).toEqual([...open, ...Object.keys(guarded)].toSorted())
})

test.each(open)('%s answers without a key', async (route) => {
  const response = await ask(appOf(recorded()), route.slice(4))
  expect(response.status).toBe(200)
})

test.each(Object.entries(guarded))('%s answers the right key, 401 without a key and with a wrong one', async (route, { path, body, status }) => {
  const method = route.slice(0, route.indexOf(' '))
  const kept = recorded()
  const app = appOf(kept)

  const without = await ask(app, path, { method, body })
  expect(without.status).toBe(401)
  expect(without.headers.get('www-authenticate')).toBe('Bearer')
  const wrong = await ask(app, path, { method, body, key: `${key}x` })
  expect(wrong.status).toBe(401)
  expect(await wrong.json()).toMatchObject({ code: 'key_wrong', status: 401 })
  expect(kept.calls).toEqual([])

  const right = await ask(app, path, { method, body, key })
  expect(right.status).toBe(status)
})

test('[B9] a dangerous ban is refused and nothing is saved, unless it is forced', async () => {
  const kept = recorded()
  const app = appOf(kept)
  const refused = await ask(app, '/api/v1/bans', { method: 'POST', key, body: { network: '0.0.0.0/0' } })
  expect(refused.status).toBe(409)
  expect(await refused.json()).toMatchObject({ code: 'ban_dangerous', errors: ['everybody: it holds every address of its family'] })
  expect(kept.calls).toEqual([])
  expect((await ask(app, '/api/v1/bans', { method: 'POST', key, body: { network: '0.0.0.0/0', force: true } })).status).toBe(201)
  expect(kept.calls).toHaveLength(1)
})

test('[E7] an undo that is refused or dangerous says why, and an unknown line is 404', async () => {
  const kept = recorded()
  const app = appOf(kept)
  const undo = (id: string, body: object = {}) => ask(app, `/api/v1/audit/${id}/undo`, { method: 'POST', key, body })
  expect(await (await undo('10')).json()).toEqual({ status: 409, code: 'undo_impossible', title: 'This ban is not in force any more.' })
  const dangerous = await undo('11', { force: true, ownAddress: '203.0.113.7' })
  expect(await dangerous.json()).toMatchObject({ status: 409, code: 'ban_dangerous', errors: ['loopback: it holds addresses of this machine itself'] })
  expect(kept.calls.at(-1)).toEqual(['undo', 11, true, '203.0.113.7', { name: 'operator' }])
  for (const id of ['12', '0', '-1', 'x', '9.5']) expect((await undo(id)).status).toBe(404)
})

test.each(['cross-site', 'same-site'])('[E9] what a foreign page began is refused by Sec-Fetch-Site: %s, even with the key', async (site) => {
  const kept = recorded()
  const response = await ask(appOf(kept), '/api/v1/bans', { key, headers: { 'Sec-Fetch-Site': site } })
  expect(await response.json()).toMatchObject({ status: 403, code: 'cross_origin' })
  expect(kept.calls).toEqual([])
})

test('[E11] each route is closed to every role below the one that it needs, and open to the others', async () => {
  const needed = (route: string): number => {
    if (/^GET |explanations|token-checks|ban-previews/.test(route)) return 0
    return /bans|ban-imports|revocations|sessions/.test(route) ? 1 : 2
  }
  for (const [rank, role] of operatorRoles.entries()) {
    const kept = recorded()
    const app = createInternalApp({
      operations: kept.operations, operatorKey: key, now: () => at,
      findOperator: (given) => Promise.resolve(given === 'vera' ? { name: 'vera', role, digest: '', createdAt: at } : undefined),
    })
    for (const [route, { path, body, status }] of Object.entries(guarded)) {
      const response = await ask(app, path, { method: route.split(' ', 1)[0] ?? '', body, key: 'vera' })
      expect(response.status, `${role} ${route}`).toBe(needed(route) > rank ? 403 : status)
    }
  }
})

test('[E9] no spelling of a path, no method and no form of a key opens a route without the key', async () => {
  const spelling = fc.constantFrom<(path: string) => string>(
    (path) => path,
    (path) => path.replace('/api', '//api'),
    (path) => path.replace('/api', '/./api'),
    (path) => path.replace('/api', '/livez/../api'),
    (path) => path.replace('/api', '/livez/%2e%2e/api'),
    (path) => path.replace('api', '%61pi'),
    (path) => path.replace('api', '%2561pi'),
    (path) => path.replace('/v1/', '%2fv1/'),
    (path) => path.replace('/v1/', '//v1/'),
    (path) => path.replace('/v1/', '/v1;x/'),
    (path) => path.replace('/api', String.raw`\api`),
    (path) => path.toUpperCase(),
    (path) => `${path}/`,
    (path) => `${path}%00`,
    (path) => `${path}#/livez`,
    (path) => `/metrics?x=${path}`,
  )
  const headers = fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    { 'X-Original-URL': '/livez', 'X-Rewrite-URL': '/livez' },
    { 'X-HTTP-Method-Override': 'GET' },
    { 'X-Forwarded-For': '127.0.0.1', 'Forwarded': 'for=127.0.0.1' },
    { Authorization: `Basic ${Buffer.from(`operator:${key}`).toString('base64')}` },
    { Authorization: `Bearer  ${key.slice(0, -1)}`, Cookie: `key=${key}` },
    { Authorization: `Bearer ${key}, Bearer x` },
  )
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'get')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.values(guarded)), spelling, methods, headers, async ({ path, body }, spelt, method, more) => {
      const kept = recorded()
      const bodied = !/^(?:get|head)$/i.test(method)
      const response = await ask(appOf(kept), spelt(path), { method, headers: more, ...(bodied ? { body } : {}) })
      const isOpen = spelt(path).startsWith('/metrics')
      if (!isOpen) expect([401, 404, 405]).toContain(response.status)
      expect(response.status).toBeLessThan(500)
      expect(kept.calls).toEqual([])
    }),
    { numRuns: 400 },
  )
})

test('an unknown path below /api tells nothing without the key', async () => {
  const app = appOf(recorded())
  expect((await ask(app, '/api/v1/secrets')).status).toBe(401)
  expect((await ask(app, '/api/v1/secrets', { key })).status).toBe(404)
  expect((await ask(app, '/console')).status).toBe(404)
})

test('L2: the eleventh wrong key in a minute is answered 429 with the wait, the right key always gets in', async () => {
  let now = at
  const app = appOf(recorded(), () => now)
  for (let count = 0; count < 10; count += 1) {
    expect((await ask(app, '/api/v1/bans', { key: `wrong${count}` })).status).toBe(401)
    now += 1000
  }
  const limited = await ask(app, '/api/v1/bans', { key: 'wrong' })
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('50')
  expect((await ask(app, '/api/v1/bans', { key })).status).toBe(200)
  now += 50_000
  expect((await ask(app, '/api/v1/bans', { key: 'wrong' })).status).toBe(401)
  expect((await ask(app, '/api/v1/bans', { key: 'wrong' })).status).toBe(429)
})

test('L2: keys of any length and any other scheme are refused, never thrown over', async () => {
  const app = appOf(recorded())
  for (const authorization of ['Bearer ', `Basic ${key}`, 'Bearer a b', `bearer ${key.slice(1)}`, `Bearer ${'x'.repeat(9000)}`]) {
    const response = await ask(app, '/api/v1/bans', { headers: { Authorization: authorization } })
    expect(response.status, authorization.slice(0, 20)).toBe(401)
  }
})

test.each(['localhost', 'LOCALHOST:4480', '127.0.0.1', '127.1.2.3:80', '[::1]:4480'])('the Host %s is this machine', async (host) => {
  expect((await ask(appOf(recorded()), '/livez', { headers: { Host: host } })).status).toBe(200)
})

test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:4480', '10.0.0.1', '[::2]', '127.0.0.1@evil.example', ''])(
  'the Host "%s" is answered 421 on every path',
  async (host) => {
    const app = appOf(recorded())
    expect((await ask(app, '/livez', { headers: { Host: host } })).status).toBe(421)
    expect((await ask(app, '/api/v1/bans', { headers: { Host: host }, key })).status).toBe(421)
  },
)

test('what a web page can send is refused even with the right key', async () => {
  const kept = recorded()
  const app = appOf(kept)
  const body = { network: '203.0.113.7' }
  const paged = await ask(app, '/api/v1/bans', { method: 'POST', key, body, headers: { Origin: 'http://127.0.0.1:4480' } })
  expect(paged.status).toBe(403)
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonp']
  for (const type of types) {
    const response = await ask(app, '/api/v1/bans', { method: 'POST', key, body, headers: { 'Content-Type': type } })
    expect(response.status, type).toBe(415)
  }
  expect(kept.calls).toEqual([])
})

test.each([
  ['/api/v1/revocations', { tokenId: 'a', untilAt: 1_800_000_000 }, 'untilAt: must be epoch milliseconds, not seconds: multiply by 1000: current value is 1800000000'],
  ['/api/v1/revocations', { userId: '7', beforeAt: 1_800_000_000 }, 'beforeAt: must be epoch milliseconds, not seconds: multiply by 1000: current value is 1800000000'],
  ['/api/v1/ban-imports', { bans: [{ userId: '7', expiresAt: 1_800_000_000 }] }, 'bans.0.expiresAt: must be epoch milliseconds, not seconds: multiply by 1000: current value is 1800000000'],
  ['/api/v1/bans', { userId: '7', reason: 'stolen: Bearer eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiI3In0.c2ln' }, 'reason: must not hold a token: its id (jti) says which it was'],
  ['/api/v1/bans', { userId: 'Bearer eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiI3In0.c2ln' }, 'userId: must be the id of a user, not a token'],
  ['/api/v1/ban-imports', { bans: [{ userId: '7', expiresAt: null, reason: 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiI3In0.c2ln' }] }, 'bans.0.reason: must not hold a token: its id (jti) says which it was'],
])('%s refuses %j: seconds would be over since 1970, and a token would be kept', async (path, body, said) => {
  const kept = recorded()
  const response = await ask(appOf(kept), path, { method: 'POST', key, body })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'bad_body', errors: [said] })
  expect(kept.calls).toEqual([])
})

test('a body over 64 KiB is refused before it is parsed', async () => {
  const kept = recorded()
  const response = await ask(appOf(kept), '/api/v1/token-checks', { method: 'POST', key, body: { token: 'x'.repeat(65_536) } })
  expect(response.status).toBe(413)
  expect(kept.calls).toEqual([])
})

test.each([
  ['POST', '/api/v1/bans', '{'],
  ['POST', '/api/v1/bans', 'null'],
  ['POST', '/api/v1/bans', {}],
  ['POST', '/api/v1/bans', { network: '203.0.113.7', userId: '1' }],
  ['POST', '/api/v1/bans', { network: '010.0.0.1' }],
  ['POST', '/api/v1/bans', { network: '203.0.113.7', durationMs: 0 }],
  ['POST', '/api/v1/bans', { network: '203.0.113.7', hours: 24 }],
  ['POST', '/api/v1/bans', { userId: 'a\u0000b' }],
  ['DELETE', '/api/v1/bans', undefined],
  ['GET', '/api/v1/bans?limit=1001', undefined],
  ['GET', '/api/v1/bans?after=x', undefined],
  ['POST', '/api/v1/ban-imports', { bans: [] }],
  ['POST', '/api/v1/ban-imports', { bans: [{ network: '203.0.113.7' }] }],
  ['POST', '/api/v1/ban-imports', { bans: [{ network: '010.0.0.1', expiresAt: null }] }],
  ['POST', '/api/v1/ban-imports', { bans: Array.from({ length: 1_001 }, () => ({ userId: '7', expiresAt: null })) }],
  ['DELETE', '/api/v1/sessions', undefined],
  ['POST', '/api/v1/revocations', { tokenId: 't', userId: '1' }],
  ['POST', '/api/v1/revocations', { tokenId: 'a\u0000b' }],
  ['POST', '/api/v1/users', { email: 'nobody' }],
  ['POST', '/api/v1/user-changes', { userId: '' }],
  ['POST', '/api/v1/users', { email: 'a@example.test', role: 'root' }],
  ['PATCH', '/api/v1/users/7', { active: 'no' }],
  ['PUT', '/api/v1/users/7/password', { password: 'eleven long' }],
  ['GET', '/api/v1/decisions?limit=0', undefined],
  ['GET', '/api/v1/decisions?before=x', undefined],
  ['GET', '/api/v1/decision-stream?address=everywhere', undefined],
  ['GET', '/api/v1/decision-stream?limit=5', undefined],
  ['POST', '/api/v1/explanations', { path: 'ws', address: '203.0.113.7' }],
  ['POST', '/api/v1/explanations', { path: '/ws/', address: 'example.com' }],
])('%s %s with %j is answered 400 as a problem', async (method, path, body) => {
  const kept = recorded()
  const response = await ask(appOf(kept), path, { method, key, body })
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(kept.calls).toEqual([])
})

const problemLines = async (response: Response): Promise<readonly string[]> => z.object({ errors: z.array(z.string()) }).parse(await response.json()).errors

test.each([
  ['/api/v1/bans', { network: '010.0.0.1' }, 'network: must be an address or a CIDR range: current value is "010.0.0.1"'],
  ['/api/v1/bans', { network: '1.2.3.4\u001b[2J\u202e' }, 'network: must be an address or a CIDR range: current value is "1.2.3.4\\u001b[2J\\u202e"'],
  ['/api/v1/bans', { network: '203.0.113.7', ownAddress: '1.2.3.4%eth0' }, 'ownAddress: must be an address: current value is "1.2.3.4%eth0"'],
  ['/api/v1/ban-imports', { bans: [{ network: '1.2.3', expiresAt: null }] }, 'bans.0.network: must be an address or a CIDR range: current value is "1.2.3"'],
  ['/api/v1/bans', { network: '203.0.113.7', durationMs: 999 }, 'durationMs: Too small: expected number to be >=1000: current value is 999'],
  ['/api/v1/revocations', {}, 'body: exactly one of "tokenId" and "userId" must be given'],
  ['/api/v1/revocations', { userId: 7 }, 'userId: Invalid input: expected string, received number'],
  ['/api/v1/revocations', { userId: '7', beforeAt: 'noon' }, 'beforeAt: Invalid input: expected number, received string: current value is "noon"'],
  ['/api/v1/revocations', { userId: '7', untilAt: 1 }, 'body: "untilAt" belongs to "tokenId"; beside "userId" it is "beforeAt"'],
  ['/api/v1/revocations', { tokenId: 't', beforeAt: 1 }, 'body: "beforeAt" belongs to "userId"; beside "tokenId" it is "untilAt"'],
])('[E19] E5: %s with %j says which value is wrong, on one line', async (path, body, line) => {
  expect(await problemLines(await ask(appOf(recorded()), path, { method: 'POST', key, body }))).toEqual([line])
})

test('[E19] E5: what is wrong with a query as a whole is said of the query', async () => {
  expect(await problemLines(await ask(appOf(recorded()), '/api/v1/bans?foo=1', { key }))).toEqual(['query: Unrecognized key: "foo"'])
})

test.each([
  ['POST', '/api/v1/bans', (userId: string) => ({ userId })],
  ['POST', '/api/v1/ban-imports', (userId: string) => ({ bans: [{ userId, expiresAt: null }] })],
  ['POST', '/api/v1/revocations', (userId: string) => ({ userId })],
  ['POST', '/api/v1/users', (id: string) => ({ id, email: 'a@example.test' })],
  ['POST', '/api/v1/user-changes', (userId: string) => ({ userId })],
  ['DELETE', '/api/v1/sessions', undefined],
] as const)('[T12] [E19] %s %s with a token as the id of a user is refused, stored and logged nowhere, and does not repeat it', async (method, path, bodyOf) => {
  const kept = recorded()
  const token = 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln'
  const lines = await problemLines(await ask(appOf(kept), bodyOf === undefined ? `${path}?userId=${token}` : path, { method, key, body: bodyOf?.(token) }))
  expect(lines).toEqual([expect.stringMatching(/id: must be the id of a user, not a token$/i)])
  expect(kept.calls).toEqual([])
})

test('[E19] E5: what is long is cut, and what may be a token, a password or the word of a person is not repeated', async () => {
  const errorsOf = async (method: string, path: string, body: object): Promise<string> => (await problemLines(await ask(appOf(recorded()), path, { method, key, body }))).join('\n')
  const long = await errorsOf('POST', '/api/v1/bans', { network: 'x'.repeat(1_000) })
  expect(long).toContain(`"${'x'.repeat(64)}…"`)
  expect(long).not.toContain('x'.repeat(65))
  const secret = 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.c2ln'
  expect(await errorsOf('POST', '/api/v1/bans', { network: secret })).not.toContain(secret.slice(0, 12))
  expect(await errorsOf('PUT', '/api/v1/users/7/password', { password: 'too-short' })).not.toContain('too-short')
  expect(await errorsOf('PUT', '/api/v1/users/7/password', { password: 123_456_789 })).not.toContain('123456789')
  expect(await errorsOf('POST', '/api/v1/users', { email: 'nobody-at-all' })).not.toContain('nobody-at-all')
})

/** The same JSON with each of its texts followed by another one, one text at a time. */
const withEachText = (value: unknown, more: string): readonly unknown[] => {
  if (typeof value === 'string') return [`${value}${more}`]
  if (Array.isArray(value)) return value.flatMap((each: unknown, index) => withEachText(each, more).map((changed) => value.map((same: unknown, place) => (place === index ? changed : same))))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => withEachText(each, more).map((changed) => ({ ...value, [name]: changed })))
}

/** Texts that are judged or hashed, and stored nowhere. */
const storedNowhere = new Set(['explain', 'checkToken', 'setUserPassword'])

test('[E18] no text that a column can not hold comes to the operations: what people read has U+FFFD in its place, an id is refused', async () => {
  const bodies = [
    ...Object.entries(guarded).flatMap(([route, { path, body }]) => (body === undefined ? [] : [{ method: route.split(' ', 1)[0] ?? '', path, body }])),
    { method: 'POST', path: '/api/v1/revocations', body: { userId: '7' } },
    { method: 'POST', path: '/api/v1/bans', body: { userId: '7', reason: 'flood' } },
    { method: 'POST', path: '/api/v1/ban-imports', body: { bans: [{ userId: '7', reason: 'flood', expiresAt: null }] } },
  ]
  const unfit = fc.stringMatching(/^[a-z]{0,3}$/).chain((before) => fc.constantFrom('\0', '\ud800', '\udfff', 'a\0b').map((more) => before + more))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bodies), unfit, async ({ method, path, body }, more) => {
      for (const changed of withEachText(body, more)) {
        const kept = recorded()
        const response = await ask(appOf(kept), path, { method, key, body: changed })
        expect([200, 201, 400, 404]).toContain(response.status)
        const told = kept.calls.filter(([name]) => !storedNowhere.has(String(name)))
        expect(told.flat(3).filter((text) => typeof text === 'string' && /\p{Surrogate}|\0/u.test(text))).toEqual([])
      }
    }),
  )
  const kept = recorded()
  await ask(appOf(kept), '/api/v1/bans', { method: 'POST', key, body: { userId: '7', reason: 'a\0b' } })
  expect(kept.calls[0]?.slice(0, 3)).toEqual(['ban', { kind: 'user', userId: '7' }, 'a\ufffdb'])
})

test('arguments reach the operations as they are meant', async () => {
  const kept = recorded()
  const app = appOf(kept)
  await ask(app, '/api/v1/bans', { method: 'POST', key, body: { network: '203.0.113.7' }, headers: { 'Sallyport-Actor': 'cli' } })
  await ask(app, '/api/v1/bans', { method: 'POST', key, body: { userId: '7', reason: 'spam', durationMs: null } })
  await ask(app, '/api/v1/bans?network=203.0.113.0%2F24', { method: 'DELETE', key, headers: { 'Sallyport-Actor': 'two words' } })
  await ask(app, '/api/v1/revocations', { method: 'POST', key, body: { userId: '7', beforeAt: at } })
  await ask(app, '/api/v1/sessions/s1', { method: 'DELETE', key })
  await ask(app, '/api/v1/users', { method: 'POST', key, body: { id: '9', email: 'a@example.test', role: 'owner' } })
  expect(kept.calls).toEqual([
    ['ban', { kind: 'network', network: '203.0.113.7' }, '', 86_400_000, { name: 'cli' }],
    ['ban', { kind: 'user', userId: '7' }, 'spam', undefined, { name: 'operator' }],
    ['lift', { kind: 'network', network: '203.0.113.0/24' }, { name: 'operator' }],
    ['revokeUser', '7', at, { name: 'operator' }],
    ['kick', { sessionId: 's1' }, { name: 'operator' }],
    ['addUser', { id: '9', email: 'a@example.test', role: 'owner' }, { name: 'operator' }],
  ])
})

test('sessions are told apart by user, and what is not there is 404', async () => {
  const app = appOf(recorded())
  const list: unknown = await (await ask(app, '/api/v1/sessions?userId=2', { key })).json()
  expect(list).toMatchObject({ items: [{ id: 's2' }] })
  expect((await ask(app, '/api/v1/decisions/none', { key })).status).toBe(404)
  expect((await ask(app, '/api/v1/users/8', { method: 'PATCH', key, body: { active: true } })).status).toBe(404)
})

test('readiness is 503 while not ready, while draining and when health itself fails', async () => {
  const health = { ready: true, mode: 'development', draining: false, checks: {}, sessions: 0 } as const
  const states: readonly [Operations['health'], number][] = [
    [() => Promise.resolve(health), 200],
    [() => Promise.resolve({ ...health, ready: false }), 503],
    [() => Promise.resolve({ ...health, draining: true }), 503],
    [() => Promise.reject(new Error('disk on fire')), 503],
  ]
  for (const [state, status] of states) {
    const response = await ask(appOf(recorded({ health: state })), '/readyz')
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('disk')
  }
})

test('failures are told by code, kept from the caller in words, and given to the log', async () => {
  const failures: unknown[] = []
  const conflict = new Conflict('This email is taken')
  const errors: readonly [Error, number][] = [
    [new Error('secret path'), 500],
    [new StoreUnavailable('bans', 'secret path'), 503],
    [conflict, 409],
  ]
  for (const [error, status] of errors) {
    const { operations } = recorded({ bans: () => Promise.reject(error) })
    const app = createInternalApp({ operations, operatorKey: key, now: () => at, onFailure: (failure) => failures.push(failure) })
    const response = await ask(app, '/api/v1/bans', { key })
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('secret')
  }
  expect(failures).toHaveLength(2)
})

test('other methods on a served path are answered 405 with those it knows', async () => {
  const app = appOf(recorded())
  const response = await ask(app, '/livez', { method: 'POST', body: {} })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD')
  expect((await ask(app, '/api/v1/bans', { method: 'PUT', key, body: {} })).headers.get('allow')).toBe('GET, HEAD, POST, DELETE')
})

test.each(['OPTIONS', 'PUT', 'PATCH'])('%s without a body on a path that does not take it is 405, not a fault of its body or of the role', async (method) => {
  const vera = { name: 'vera', role: 'viewer', digest: 'd', createdAt: at } as const
  const app = createInternalApp({ operations: recorded().operations, operatorKey: key, findOperator: (given) => Promise.resolve(given === 'veras' ? vera : undefined), now: () => at })
  for (const each of [key, 'veras']) {
    const response = await ask(app, '/api/v1/bans', { method, key: each })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST, DELETE')
  }
  expect((await ask(app, '/api/v1/bans', { method })).status).toBe(401)
  expect((await ask(app, '/api/v1/bans', { method, key, headers: { Origin: 'https://evil.example' } })).status).toBe(403)
})

test('every answer carries the security headers and none names the software', async () => {
  const app = appOf(recorded())
  const answers = await Promise.all([
    ask(app, '/livez'), ask(app, '/metrics'), ask(app, '/none'), ask(app, '/api/v1/bans'), ask(app, '/api/v1/bans', { key }),
    ask(app, '/livez', { headers: { Host: 'evil.example' } }), ask(app, '/livez', { method: 'POST', body: {} }),
  ])
  for (const { headers } of answers) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(headers.has('server') || headers.has('x-powered-by') || headers.has('access-control-allow-origin')).toBe(false)
  }
})

test('[E12] HEAD of the stream of decisions takes no place among its readers', async () => {
  let readers = 0
  const app = appOf(
    recorded({
      followDecisions: () => {
        readers += 1
        return { next: () => Promise.resolve(undefined), stop: () => undefined }
      },
    }),
  )
  const head = await ask(app, '/api/v1/decision-stream', { method: 'HEAD', key })
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'application/x-ndjson', ''])
  expect(readers).toBe(0)
  expect((await ask(app, '/api/v1/decision-stream?limit=5', { method: 'HEAD', key })).status).toBe(400)
  expect((await ask(app, '/api/v1/decision-stream', { key })).status).toBe(200)
  expect(readers).toBe(1)
})

test.each([
  ['GET', '/api/v1/audit?actor=a%00', undefined, 400],
  ['GET', '/api/v1/audit?action=a%0A', undefined, 400],
  ['PATCH', '/api/v1/users/%00', { active: false }, 404],
  ['PUT', '/api/v1/users/a%00/password', { password: 'correct horse battery' }, 404],
  ['DELETE', '/api/v1/sessions/a%00', undefined, 404],
  ['POST', '/api/v1/audit/1%20/undo', {}, 404],
  ['POST', '/api/v1/audit/0x9/undo', {}, 404],
  ['GET', '/api/v1/bans?limit=0x10', undefined, 400],
  ['GET', '/api/v1/audit?before=1e3', undefined, 400],
])('%s %s names nothing that could be there, and no store is asked', async (method, path, body, status) => {
  const made = recorded()
  expect((await ask(appOf(made), path, { method, key, ...(body === undefined ? {} : { body }) })).status).toBe(status)
  expect(made.calls).toEqual([])
})

test('a user whose id is as long as a token may name is banned, revoked and put out', async () => {
  const userId = 'u'.repeat(256)
  const made = recorded()
  const app = appOf(made)
  expect((await ask(app, '/api/v1/bans', { method: 'POST', key, body: { userId } })).status).toBe(201)
  expect((await ask(app, '/api/v1/revocations', { method: 'POST', key, body: { userId } })).status).toBe(201)
  expect((await ask(app, `/api/v1/sessions?userId=${userId}`, { method: 'DELETE', key })).status).toBe(200)
  expect(made.calls.map(([name]) => name)).toEqual(['ban', 'revokeUser', 'kick'])
})
