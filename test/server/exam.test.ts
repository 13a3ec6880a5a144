import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { formatCreatedAt } from '../../dist/admission/token/iso-time.js'
import { examination, examOrigin } from '../exam/set-up.js'
import { bearer, knock, modernBearer, opened, type Closed, type KnockOptions } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from './run-cli.js'

const secret = randomBytes(64).toString('base64url')
const origin = examOrigin

/** As `test/exam/README.md` says. */
const basic = (refusals: string): Environment => ({ SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_SECRET: secret, ...examination(refusals) })

const encode = (value: string | object): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const goodHeader = { alg: 'HS512', typ: 'JWT' }
const goodClaims = (): Readonly<Record<string, unknown>> => ({ user_id: '1', type: 'access', created_at: formatCreatedAt(Date.now()), nonce: randomBytes(6).toString('hex') })

interface Recipe {
  readonly header?: string | object
  readonly claims?: Readonly<Record<string, unknown>>
  readonly rawClaims?: string
  readonly hash?: string
  readonly key?: string
  readonly change?: (token: string) => string
}

const forge = ({ header = goodHeader, claims = {}, rawClaims, hash = 'sha512', key = secret, change = (token) => token }: Recipe): string => {
  const input = `${encode(header)}.${encode(rawClaims ?? { ...goodClaims(), ...claims })}`
  return change(`${input}.${createHmac(hash, key).update(input).digest('base64url')}`)
}

const withoutSignature = (token: string): string => token.slice(0, token.lastIndexOf('.') + 1)
const seconds = (): number => Math.floor(Date.now() / 1000)
const other = randomBytes(64).toString('base64url')

const forgeries: Readonly<Record<string, () => string>> = {
  'no algorithm and no signature': () => forge({ header: { ...goodHeader, alg: 'none' }, change: withoutSignature }),
  'the algorithm none in capitals': () => forge({ header: { ...goodHeader, alg: 'NONE' }, change: withoutSignature }),
  'the algorithm left out': () => forge({ header: { typ: 'JWT' } }),
  'an algorithm that is a list': () => forge({ header: { ...goodHeader, alg: ['HS512'] } }),
  'a shorter HMAC with the right secret': () => forge({ header: { ...goodHeader, alg: 'HS256' }, hash: 'sha256' }),
  'another secret': () => forge({ key: other }),
  'the empty secret': () => forge({ key: '' }),
  'its signature cut off': () => forge({ change: withoutSignature }),
  'a signature that is cut short': () => forge({ change: (token) => token.slice(0, -20) }),
  'one bit of the signature changed': () => forge({ change: (token) => token.slice(0, -9) + (token.at(-9) === 'A' ? 'B' : 'A') + token.slice(-8) }),
  'claims of another token': () => forge({ change: (token) => [token.split('.')[0], encode({ ...goodClaims(), user_id: '2' }), token.split('.')[2]].join('.') }),
  'a key of its own in the header': () => forge({ header: { ...goodHeader, jwk: { kty: 'oct', k: encode(other) } }, key: other }),
  'an address of keys in the header': () => forge({ header: { ...goodHeader, jku: 'http://127.0.0.1:9/keys' }, key: other }),
  'a key id nobody knows': () => forge({ header: { ...goodHeader, kid: '../../dev/null' }, key: '' }),
  'a critical extension': () => forge({ header: { ...goodHeader, crit: ['x'], x: 1 } }),
  'an empty list of critical extensions': () => forge({ header: { ...goodHeader, crit: [] } }),
  'the algorithm named twice': () => forge({ header: '{"alg":"none","alg":"HS512","typ":"JWT"}' }),
  'the type of a refresh token in the header': () => forge({ header: { ...goodHeader, typ: 'refresh+jwt' } }),
  'the claims of a refresh token': () => forge({ claims: { type: 'refresh' } }),
  'no type': () => forge({ claims: { type: undefined } }),
  'an end in the past': () => forge({ claims: { exp: seconds() - 1 } }),
  'an end that is text': () => forge({ claims: { exp: '9999999999' } }),
  'no beginning and no end': () => forge({ claims: { created_at: undefined } }),
  'a beginning long ago': () => forge({ claims: { created_at: '2020-01-01 00:00:00 +0000' } }),
  'a beginning in the future': () => forge({ claims: { created_at: formatCreatedAt(Date.now() + 3_600_000) } }),
  'a beginning that is no date': () => forge({ claims: { created_at: '2026-02-30 00:00:00 +0000' } }),
  'a time before which it is not good': () => forge({ claims: { nbf: seconds() + 300 } }),
  'an audience that is somebody else': () => forge({ claims: { aud: 'other-service' } }),
  'no user': () => forge({ claims: { user_id: undefined } }),
  'a user who is a list': () => forge({ claims: { user_id: ['1'] } }),
  'a user who does not exist': () => forge({ claims: { user_id: '99' } }),
  'a disabled user': () => forge({ claims: { user_id: '4' } }),
  'SQL as its user': () => forge({ claims: { user_id: '1 OR 1=1' } }),
  'claims that are a list': () => forge({ rawClaims: '[]' }),
  'claims that are no JSON': () => forge({ rawClaims: '{"user_id":"1"' }),
  'four segments': () => forge({ change: (token) => `${token}.AAAA` }),
  'two segments': () => forge({ change: (token) => token.split('.').slice(0, 2).join('.') }),
  'padding': () => forge({ change: (token) => `${token}==` }),
  'nothing of a token': () => 'nonsense',
}

