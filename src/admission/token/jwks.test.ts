import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createVerifier, type TokenVerifier } from './create-verifier.js'
import { maxAnswerBytes } from './fetch-json.js'
import type { IssuerConfig } from './issuer.js'
import type { KeysNotice } from './key-ring.js'
import { maxJwksKeys } from './read-jwks.js'
import { defaultJwksPolicy, type JwksPolicy } from './remote-keys.js'
import { createIssuerKey, json, startKeyServer, type KeyServer } from './testing/key-server.js'
import { forgeClaims, noon, testSecret } from './testing/forge.js'

const [first, second, stranger] = [createIssuerKey('first'), createIssuerKey('second'), createIssuerKey('first')]
const seconds = noon / 1000
const claims = { iss: 'https://a.example', sub: '1', iat: seconds, exp: seconds + 1_000_000 }
const minute = 60_000
const day = 86_400_000

let server: KeyServer
let at = noon
let notices: KeysNotice[] = []
let shortened = 0
let verifiers: TokenVerifier[] = []

beforeEach(async () => {
  server = await startKeyServer(first)
  at = noon
  notices = []
  shortened = 0
  verifiers = []
})
afterEach(async () => {
  for (const verifier of verifiers) verifier.stop()
  await server.close()
})

const issuer = (rest: Partial<IssuerConfig> = {}): IssuerConfig => ({ profile: 'standard', algorithms: ['ES256'], issuer: claims.iss, jwksUrl: `${server.url}/keys`, ...rest })

const create = async (issuers: readonly IssuerConfig[] = [issuer()], jwks: Partial<JwksPolicy> = {}): Promise<TokenVerifier> => {
  // A fetch of one test may end in the next.
  const heard = notices
  const verifier = await createVerifier({
    issuers,
    jwks,
    now: () => at,
    told: (notice) => heard.push(notice),
    shortened() {
      shortened += 1
    },
  })
  verifiers.push(verifier)
  return verifier
}

/** What a verifier says of a token: `ok`, a fault, or `away`. */
const say = async (verifier: TokenVerifier, token: string): Promise<string> => {
  try {
    const verification = await verifier.verify(token, at)
    return verification.ok ? 'ok' : verification.fault
  } catch (error) {
    return error instanceof Error && error.name === 'StoreUnavailable' ? 'away' : 'another failure'
  }
}

describe('[K1] keys that an issuer serves', () => {
  test('verify its tokens, and are fetched once before the first', async () => {
    const verifier = await create()
    expect(await say(verifier, first.sign(claims))).toBe('ok')
    expect(await say(verifier, first.sign({ ...claims, jti: 'another' }))).toBe('ok')
    expect(await say(verifier, stranger.sign(claims))).toBe('signature')
    expect(server.asked).toEqual(['/keys'])
  })

  test('A10: are those of the issuer that was configured: nothing in a token names an address', async () => {
    const trap = await startKeyServer(stranger)
    const verifier = await create()
    const places = { jku: `${trap.url}/keys`, x5u: `${trap.url}/cert`, jwk: stranger.jwk, x5c: ['AAAA'] }
    expect(await say(verifier, stranger.sign({ ...claims, iss: trap.url }, places))).not.toBe('ok')
    expect(await say(verifier, stranger.sign({ ...claims, iss: trap.url }, { ...places, kid: 'unheard-of' }))).not.toBe('ok')
    expect(trap.asked).toEqual([])
    await trap.close()
  })

  test('A10 V19: of two issuers with one kid do not verify the tokens of the other', async () => {
    const other = await startKeyServer(stranger)
    const verifier = await create([issuer(), issuer({ issuer: 'https://b.example', jwksUrl: `${other.url}/keys` })])
    expect(await say(verifier, first.sign(claims))).toBe('ok')
    expect(await say(verifier, stranger.sign({ ...claims, iss: 'https://b.example' }))).toBe('ok')
    expect(await say(verifier, first.sign({ ...claims, iss: 'https://b.example' }))).toBe('signature')
    expect(await say(verifier, stranger.sign(claims))).toBe('signature')
    await other.close()
  })

  test.each([
    ['another use', { use: 'enc' }],
    ['other operations', { key_ops: ['sign'] }],
    ['operations that are no texts', { key_ops: [{}, 'verify'] }],
    ['an operation within an operation', { key_ops: [['verify']] }],
    ['another algorithm', { alg: 'ES384' }],
    ['a private half', { d: 'AAAA' }],
    ['a curve it is not on', { crv: 'P-384' }],
    ['a kid that is no text', { kid: 5 }],
  ])('are passed over with %s', async (_what, change) => {
    server.answer = json({ keys: [{ ...first.jwk, ...change }, second.jwk, { kty: 'oct', k: Buffer.from(testSecret).toString('base64url'), kid: 'secret' }] })
    const verifier = await create()
    expect(await say(verifier, first.sign(claims))).toBe('unknown_key')
    expect(await say(verifier, second.sign(claims))).toBe('ok')
    expect(notices[0]).toMatchObject({ state: 'changed', detail: '1 new, 0 withdrawn, 1 held, 2 passed over' })
  })
})

