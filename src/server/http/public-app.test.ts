import { describe, expect, test } from 'vitest'
import type { EndpointRule } from '../../admission/endpoint.js'
import type { Logins } from '../login/logins.js'
import { readDemoPage } from './demo-page.js'
import { addLoginRoutes } from './login-routes.js'
import { createPublicApp, type PublicAppOptions } from './public-app.js'

const endpoints: readonly EndpointRule[] = [
  { name: 'customers', path: '/ws/customers/' },
  { name: 'chat', path: '/ws/chat/:conversation/' },
  { name: 'mine', path: '/live/' },
]
const demoPage = await readDemoPage(endpoints)

const ask = async (path: string, options: Partial<PublicAppOptions> = {}, init: RequestInit = {}): Promise<Response> =>
  createPublicApp({ mode: 'development', endpoints, demoPage, ...options }).request(path, {
    ...init,
    headers: { Host: 'localhost:4400', ...(init.headers instanceof Headers ? Object.fromEntries(init.headers) : init.headers) },
  })

test.each(['/ws', '/ws/', '/ws/customers', '/ws/customers/?token=abc', '/ws/chat/x1/', '/live/', '/ws/unknown/'])(
  'a plain GET of %s is told to upgrade, without an echo of what it sent',
  async (path) => {
    const response = await ask(path)
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
    expect(await response.json()).toEqual({ title: 'This path speaks WebSocket only.', status: 426, code: 'upgrade_required' })
  },
)

test.each(['/', '/wsx', '/demo/', '/demo.html', '/api/v1/bans', '/metrics', '/healthz', '/console', '/live/x', '/..%2fdemo', '/package.json'])(
  '%s is 404 as a problem',
  async (path) => {
    const response = await ask(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  },
)

test('the demo is served in development only, and never framed or fed with inline scripts', async () => {
  for (const path of ['/demo', '/demo.js', '/demo.css']) {
    const [shown, hidden] = await Promise.all([ask(path), ask(path, { mode: 'production' })])
    expect(shown.status, path).toBe(200)
    expect(hidden.status, path).toBe(404)
    const policy = shown.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
  }
})

test('the demo page says development, holds the endpoints and the refusals, and no inline code', () => {
  const { html } = demoPage
  expect(html).toContain('<strong>development</strong>')
  expect(html).toContain('<option value="/ws/chat/:conversation/">chat: /ws/chat/&lt;conversation&gt;/</option>')
  expect(html).toContain('data-told="token_expired" data-close="4401"')
  expect(html).not.toContain('data-told="user_disabled"')
  expect(html).not.toMatch(/ on[a-z]+=| style=|<style|<script(?![^>]* src=)/)
})

test('a name that looks like HTML stays text', async () => {
  const { html } = await readDemoPage([{ name: '<b>&"$&', path: '*' }])
  expect(html).toContain('<option value="/">&lt;b&gt;&amp;&quot;$&amp;: /</option>')
})

test('readiness follows the server and says no more', async () => {
  expect((await ask('/livez')).status).toBe(200)
  expect(await (await ask('/readyz')).json()).toEqual({ status: 'ok' })
  const response = await ask('/readyz', { ready: () => false })
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ status: 'unavailable' })
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])('%s is answered 405 everywhere', async (method) => {
  for (const path of ['/', '/ws/customers/', '/demo', '/livez']) {
    const response = await ask(path, {}, { method })
    expect(response.status, path).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  }
})

test('in development only loopback Hosts are answered, in production all', async () => {
  const headers = { Host: 'evil.example' }
  expect((await ask('/demo', {}, { headers })).status).toBe(421)
  expect((await ask('/livez', { mode: 'production' }, { headers })).status).toBe(200)
})

test('D8: where Hosts are listed, plain HTTP of any other is answered 421, health for probes aside', async () => {
  const served = { mode: 'production', api: { hosts: ['Gate.example'], origins: [], addRoutes: [], refused: () => undefined } } as const
  for (const path of ['/', '/ws/customers/', '/api/v1/login', '/nothing']) {
    for (const host of ['evil.example', 'gate.example.evil.example', 'gate.example:4400', 'gate.example@evil.example', '['])
      expect((await ask(path, served, { headers: { Host: host } })).status, host).toBe(421)
    expect((await ask(path, served, { method: 'POST', headers: { Host: 'evil.example' } })).status).toBe(421)
    // A target in absolute form overrules the Host header.
    expect((await ask(`http://evil.example${path}`, served, { headers: { Host: 'gate.example' } })).status).toBe(421)
    expect((await ask(`http://gate.example${path}`, served, { headers: { Host: 'GATE.example' } })).status, path).toBe(path.startsWith('/ws/') ? 426 : 404)
  }
  for (const path of ['/livez', '/readyz']) expect((await ask(path, served, { headers: { Host: '10.0.0.7:4400' } })).status).toBe(200)
})

