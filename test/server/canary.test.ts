import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createHmac, randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { knock, type KnockOptions } from './knock.js'
import { serve, temporaryFolder, type Serving } from './run-cli.js'

const secret = randomBytes(64).toString('base64url')
const password = 'a canary of a password'
const origin = 'https://app.example'
const internalPaths = ['/metrics', '/livez', '/readyz', '/nothing', '/api/v1/info', '/api/v1/bans', '/api/v1/sessions', '/api/v1/users', '/api/v1/decisions', '/api/v1/nothing']
const publicPaths = ['/livez', '/readyz', '/nothing', '/ws/', '/demo', '/api/v1/login', '/api/v1/refresh', '/api/v1/tickets', '/api/v1/inbound/nobody', '/api/v1/nothing']

/** Everything that must be found nowhere: of each token the 2nd and 3rd segment, which nothing else contains. */
const createCanaries = () => {
  const needles = new Map<string, string>([[password, 'the password']])
  const watch = (name: string, token: string): string => {
    const parts = token.split('.')
    for (const part of parts.length < 3 ? parts : parts.slice(1, 3)) if (part.length >= 16) needles.set(part, name)
    return token
  }
  const mint = async (name: string, subject: string, lifetimeMs = 600_000): Promise<string> =>
    watch(name, await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs, at: Date.now(), tokenId: name }))
  const forge = async (name: string, subject: string): Promise<string> => {
    const signed = (await mint(name, subject)).split('.').slice(0, 2).join('.')
    return watch(name, `${signed}.${createHmac('sha512', 'another secret').update(signed).digest('base64url')}`)
  }
  return { watch, mint, forge, found: (text: string): readonly string[] => [...needles].flatMap(([needle, name]) => (text.includes(needle) ? [name] : [])) }
}

/** All bytes below a folder, by path. */
const filesBelow = async (folder: string): Promise<readonly (readonly [string, string])[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(entries.filter((entry) => entry.isFile()).map(async ({ parentPath, name }) => [join(parentPath, name), await readFile(join(parentPath, name), 'latin1')] as const))
}

const tokensAnswer = z.object({ accessToken: z.string(), refreshToken: z.string() })
const ticketAnswer = z.object({ ticket: z.string() })
const from = (address: string): Readonly<Record<string, string>> => ({ 'x-forwarded-for': address })

/** Sends a token over one carrier, as `knock` takes it. */
const carried = (url: string, carrier: string, token: string, address: string): readonly [string, KnockOptions] => {
  const headers = from(address)
  if (carrier === 'header') return [url, { headers: { ...headers, authorization: `Bearer ${token}` } }]
  if (carrier === 'subprotocol') return [url, { headers, protocols: ['sallyport.v1', `sallyport.bearer.${token}`] }]
  if (carrier === 'query') return [`${url}?token=${token}`, { headers }]
  return [url, { origin, headers: { ...headers, cookie: `__Host-sallyport=${token}` } }]
}

/** A frame that the server ends the socket for. */
const tooLong = (token: string): string => token.repeat(1 + Math.ceil(70_000 / token.length))

const carriers = ['header', 'subprotocol', 'query', 'cookie'] as const

describe.each([
  { format: 'json', refusals: 'http' },
  { format: 'pretty', refusals: 'close' },
  { format: 'classic', refusals: 'legacy' },
])('with $format logs and refusals told by $refusals', ({ format, refusals }) => {
  test('[T12] [O6] B1: no token is found in logs, metrics, files, answers, close reasons, arguments or the diagnostic report', async () => {
    const { cwd, remove } = await temporaryFolder()
    const elsewhere = await mkdtemp(join(tmpdir(), 'sallyport-canary-'))
    const canaries = createCanaries()
    const answers: string[] = []
    const reports = join(cwd, 'reports')
    await mkdir(reports)
    const server = await serve(['serve'], cwd, {
      NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
      SALLYPORT_TOKENS_SECRET: secret,
      SALLYPORT_ORIGINS: origin,
      SALLYPORT_CARRIERS: [...carriers, 'ticket', 'first-frame'].join(','),
      SALLYPORT_REFUSALS: refusals,
      SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
      SALLYPORT_LIMITS_USER_CONNECTS_MAX: '25',
      SALLYPORT_LOG_FORMAT: format,
      SALLYPORT_LOG_LEVEL: 'debug',
    })
    try {
      await visit(server, canaries, answers, elsewhere)
      const reasons = new Set(await reasonsOf(server))
      for (const reason of ['token_expired', 'token_invalid', 'token_revoked', 'address_banned', 'rate_limited', 'origin_refused', 'not_found']) expect([...reasons]).toContain(reason)
      const pid = /"processId": (\d+)/.exec(await reportOf(server, reports))?.[1] ?? ''
      const sources: (readonly [string, string])[] = [
        ['metrics', await (await fetch(`${server.internalUrl}/metrics`)).text()],
        ['arguments', process.platform === 'linux' ? await readFile(`/proc/${pid}/cmdline`, 'utf8') : ''],
        ...(await filesBelow(cwd)),
        ...answers.map((answer) => ['answer', answer] as const),
      ]
      expect(sources.map(([name]) => name)).toEqual(expect.arrayContaining([expect.stringMatching(/sallyport\.db$/), expect.stringMatching(/-wal$/), expect.stringMatching(/report.*\.json$/)]))
      await server.stop()
      const log = `${server.stdout()}${server.stderr()}`
      sources.push(['log', log], ...(await filesBelow(cwd)))
      const leaks = sources.flatMap(([name, text]) => canaries.found(text).map((canary) => `${canary} in ${name}: ${name === 'answer' ? text.slice(0, 300) : ''}`))
      expect(leaks).toEqual([])
    } finally {
      await server.stop()
      await remove()
      await rm(elsewhere, { recursive: true, force: true })
    }
  })
})