describe('[K2] an answer that is not a usable key set changes nothing', () => {
  test.each<readonly [string, string, () => KeyServer['answer']]>([
    ['another status', 'answered 500', () => (_request, response) => void response.writeHead(500).end('{"keys":[]}')],
    ['a redirect', 'answered 302', () => (_request, response) => void response.writeHead(302, { location: `${server.url}/elsewhere` }).end()],
    ['no JSON', 'answered with something that is not a strict JSON object', () => (_request, response) => void response.end('<html>')],
    ['a member twice', 'answered with something that is not a strict JSON object', () => (_request, response) => void response.end('{"keys":[],"keys":[]}')],
    ['no list', 'answered without a list of "keys"', () => json({ keys: 'none' })],
    ['too many bytes', `answered with more than ${String(maxAnswerBytes)} bytes`, () => json({ keys: [], pad: 'x'.repeat(maxAnswerBytes) })],
    ['too many keys', `answered with more than ${String(maxJwksKeys)} keys`, () => json({ keys: Array.from({ length: maxJwksKeys + 1 }, () => first.jwk) })],
    ['one kid for two keys', 'answered with one "kid" for two keys', () => json({ keys: [first.jwk, stranger.jwk] })],
    ['nothing at all', 'can not be reached: UND_ERR_SOCKET', () => undefined],
    ['silence', 'did not answer within 200 ms', () => () => undefined],
  ])('%s', async (_what, detail, answer) => {
    const verifier = await create(undefined, { fetchMs: 200 })
    server.answer = answer()
    at += defaultJwksPolicy.refreshMs
    await verifier.tick()
    expect(notices.at(-1)).toEqual({ issuer: claims.iss, state: 'away', detail })
    expect(verifier.away).toEqual([claims.iss])
    expect(await say(verifier, first.sign(claims))).toBe('ok')
    expect(server.asked.filter((path) => path !== '/keys')).toEqual([])
  })
})

describe('[K3] the age of a key set', () => {
  test('is 5 minutes at most while its server answers, however often its keys are used', async () => {
    const verifier = await create()
    for (let use = 0; use < 4; use += 1) {
      at += minute
      expect(await say(verifier, first.sign({ ...claims, jti: String(use) }))).toBe('ok')
      await verifier.tick()
    }
    expect(server.asked).toHaveLength(1)
    server.serve(second)
    at += minute
    await verifier.tick()
    expect(await say(verifier, second.sign(claims))).toBe('ok')
    expect(await say(verifier, first.sign(claims))).toBe('unknown_key')
  })

  test('is 24 hours at most while its server is away; then its tokens are refused for want of it', async () => {
    const verifier = await create()
    const token = first.sign(claims)
    expect(await say(verifier, token)).toBe('ok')
    server.answer = undefined
    at = noon + day - 1
    expect(await say(verifier, first.sign({ ...claims, jti: 'late' }))).toBe('ok')
    at = noon + day
    expect(await say(verifier, token)).toBe('away')
    expect(await say(verifier, first.sign({ ...claims, jti: 'later' }))).toBe('away')
    server.serve(first)
    at += minute
    await verifier.tick()
    expect(await say(verifier, token)).toBe('ok')
  })

  test('is told once when its server goes away, and once when it is back', async () => {
    const verifier = await create()
    server.answer = undefined
    for (let turn = 0; turn < 3; turn += 1) {
      at += defaultJwksPolicy.refreshMs
      await verifier.tick()
      expect(server.asked).toHaveLength(turn + 2)
      expect(verifier.away).toEqual([claims.iss])
    }
    server.serve(first)
    at += defaultJwksPolicy.refreshMs
    await verifier.tick()
    expect(notices.map(({ state }) => state)).toEqual(['changed', 'away', 'back'])
  })
})