test('every answer carries the security headers and none names the software', async () => {
  for (const path of ['/', '/demo', '/ws/', '/livez']) {
    const { headers } = await ask(path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(headers.has('server') || headers.has('x-powered-by')).toBe(false)
  }
})

describe('below /api', () => {
  const noLogins: Logins = {
    login: () => Promise.resolve({ outcome: 'refused' }),
    refresh: () => Promise.resolve({ outcome: 'refused' }),
    logout: () => Promise.resolve({ outcome: 'ended', sockets: 0 }),
  }
  const clientOf = () => ({ address: '192.0.2.1', key: '192.0.2.1', forwarded: false })
  const app = createPublicApp({
    mode: 'production',
    endpoints,
    api: {
      origins: ['https://app.example'],
      refused: () => undefined,
      addRoutes: [
        (to) => {
          addLoginRoutes(to, { logins: noLogins, clientOf, noted: () => undefined, now: () => 0 })
        },
      ],
    },
  })

  /** Every route that is no reading, with a request it answers and how, whoever asks: an operator's key and tokens open nothing here. */
  const writes: Readonly<Record<string, { readonly body: object; readonly status: number }>> = {
    'POST /api/v1/login': { body: { identifier: 'a', password: 'b' }, status: 401 },
    'POST /api/v1/logout': { body: { refreshToken: 'x' }, status: 204 },
    'POST /api/v1/refresh': { body: { refreshToken: 'x' }, status: 401 },
  }

  test('the routes are exactly those that this file tests', () => {
    const routes = app.routes.filter(({ method }) => method !== 'ALL' && method !== 'GET').map(({ method, path }) => `${method} ${path}`)
    expect([...new Set(routes)].toSorted()).toEqual(Object.keys(writes))
  })

  test.each(Object.entries(writes))('%s answers the same without a key, with a wrong one and with any Bearer', async (route, { body, status }) => {
    const path = route.slice('POST '.length)
    for (const authorization of [undefined, 'Bearer wrong', `Bearer ${'k'.repeat(43)}`, 'Basic YTpi', `Bearer ${'x'.repeat(9_000)}`]) {
      const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
      const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(response.status, authorization).toBe(status)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) expect((await app.request(path, { method })).status, method).toBe(405)
  })

  test('D9: no route answers a page of another Origin, before it asks or without asking, and only what is below /api answers one of the list', async () => {
    const paths = new Set([...app.routes.map(({ path }) => path.replaceAll('*', 'x')), '/ws/customers/', '/nothing'])
    expect(paths.size).toBeGreaterThan(5)
    for (const path of paths) {
      for (const origin of ['https://evil.example', 'null', 'https://app.example.evil.example', 'https://app.example']) {
        for (const method of ['OPTIONS', 'GET', 'POST']) {
          const { status, headers } = await app.request(path, { method, headers: { origin, 'access-control-request-method': 'POST' } })
          const mayRead = path.startsWith('/api/') && origin === 'https://app.example'
          expect([headers.get('access-control-allow-origin'), headers.has('access-control-allow-credentials')], `${method} ${path}`).toEqual([mayRead ? origin : null, false])
          if (path.startsWith('/api/') && !mayRead) expect(status).toBe(403)
        }
      }
    }
  })

  test('[G13] an operator’s routes, health with details and files of the project are not on the public port', async () => {
    const paths = ['/api/v1/bans', '/api/v1/users/7/password', '/api/v1/decisions', '/metrics', '/healthz', '/.env', '/.git/config', '/debug', '/dist/index.js.map', '/console']
    for (const path of paths) {
      expect((await app.request(path)).status, path).toBe(404)
      expect([404, 405], path).toContain((await app.request(path, { method: 'POST', body: 'x' })).status)
    }
  })
})