const decisions = z.object({ items: z.array(z.object({ reason: z.string().optional() })) })
const operatorOf = async ({ cwd }: Serving): Promise<string> => `Bearer ${(await readFile(join(cwd, '.sallyport', 'operator.key'), 'utf8')).trim()}`

const reasonsOf = async (server: Serving): Promise<readonly (string | undefined)[]> => {
  const response = await fetch(`${server.internalUrl}/api/v1/decisions?limit=1000`, { headers: { authorization: await operatorOf(server) } })
  return decisions.parse(await response.json()).items.map(({ reason }) => reason)
}

/** Asks for a report by signal and waits until it is written. */
const reportOf = async (server: Serving, folder: string): Promise<string> => {
  server.signal('SIGUSR2')
  await expect.poll(async () => (await filesBelow(folder)).some(([, text]) => text.trimEnd().endsWith('}'))).toBe(true)
  return (await filesBelow(folder))[0]?.[1] ?? ''
}

/** Brings tokens to every place that takes one, rightly and wrongly, and keeps what was answered. */
const visit = async (server: Serving, canaries: ReturnType<typeof createCanaries>, answers: string[], elsewhere: string): Promise<void> => {
  const url = `${server.socketUrl}/ws/`
  const { mint, forge, watch } = canaries
  const run = async (words: readonly string[], input?: string): Promise<void> => {
    const { code, stdout, stderr } = await server.run(words, input)
    answers.push(`${words[0] ?? ''} ended with ${String(code)}: ${stdout}${stderr}`)
  }
  const tell = async (target: string, options: KnockOptions, frames: readonly string[] = []): Promise<void> => {
    const answer = await knock(target, options)
    if (!('next' in answer)) {
      answers.push(JSON.stringify(answer))
      return
    }
    for (const frame of frames) answer.send(frame)
    const end = await (frames.length > 0 ? answer.closed : answer.close())
    answers.push(JSON.stringify([answer.protocol, end]))
    while (answer.waiting() > 0) answers.push(JSON.stringify(await answer.next()))
  }
  const call = async (base: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(`${base}${path}`, init)
    const copy = response.clone()
    answers.push(JSON.stringify([response.status, [...response.headers], await response.text()]))
    return copy
  }

  for (const [name, id] of [['ada', '1'], ['bob', '2'], ['eve', '3']] as const) await run(['user', 'add', '--email', `${name}@example.com`, '--id', id, '--password', '-'], `${password}\n`)
  await run(['user', 'disable', '3'])
  await run(['ban', 'add', '203.0.113.66'])
  await run(['token', 'revoke', '--id', 'revoked'])

  const good = await mint('good', '1')
  const expired = await mint('expired', '1', 1_000)
  const forged = await forge('forged', '1')
  const tokens = { good, expired, forged, revoked: await mint('revoked', '1'), disabled: await mint('disabled', '3'), unknown: await mint('unknown', '77'), malformed: `${await mint('malformed', '1')}.more` }
  const expiresAt = z.object({ exp: z.number() }).parse(JSON.parse(Buffer.from(expired.split('.')[1] ?? '', 'base64url').toString())).exp * 1_000
  await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt)

  let host = 0
  const address = (): string => `198.51.100.${String((host += 1))}`
  for (const carrier of carriers) {
    for (const token of Object.values(tokens)) await tell(...carried(url, carrier, token, address()))
    await tell(...carried(url, carrier, good, '203.0.113.66'))
    await tell(...carried(`${server.socketUrl}/elsewhere/`, carrier, good, address()))
    const [target, options] = carried(url, carrier, good, address())
    await tell(target, { ...options, origin: 'https://evil.example' })
    await tell(target, { ...options, headers: { ...options.headers, referer: `https://app.example/?token=${good}`, 'x-other': good } })
  }
  await tell(`${url}?token=${good}`, { headers: { authorization: `Bearer ${good}`, ...from(address()) } })
  const often = await mint('often', '2')
  for (let count = 0; count < 27; count += 1) await tell(...carried(url, 'query', often, address()))

  for (const token of Object.values(tokens)) {
    await tell(url, { headers: from(address()), protocols: ['sallyport.v1'] }, [JSON.stringify({ id: 1, type: 'authenticate', token }), tooLong(token)])
  }
  for (const frame of [`${good} is no JSON`, JSON.stringify({ id: good, type: 'authenticate', [good]: good }), tooLong(good)]) await tell(url, { headers: from(address()), protocols: ['sallyport.v1'] }, [frame])

  const renewal = await mint('renewal', '2')
  const fresh = address()
  await tell(...carried(url, 'header', await mint('classic', '1'), fresh), [JSON.stringify({ type: good, token: good }), `${good} is no JSON`, tooLong(good)])
  await tell(
    ...carried(url, 'subprotocol', await mint('modern', '1'), fresh),
    [JSON.stringify({ id: 1, type: 'authenticate', token: forged }), JSON.stringify({ id: 2, type: 'authenticate', token: renewal }), JSON.stringify({ id: 3, type: 'authenticate', token: expired }), JSON.stringify({ id: 4, type: good }), JSON.stringify({ id: good, type: 'authenticate', [good]: good }), `{${good}`, tooLong(good)],
  )

  for (const token of Object.values(tokens)) {
    const sale = { method: 'POST', body: JSON.stringify({ path: '/ws/' }), headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...from(address()) } }
    const answer = token === good ? await fetch(`${server.publicUrl}/api/v1/tickets`, sale) : await call(server.publicUrl, '/api/v1/tickets', sale)
    expect(answer.status === 201).toBe(token === good)
    if (token !== good) continue
    const ticket = watch('the ticket', ticketAnswer.parse(await answer.json()).ticket)
    // Elsewhere, rightly, and a second time.
    for (const target of [`${server.socketUrl}/ws/customers/`, url, url]) await tell(`${target}?ticket=${ticket}`, { headers: from(address()) })
    await tell(`${url}?ticket=${ticket}&token=${good}`, { headers: from(address()) })
    await tell(`${url}?ticket=${good}`, { headers: from(address()) })
  }

  const authorization = `Bearer ${good}`
  for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
    const asked = method === 'POST' ? { method, body: JSON.stringify({ token: good, [good]: good }), headers: { authorization, 'content-type': 'application/json' } } : { method, headers: { authorization, cookie: `__Host-sallyport=${good}` } }
    for (const path of publicPaths) await call(server.publicUrl, `${path}?token=${good}`, asked)
    for (const path of internalPaths) await call(server.internalUrl, `${path}?token=${good}`, asked)
  }
  const operator = { authorization: await operatorOf(server), 'content-type': 'application/json' }
  for (const path of internalPaths) await call(server.internalUrl, `${path}?token=${good}`, { headers: operator })
  for (const path of ['bans', 'ban-previews', 'revocations', 'users', 'explanations', 'token-checks']) await call(server.internalUrl, `/api/v1/${path}`, { method: 'POST', headers: operator, body: JSON.stringify({ [good]: good, token: 1 }) })
  await call(server.internalUrl, '/api/v1/revocations', { method: 'POST', headers: operator, body: JSON.stringify({ tokenId: good }) })
  await call(server.internalUrl, `/api/v1/decisions/${good}`, { headers: operator })
  await call(server.internalUrl, `/api/v1/sessions/${good}`, { method: 'DELETE', headers: operator })
  await call(server.internalUrl, '/api/v1/explanations', { method: 'POST', headers: operator, body: JSON.stringify({ path: `/ws/?token=${good}`, address: '192.0.2.1', token: forged }) })

  const json = { 'content-type': 'application/json', ...from(address()) }
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = json): Promise<Response> =>
    call(server.publicUrl, `/api/v1/${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const login = await fetch(`${server.publicUrl}/api/v1/login`, { method: 'POST', headers: json, body: JSON.stringify({ identifier: 'bob@example.com', password }) })
  const pair = tokensAnswer.parse(await login.json())
  watch('the access token', pair.accessToken)
  watch('the refresh token', pair.refreshToken)
  await post('login', { identifier: good, password: good })
  await post('login', { identifier: 'ada@example.com', password: good.slice(0, 100) })
  await post('login', `{"identifier":"${good}`)
  await post('login', good, { ...json, 'content-type': 'text/plain' })
  await post('refresh', { refreshToken: good.slice(0, 190) })
  await post('refresh', { refreshToken: pair.refreshToken, [pair.refreshToken]: 1 })
  await post('refresh', { refreshToken: `${pair.refreshToken}x` })
  await post('logout', { refreshToken: pair.refreshToken }, { ...json, authorization: `Bearer ${forged}` })
  await post('logout', {}, { ...json, authorization: `Bearer ${expired}` })
  await post('refresh', { refreshToken: pair.refreshToken })

  for (const [name, token] of Object.entries(tokens)) {
    const file = join(elsewhere, name)
    await writeFile(file, `${token}\n`)
    if (name === 'good' || name === 'malformed') {
      await run(['token', 'check', file])
      await run(['explain', '--path', `/ws/?token=${token}`, '--token', file])
      await run(['token', 'revoke', '--id', token])
      await run(['token', 'check', token])
      await run(['explain', '--path', '/ws/', '--token', token])
      await run(['explain', token])
    } else await run(['--json', 'token', name === 'forged' ? 'revoke' : 'check', '-'], token)
  }
}