describe('[K4] an unknown kid', () => {
  test('A10: makes one fetch for an issuer in a minute, however many come at once', async () => {
    const verifier = await create()
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => say(verifier, second.sign(claims, { kid: `unknown ${String(index)}` }))))
    expect(new Set(answers)).toEqual(new Set(['unknown_key']))
    expect(server.asked).toHaveLength(2)
    at += minute - 1
    expect(await say(verifier, second.sign(claims))).toBe('unknown_key')
    expect(server.asked).toHaveLength(2)
  })

  test('that the issuer has begun to use is found by that fetch', async () => {
    const verifier = await create()
    server.serve(first, second)
    expect(await Promise.all([1, 2, 3].map((jti) => say(verifier, second.sign({ ...claims, jti: String(jti) }))))).toEqual(['ok', 'ok', 'ok'])
    expect(server.asked).toHaveLength(2)
  })

  test('that a fetch which was under way before it does not find is asked for by another, once', async () => {
    const verifier = await create()
    const arrivals: (() => void)[] = []
    const early = json({ keys: [first.jwk] })
    server.answer = (request, response) => {
      arrivals.push(() => {
        early(request, response)
      })
    }
    at += defaultJwksPolicy.refreshMs
    const due = verifier.tick()
    await expect.poll(() => arrivals.length).toBe(1)
    const answers = Promise.all([1, 2, 3].map((jti) => say(verifier, second.sign({ ...claims, jti: String(jti) }))))
    server.serve(first, second)
    arrivals[0]?.()
    await due
    expect(await answers).toEqual(['ok', 'ok', 'ok'])
    expect(server.asked).toHaveLength(3)
  })

  test('that joined the fetch of another kid is looked for when the minute is over', async () => {
    const verifier = await create()
    expect(await Promise.all([say(verifier, second.sign(claims, { kid: 'of a stranger' })), say(verifier, second.sign(claims))])).toEqual(['unknown_key', 'unknown_key'])
    server.serve(first, second)
    at += minute
    expect(await say(verifier, second.sign(claims))).toBe('ok')
    expect(server.asked).toHaveLength(3)
  })

  test('that was looked for in vain is not looked for again for 2 minutes', async () => {
    const verifier = await create()
    for (const [later, fetches] of [[0, 2], [minute, 2], [2 * minute, 3]] as const) {
      at = noon + later
      expect(await say(verifier, second.sign(claims))).toBe('unknown_key')
      expect(server.asked).toHaveLength(fetches)
    }
  })

  test('is refused for want of the server while that is away, without another fetch in the same minute', async () => {
    const verifier = await create()
    server.answer = undefined
    expect(await say(verifier, second.sign(claims))).toBe('away')
    at += 1_000
    expect(await say(verifier, second.sign({ ...claims, jti: 'x' }))).toBe('away')
    expect(await say(verifier, first.sign(claims))).toBe('ok')
    expect(server.asked).toHaveLength(2)
  })

  test('of an algorithm, or an issuer, that is not configured asks nobody', async () => {
    const verifier = await create()
    expect(await say(verifier, createIssuerKey('x', 'EdDSA').sign(claims))).toBe('signature')
    expect(await say(verifier, second.sign({ ...claims, iss: 'https://b.example' }))).toBe('unknown_key')
    expect(server.asked).toHaveLength(1)
  })

  test('is waited for no longer than a second', async () => {
    const verifier = await create(undefined, { waitMs: 100 })
    server.answer = () => undefined
    const startedAt = performance.now()
    expect(await say(verifier, second.sign(claims))).toBe('away')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(defaultJwksPolicy.waitMs).toBeLessThanOrEqual(1_000)
  })
})

