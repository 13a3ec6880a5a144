import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createVerifier } from './create-verifier.js'
import type { IssuerConfig, JsonWebKey, KeyConfig } from './issuer.js'
import { forge, forgeClaims, noon, testSecret } from './testing/forge.js'

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
const jwkOf = (key: KeyObject): JsonWebKey => ({ kty: '', ...key.export({ format: 'jwk' }) })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const smallRsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const ed25519 = generateKeyPairSync('ed25519')
const x25519 = generateKeyPairSync('x25519')

const create = async (...issuers: readonly IssuerConfig[]) => createVerifier({ issuers, now: () => noon })
const hmac = (secret: string, rest: Partial<IssuerConfig> = {}): IssuerConfig => ({ profile: 'standard', algorithms: ['HS512'], secret, ...rest })
const withKeys = (algorithms: IssuerConfig['algorithms'], ...keys: readonly KeyConfig[]): IssuerConfig => ({ profile: 'standard', algorithms, keys })
const refusal = async (...issuers: readonly IssuerConfig[]): Promise<string> =>
  create(...issuers).then(
    () => 'accepted',
    (error: unknown) => (error instanceof TypeError || error instanceof RangeError ? error.message : `not a configuration error: ${String(error)}`),
  )

/** Letters that never repeat in a short rhythm. */
const secretOf = (length: number): string => testSecret.repeat(Math.ceil(length / testSecret.length)).slice(0, length)