type Ask = readonly [url: string, options: KnockOptions]

const carriers = {
  header: (url: string, token: string): Ask => [url, { ...bearer(token), origin }],
  query: (url: string, token: string): Ask => [`${url}?token=${encodeURIComponent(token)}`, { origin }],
  subprotocol: (url: string, token: string): Ask => [url, { ...modernBearer(token), origin }],
}

const good = (user: string): Promise<string> =>
  mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject: user, lifetimeMs: 600_000, at: Date.now() })

const underExamination = async (refusals: string, use: (server: Serving, url: string) => Promise<void>): Promise<string> => {
  const { cwd, remove } = await temporaryFolder()
  const env = basic(refusals)
  try {
    await seedFolder(cwd)
    const server = await serve(['serve'], cwd, env)
    try {
      await use(server, `${server.socketUrl}/ws/customers/`)
    } finally {
      await server.stop()
    }
    const { code, stdout, stderr } = await server.stop()
    expect(code).toBe(0)
    return stdout + stderr
  } finally {
    await remove()
  }
}

/** Good tokens of every agent by every carrier: a gate that refuses everybody refuses nothing. */
const expectGoodOnesIn = async (url: string, sent: string[]): Promise<void> => {
  for (const user of ['1', '2', '3']) {
    for (const [name, carry] of Object.entries(carriers)) {
      const token = await good(user)
      sent.push(token)
      const socket = await opened(...carry(url, token))
      expect(await socket.next(), name).toMatchObject({ type: name === 'subprotocol' ? 'welcome' : 'connection_established' })
      await socket.close()
    }
  }
}

const expectNoTokenText = (log: string, sent: readonly string[]): void => {
  expect(log).toContain('"event":"admission"')
  for (const token of sent) {
    for (const segment of token.split('.').slice(1)) if (segment.length >= 16) expect(log).not.toContain(segment.slice(0, 16))
    if (!token.includes('.')) expect(log).not.toContain(token)
  }
  expect(log).not.toContain(secret)
}

const isTokenRefusal = ({ code, reason }: Closed): boolean => code === 4401 && /^token_(invalid|expired) [0-9a-f-]{36}$/.test(reason)