describe('an issuer whose server is away at the start', () => {
  test('is said, its tokens are refused for want of it, and it is tried again soon', async () => {
    server.answer = undefined
    const verifier = await create()
    expect(notices).toMatchObject([{ state: 'away' }])
    expect(await say(verifier, first.sign(claims))).toBe('away')
    server.serve(first)
    at += 10_000
    await verifier.tick()
    expect(await say(verifier, first.sign(claims))).toBe('ok')
  })
})

describe('[K5] a key that is withdrawn', () => {
  test('from the set verifies nothing any more, nor is what it verified remembered', async () => {
    const verifier = await create()
    const token = first.sign(claims)
    const verification = await verifier.verify(token, at)
    expect(verifier.cached(token, at)).toBeDefined()
    server.serve(second)
    expect(await say(verifier, second.sign(claims))).toBe('ok')
    expect(verification).toMatchObject({ ok: true, claims: { key: { kid: 'first', withdrawn: true } } })
    expect(verifier.cached(token, at)).toBeUndefined()
    expect(await say(verifier, token)).toBe('unknown_key')
    expect(shortened).toBe(1)
  })

  test('from the configuration neither', async () => {
    const key = (secret: string) => ({ profile: 'standard' as const, algorithms: ['ES256' as const], keys: [{ kid: secret, jwk: { kty: 'EC', ...(secret === 'first' ? first.jwk : second.jwk) } }] })
    const verifier = await create([key('first')])
    const token = first.sign({ ...claims, iss: undefined })
    expect(await say(verifier, token)).toBe('ok')
    await verifier.replace([key('second')])
    expect(verifier.cached(token, at)).toBeUndefined()
    expect(await say(verifier, token)).toBe('unknown_key')
    expect(shortened).toBe(1)
  })

  test('while its signature is being checked does not verify it', async () => {
    const verifier = await create()
    const pending = verifier.verify(first.sign(claims), at)
    await verifier.replace([issuer({ jwksUrl: undefined, keys: [{ jwk: { kty: 'EC', ...second.jwk } }] })])
    expect(await pending).toMatchObject({ ok: false, fault: 'unknown_key' })
  })

  test('and put back, in changes that overtake each other, verifies again', async () => {
    const withSecret = (kid: string, secret: string): IssuerConfig => ({ profile: 'standard', keys: [{ kid, secret }] })
    const other = [...testSecret].toReversed().join('')
    const verifier = await create([withSecret('a', testSecret)])
    const token = forgeClaims({}, { kid: 'a' })
    const wrong = verifier.replace([withSecret('a', 'short')])
    await Promise.all([verifier.replace([withSecret('b', other)]), verifier.replace([withSecret('a', testSecret)])])
    await expect(wrong).rejects.toThrow('at least 64 bytes')
    expect(await say(verifier, token)).toBe('ok')
    expect(await say(verifier, token)).toBe('ok')
  })

  test('is not one that is only read anew', async () => {
    const verifier = await create()
    const verification = await verifier.verify(first.sign(claims), at)
    await verifier.replace([issuer({ audience: 'us' })])
    at += defaultJwksPolicy.refreshMs
    await verifier.tick()
    expect(verification).toMatchObject({ ok: true, claims: { key: { withdrawn: false } } })
    expect(shortened).toBe(0)
  })
})

describe('an address of keys is refused', () => {
  test.each<readonly [string, Partial<IssuerConfig>, RegExp]>([
    ['without TLS', { jwksUrl: 'http://keys.example/jwks' }, /"issuers\[0\]\.jwksUrl" must be an https address/],
    ['with a password', { jwksUrl: 'https://a:b@keys.example/jwks' }, /https address without user/],
    ['that is a file', { jwksUrl: 'file:///etc/passwd' }, /https address/],
    ['that is none', { jwksUrl: 'keys' }, /https address/],
    ['beside a secret', { secret: testSecret }, /stand alone/],
    ['beside keys', { keys: [] }, /stand alone/],
    ['for HMAC', { algorithms: ['HS512'] }, /public-key algorithms/],
  ])('%s', async (_what, change, reason) => {
    await expect(create([issuer(change)])).rejects.toThrow(reason)
    expect(server.asked).toEqual([])
  })
})