describe('a secret', () => {
  test.each([
    ['HS256', 31],
    ['HS384', 47],
    ['HS512', 63],
  ] as const)('for %s is refused with %i bytes and taken with one more', async (algorithm, short) => {
    expect(await refusal(hmac(secretOf(short), { algorithms: [algorithm] }))).toBe(
      `Cannot create a verifier as "issuers[0] (its secret)" must be at least ${short + 1} bytes for ${algorithm}: current length is ${short}; make one with "sallyport secret"`,
    )
    expect(await refusal(hmac(secretOf(short + 1), { algorithms: [algorithm] }))).toBe('accepted')
  })

  test('is measured in bytes of UTF-8, not in characters', async () => {
    expect(await refusal(hmac('گذرواژه‌ای بلند برای آزمون دروازه و نه برای تولید', { algorithms: ['HS512'] }))).toBe('accepted')
  })

  test.each([
    ['empty', ''],
    ['a word', 'secret'],
    ['white space', ' '.repeat(64)],
    ['one character repeated', 'a'.repeat(64)],
    ['a word repeated', 'changeme'.repeat(8)],
    ['a word repeated and cut off', 'secret'.repeat(11).slice(0, 64)],
    ['four characters repeated', 'abcd'.repeat(16)],
    ['ten characters repeated', 'qwertyuiop'.repeat(7)],
    ['a published sample repeated', 'your-512-bit-secret'.repeat(4)],
    ['mostly one character', `${'0'.repeat(60)}1234`],
    ['characters in their order', '0123456789abcdef'.repeat(4)],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz'.repeat(3)],
    ['the sample of a token debugger', 'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long'],
    ['the same sample in capitals, with a line feed', 'A-VALID-STRING-SECRET-THAT-IS-AT-LEAST-512-BITS-LONG-WHICH-IS-VERY-LONG\n'],
  ])('is refused when it is %s', async (_what, secret) => {
    const message = await refusal(hmac(secret))
    expect(message).toMatch(/^Cannot create a verifier as "issuers\[0\] \(its secret\)" must .*sallyport secret"$/)
  })

  const der = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
  test.each([
    ['PEM', pem(rsa.publicKey)],
    ['PEM behind white space', `\n  ${pem(rsa.publicKey)}`],
    ['PEM behind a comment', `# our key\n${pem(p256.publicKey)}`],
    ['PKCS 1 PEM', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['a private PEM', p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['base64 of DER', der(rsa.publicKey).toString('base64')],
    ['base64 of DER in lines', der(rsa.publicKey).toString('base64').replace(/.{64}/g, '$&\n')],
    ['base64url of DER', der(p256.publicKey).toString('base64url')],
    ['base64 of a PKCS 1 key', rsa.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64')],
    ['base64 of PEM', Buffer.from(pem(ed25519.publicKey)).toString('base64')],
    ['a JWK', JSON.stringify(jwkOf(rsa.publicKey))],
    ['a JWK behind white space', ` ${JSON.stringify(jwkOf(p256.publicKey))}`],
    ['a JWK set', JSON.stringify({ keys: [jwkOf(ed25519.publicKey)] })],
    ['an OpenSSH key', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${secretOf(43)} someone@example`],
  ])('is refused when it is a public key: %s', async (_what, secret) => {
    expect(await refusal(hmac(secret))).toContain('must not be a public or private key')
  })

  test('is refused as a JWK under the same rules', async () => {
    const k = (secret: string | Buffer) => Buffer.from(secret).toString('base64url')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: k(secretOf(63)) } }))).toContain('at least 64 bytes')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: '' } }))).toContain('at least 64 bytes')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: k(Buffer.alloc(64)) } }))).toContain('repeated')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: k(der(rsa.publicKey)) } }))).toContain('public or private key')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: `${k(secretOf(64))}=` } }))).toContain('base64url')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct' } }))).toContain('base64url')
    expect(await refusal(withKeys(['HS512'], { jwk: { kty: 'oct', k: k(secretOf(64)) } }))).toBe('accepted')
  })

  test.each([
    ['PEM in hex', Buffer.from(pem(rsa.publicKey)).toString('hex')],
    ['DER in hex', der(rsa.publicKey).toString('hex').toUpperCase()],
    ['a list of JWK', JSON.stringify([jwkOf(rsa.publicKey)])],
    ['a JWK in base64', Buffer.from(JSON.stringify(jwkOf(rsa.publicKey))).toString('base64')],
    ['a JWK in base64url', Buffer.from(JSON.stringify(jwkOf(rsa.publicKey))).toString('base64url')],
  ])('A3: is refused when it is a public key as %s', async (_what, secret) => {
    expect(await refusal(hmac(secret))).toContain('not be a public or private key')
  })

  test('is taken when it is random, in hex, in base64 or in words', async () => {
    for (let round = 0; round < 200; round += 1) {
      const secret = randomBytes(64)
      for (const text of [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url')]) expect(await refusal(hmac(text)), text).toBe('accepted')
    }
    expect(await refusal(hmac('correct horse battery staple and sixty-four bytes of other words besides'))).toBe('accepted')
  })

  test('never stands in the message', async () => {
    for (const secret of [secretOf(40), pem(rsa.publicKey), 'changeme'.repeat(8)]) {
      const message = await refusal(hmac(secret))
      expect(message).not.toContain(secret.slice(0, 9))
    }
  })
})

describe('a short secret of the classic profile', () => {
  const classic = (length: number, allowShortSecretUntil?: string): IssuerConfig => hmac(secretOf(length), { profile: 'classic', allowShortSecretUntil })

  test('is refused without a date', async () => {
    expect(await refusal(classic(50))).toContain('at least 64 bytes')
  })

  test('is taken until a date, and every start says so', async () => {
    const verifier = await create(classic(50, '2026-06-02'))
    expect(verifier.warnings).toEqual([
      '"issuers[0]" has a secret shorter than HS512 asks for (RFC 7518 section 3.2); it is allowed until 2026-06-02, then the start is refused.',
    ])
    expect((await create(classic(64))).warnings).toEqual([])
  })

  test('is refused on that date, below 32 bytes, with a date that is none, and in other profiles', async () => {
    expect(await refusal(classic(50, '2026-06-01'))).toContain('must lie ahead')
    expect(await refusal(classic(31, '2026-06-02'))).toContain('at least 32 bytes')
    expect(await refusal(classic(32, '2026-06-02'))).toBe('accepted')
    expect(await refusal(classic(50, 'soon'))).toContain('ISO 8601')
    expect(await refusal(classic(50, '2026-02-30'))).toContain('ISO 8601')
    expect(await refusal(hmac(secretOf(50), { allowShortSecretUntil: '2026-06-02' }))).toContain('unless the profile is classic')
  })
})

describe('a public key', () => {
  test.each<readonly [string, IssuerConfig['algorithms'], KeyConfig]>([
    ['RSA in PEM', ['RS256'], { publicKey: pem(rsa.publicKey) }],
    ['RSA in PKCS 1 PEM', ['PS512'], { publicKey: rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString() }],
    ['RSA as JWK', ['RS512'], { jwk: { ...jwkOf(rsa.publicKey), alg: 'RS512', use: 'sig', kid: 'a' } }],
    ['P-256', ['ES256'], { publicKey: pem(p256.publicKey) }],
    ['P-384 as JWK', ['ES384'], { jwk: { ...jwkOf(p384.publicKey), key_ops: ['verify'] } }],
    ['Ed25519', ['EdDSA'], { publicKey: pem(ed25519.publicKey) }],
  ])('is taken: %s', async (_what, algorithms, key) => {
    expect(await refusal(withKeys(algorithms, key))).toBe('accepted')
  })

  test.each<readonly [string, IssuerConfig['algorithms'], KeyConfig, RegExp]>([
    ['RSA of 1024 bits', ['RS256'], { publicKey: pem(smallRsa.publicKey) }, /at least 2048 bits: current size is 1024/],
    ['RSA of 1024 bits as JWK', ['PS256'], { jwk: jwkOf(smallRsa.publicKey) }, /at least 2048 bits/],
    ['an exponent of 1', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), e: 'AQ' } }, /exponent|be a public key/],
    ['an exponent of 2,048 bits', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), e: Buffer.alloc(256, 1).toString('base64url') } }, /exponent of at most 64 bits/],
    ['RSA of 16,392 bits', ['RS256'], { jwk: { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(2049, 0xff).toString('base64url') } }, /at most 16384 bits: current size is 16392/],
    ['an even exponent', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), e: 'AQAA' } }, /exponent|be a public key/],
    ['another curve', ['ES256'], { publicKey: pem(p384.publicKey) }, /fit ES256/],
    ['a curve that does not fit the JWK’s own alg', ['ES384'], { jwk: { ...jwkOf(p256.publicKey), alg: 'ES384' } }, /fit ES384/],
    ['another type', ['RS256'], { publicKey: pem(p256.publicKey) }, /fit RS256/],
    ['a key agreement key', ['EdDSA'], { publicKey: pem(x25519.publicKey) }, /fit EdDSA/],
    ['a key for encryption', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), use: 'enc' } }, /"sig"/],
    ['key_ops without verify', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), key_ops: ['encrypt'] } }, /"verify"/],
    ['empty key_ops', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), key_ops: [] } }, /"verify"/],
    ['an alg that is not a signature', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), alg: 'RSA-OAEP' } }, /be one of HS256/],
    ['an alg the issuer does not list', ['RS256'], { jwk: { ...jwkOf(rsa.publicKey), alg: 'PS256' } }, /fit PS256/],
    ['two algorithms at once', ['RS256'], { algorithm: 'RS256', jwk: { ...jwkOf(rsa.publicKey), alg: 'PS256' } }, /same as "jwk.alg"/],
    ['two kids at once', ['RS256'], { kid: 'a', jwk: { ...jwkOf(rsa.publicKey), kid: 'b' } }, /same as "jwk.kid"/],
    ['an empty kid', ['RS256'], { kid: '', publicKey: pem(rsa.publicKey) }, /not be empty/],
    ['a private PEM', ['RS256'], { publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }, /public half: make it with "openssl pkey -pubout"/],
    ['a private JWK', ['ES256'], { jwk: jwkOf(p256.privateKey) }, /public half: remove/],
    ['text', ['RS256'], { publicKey: 'ssh-rsa AAAA' }, /be a public key/],
    ['an empty text', ['RS256'], { publicKey: '' }, /be a public key/],
    ['a point that is not on the curve', ['ES256'], { jwk: { ...jwkOf(p256.publicKey), x: 'AAAA' } }, /be a public key/],
    ['a secret', ['RS256'], { secret: testSecret }, /fit RS256/],
    ['nothing', ['RS256'], { kid: 'a' }, /exactly one/],
    ['two forms at once', ['RS256'], { publicKey: pem(rsa.publicKey), jwk: jwkOf(rsa.publicKey) }, /exactly one/],
    ['an end that is no date', ['RS256'], { publicKey: pem(rsa.publicKey), notAfter: 'never' }, /notAfter" must be an ISO 8601/],
  ])('is refused: %s', async (_what, algorithms, key, reason) => {
    expect(await refusal(withKeys(algorithms, key))).toMatch(reason)
  })

  test('that fits several algorithms must name its one', async () => {
    expect(await refusal(withKeys(['RS256', 'PS256'], { publicKey: pem(rsa.publicKey) }))).toContain('one key serves one algorithm')
  })
})

describe('an issuer', () => {
  const publicKey = { kid: 'public', publicKey: pem(p256.publicKey) }

  test.each<readonly [string, readonly IssuerConfig[], RegExp]>([
    ['no issuer at all', [], /at least one issuer/],
    ['no key', [{ profile: 'standard', algorithms: ['HS512'] }], /have a "secret", "keys" or "jwksUrl"/],
    ['no algorithm', [hmac(testSecret, { algorithms: [] })], /not be empty/],
    ['an algorithm twice', [hmac(testSecret, { algorithms: ['HS512', 'HS512'] })], /each algorithm once/],
    ['an algorithm without a key', [{ profile: 'standard', algorithms: ['ES256', 'RS256'], keys: [publicKey] }], /RS256 has none/],
    ['one secret for two algorithms', [hmac(testSecret, { algorithms: ['HS256', 'HS512'] })], /one key serves one algorithm/],
    ['secrets beside public keys', [{ profile: 'standard', algorithms: ['HS512', 'ES256'], secret: testSecret, keys: [publicKey] }], /not mix HMAC/],
    ['a secret where public keys are listed', [{ profile: 'standard', algorithms: ['ES256'], secret: testSecret, keys: [publicKey] }], /fit ES256/],
    ['one kid for two keys', [withKeys(['HS512'], { kid: 'a', secret: testSecret }, { kid: 'a', secret: secretOf(65) })], /one "kid" for two keys/],
    ['one key under two kids', [withKeys(['HS512'], { kid: 'a', secret: testSecret }, { kid: 'b', secret: testSecret })], /one key twice/],
    [
      'one secret under two algorithms',
      [withKeys(['HS256', 'HS512'], { kid: 'a', algorithm: 'HS256', secret: testSecret }, { kid: 'b', algorithm: 'HS512', secret: testSecret })],
      /one key twice/,
    ],
    ['too many keys', [withKeys(['HS512'], ...Array.from({ length: 17 }, (_, index) => ({ secret: secretOf(64 + index) })))], /at most 16 keys: current count is 17/],
    ['two issuers of one name', [hmac(testSecret, { name: 'a' }), hmac(secretOf(65), { name: 'a' })], /names that differ/],
    ['a lifetime outside the classic profile', [hmac(testSecret, { lifetimeMs: 1000 })], /unless the profile is classic/],
    ['a lifetime that is no number', [hmac(testSecret, { profile: 'classic', lifetimeMs: Number.NaN })], /lifetimeMs" must be an integer/],
    ['an endless lifetime', [hmac(testSecret, { profile: 'classic', lifetimeMs: Number.POSITIVE_INFINITY })], /lifetimeMs" must be an integer/],
    ['an empty audience', [hmac(testSecret, { audience: '' })], /empty "issuer" or "audience"/],
    ['an empty issuer', [hmac(testSecret, { issuer: '' })], /empty "issuer" or "audience"/],
  ])('is refused: %s', async (_what, issuers, reason) => {
    expect(await refusal(...issuers)).toMatch(reason)
  })

  test('of plain JavaScript is refused with names that do not exist', async () => {
    const wrongNames: unknown[] = [{ ...hmac(testSecret), algorithms: ['none'] }, { ...hmac(testSecret), profile: 'toString' }, { ...hmac(testSecret), algorithms: ['constructor'] }]
    for (const config of wrongNames) {
      // @ts-expect-error -- the types forbid it, a JavaScript caller does not know them
      expect(await refusal(config)).toMatch(/must (?:contain only|be one of)/)
    }
  })

  test('with a key that is past its end is told of it at the start', async () => {
    const verifier = await create(withKeys(['HS512'], { kid: 'old', secret: testSecret, notAfter: '2026-05-31' }, { kid: 'new', secret: secretOf(65) }))
    expect(verifier.warnings).toEqual(['"issuers[0]" has a key "old" that is past its "notAfter" and verifies nothing.'])
  })
})

describe('the options', () => {
  test.each([
    ['clockToleranceMs', -1],
    ['clockToleranceMs', 300_001],
    ['clockToleranceMs', Number.NaN],
    ['cacheEntries', -1],
    ['cacheEntries', 0.5],
    ['cacheEntries', Number.POSITIVE_INFINITY],
  ])('refuse %s of %d', async (name, value) => {
    await expect(createVerifier({ issuers: [hmac(testSecret)], [name]: value })).rejects.toThrow(`Cannot create a verifier as "${name}" must be an integer from 0 to`)
  })

  test('may turn the cache off', async () => {
    const verifier = await createVerifier({ issuers: [hmac(testSecret)], cacheEntries: 0 })
    const token = forgeClaims({})
    expect(await verifier.verify(token, noon)).toMatchObject({ ok: true, cached: false })
    expect(await verifier.verify(token, noon)).toMatchObject({ ok: true, cached: false })
    expect(verifier.cached(token, noon)).toBeUndefined()
  })
})

test('[T3] A3: a token signed by HMAC with the public key of an issuer is refused, in every form of that key', async () => {
  const verifier = await create(withKeys(['RS256'], { kid: 'a', publicKey: pem(rsa.publicKey) }))
  const forms = [pem(rsa.publicKey), pem(rsa.publicKey).trim(), ` ${pem(rsa.publicKey)}`, JSON.stringify(jwkOf(rsa.publicKey))]
  for (const alg of ['HS256', 'HS512', 'RS256'] as const) {
    for (const secret of forms) {
      const token = forge({ header: { alg, kid: 'a' }, payload: { sub: '1', exp: noon / 1000 + 60 }, secret, signedWith: alg === 'RS256' ? 'HS256' : alg })
      expect(await verifier.verify(token, noon)).toMatchObject({ ok: false, fault: 'signature' })
    }
  }
})