describe('in the examination set-up', () => {
  test('every forged token is refused with 401 and leaves no trace in the log', { timeout: 180_000 }, async () => {
    const sent: string[] = []
    const log = await underExamination('http', async (_server, url) => {
      await expectGoodOnesIn(url, sent)
      for (const [name, recipe] of Object.entries(forgeries)) {
        for (const [carrier, carry] of Object.entries(carriers)) {
          const token = recipe()
          // `=` may not stand in a sub-protocol (RFC 6455 section 4.1), so that no client offers such a one.
          if (carrier === 'subprotocol' && token.includes('=')) continue
          sent.push(token)
          const answer = await knock(...carry(url, token))
          if ('next' in answer) throw new Error(`A token with ${name} was let in by ${carrier}`)
          expect(answer.status, `${name} by ${carrier}`).toBe(401)
          expect(answer.headers['www-authenticate'], name).toMatch(/^Bearer/)
          expect(answer.body, name).toMatch(/"code":"token_(invalid|expired)"/)
          for (const segment of token.split('.')) if (segment.length >= 16) expect(answer.body, name).not.toContain(segment)
        }
      }
      await expectGoodOnesIn(url, sent)
    })
    expectNoTokenText(log, sent)
  })

  test('with refusals close every forged token gets 101, one frame at most, and the close of its dialect', { timeout: 180_000 }, async () => {
    const sent: string[] = []
    const log = await underExamination('close', async (_server, url) => {
      await expectGoodOnesIn(url, sent)
      for (const [name, recipe] of Object.entries(forgeries)) {
        const [classicToken, modernToken] = [recipe(), recipe()]
        const classic = await opened(...carriers.query(url, classicToken))
        expect(await classic.next(), name).toMatchObject({ type: 'authentication_error', message: 'Invalid or expired authentication token' })
        expect((await classic.closed).code, name).toBe(4001)
        expect(classic.waiting(), name).toBe(0)
        sent.push(classicToken)

        if (modernToken.includes('=')) continue
        const modern = await opened(url, { ...modernBearer(modernToken), origin })
        const closed = await modern.closed
        expect(isTokenRefusal(closed), `${name}: ${String(closed.code)} ${closed.reason}`).toBe(true)
        expect(modern.waiting(), name).toBe(0)
        sent.push(modernToken)
      }
      await expectGoodOnesIn(url, sent)
    })
    expectNoTokenText(log, sent)
  })

  const ended = {
    'a token id that was revoked': { claims: () => ({ jti: 'revoked-id' }), http: [401, 'token_revoked'], close: 4001, path: '/ws/customers/' },
    'a time before which everything of its user was revoked': {
      claims: () => ({ iat: seconds() - 600, created_at: formatCreatedAt(Date.now() - 600_000) }), http: [401, 'token_revoked'], close: 4001, path: '/ws/customers/',
    },
    'a role that may not use the endpoint': { claims: () => ({ role: 'customer' }), http: [403, 'forbidden'], close: 1008, path: '/ws/conversations/' },
    'a disabled user': { claims: () => ({ user_id: '4' }), http: [401, 'token_invalid'], close: 4001, path: '/ws/customers/' },
  } as const

  test.each(['http', 'close'] as const)('A11 K3 K6: with refusals %s a good signature does not help who was revoked, disabled or of another role', async (refusals) => {
    await underExamination(refusals, async (server, url) => {
      expect((await server.run(['token', 'revoke', '--id', 'revoked-id'])).code).toBe(0)
      const operatorKey = (await readFile(join(server.cwd, '.sallyport', 'operator.key'), 'utf8')).trim()
      const revoked = await fetch(`${server.internalUrl}/api/v1/revocations`, {
        method: 'POST',
        headers: { 'authorization': `Bearer ${operatorKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ userId: '1', beforeAt: Date.now() - 60_000 }),
      })
      expect(revoked.status).toBe(201)
      for (const [name, { claims, http, close, path }] of Object.entries(ended)) {
        const there = `${server.socketUrl}${path}?token=${encodeURIComponent(forge({ claims: claims() }))}`
        if (refusals === 'http') expect(await knock(there, { origin }), name).toMatchObject({ status: http[0], body: expect.stringContaining(`"code":"${http[1]}"`) })
        else expect((await (await opened(there, { origin })).closed).code, name).toBe(close)
      }
      await expectGoodOnesIn(url, [])
    })
  })

  test('with refusals auto a page is closed upon and a program is told in HTTP; with legacy both get 403 and nothing else', async () => {
    const token = forge({ key: other })
    await underExamination('auto', async (_server, url) => {
      const page = await opened(`${url}?token=${token}`, { origin })
      expect((await page.closed).code).toBe(4001)
      expect(await knock(url, bearer(token))).toMatchObject({ status: 401 })
      expect(await knock(`${url}?token=${token}`, { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    })
    await underExamination('legacy', async (_server, url) => {
      expect(await knock(`${url}?token=${token}`, { origin })).toMatchObject({ status: 403, body: '' })
      expect(await knock(url, bearer(token))).toMatchObject({ status: 403, body: '' })
      expect(await knock(`${url}?token=${token}`, { origin: 'https://evil.example' })).toMatchObject({ status: 403, body: '' })
      await expectGoodOnesIn(url, [])
    })
  })

  test('the page that describes it names every variable that is set here, with its value', async () => {
    const page = await readFile(new URL('../exam/README.md', import.meta.url), 'utf8')
    for (const [name, value] of Object.entries(basic('http'))) {
      expect(page).toContain(name === 'SALLYPORT_TOKENS_SECRET' ? `export ${name}=` : `export ${name}=${value}`)
    }
    // One more is the list of issuers of the full set-up.
    expect([...page.matchAll(/^export /gm)]).toHaveLength(Object.keys(basic('http')).length + 1)
  })
})
