import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier } from './create-verifier.js'
import { forge, forgeClaims, goodClaims, goodKey, noon, noonSeconds, testSecret } from './testing/forge.js'

const otherSecret = [...testSecret].toReversed().join('')
const standard = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
const good = forgeClaims({})

describe('a good token', () => {
  test('is answered with its claims, at once', () => {
    expect(standard.verify(forgeClaims({ role: 'customer', epoch: 3, team: { id: 5 } }), noon)).toEqual({
      ok: true,
      cached: false,
      claims: {
        subject: '1',
        issuer: 'issuer 1',
        key: goodKey,
        tokenId: 'a4c1',
        issuedAt: noon - 1000,
        expiresAt: noon + 600_000,
        role: 'customer',
        epoch: 3,
        payload: { ...goodClaims, role: 'customer', epoch: 3, team: { id: 5 } },
      },
    })
  })

  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/JWT'])('may have the typ %s', async (typ) => {
    expect(await standard.verify(forge({ header: { alg: 'HS512', typ }, payload: goodClaims }), noon)).toMatchObject({ ok: true })
  })

  test('has claims that nobody can change', async () => {
    const verification = await standard.verify(good, noon)
    expect(verification.ok && Object.isFrozen(verification.claims) && Object.isFrozen(verification.claims.payload)).toBe(true)
  })
})

describe('a forged token is refused', () => {
  const header = (changes: object): string => forgeClaims({}, changes)
  const [head = '', body = '', signature = ''] = good.split('.')
  const unsigned = (alg: unknown): string => `${Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')}.${body}.`

  test.each(['none', 'None', 'NONE', 'nOnE', 'none ', ' none', '', 'none\0'])('when its alg is %j, with and without a signature', async (alg) => {
    expect(await standard.verify(unsigned(alg), noon)).toMatchObject({ ok: false, fault: 'malformed' })
    expect(await standard.verify(header({ alg }), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test.each([
    ['another hash length with the same secret', forge({ header: { alg: 'HS256' }, payload: goodClaims, signedWith: 'HS256' })],
    ['the right name over another hash', forge({ payload: goodClaims, signedWith: 'HS256' })],
    ['the name in small letters', header({ alg: 'hs512' })],
    ['the name with a NUL', header({ alg: 'HS512\0' })],
    ['the name in letters that look alike', header({ alg: 'ΗS512' })],
    ['the name of an object member', header({ alg: 'constructor' })],
    ['another secret', forge({ payload: goodClaims, secret: otherSecret })],
    ['the empty secret', forge({ payload: goodClaims, secret: '' })],
    ['a key of its own', forge({ header: { alg: 'HS512', jwk: { kty: 'oct', k: Buffer.from(otherSecret).toString('base64url') } }, payload: goodClaims, secret: otherSecret })],
    ['a signature that is cut short', good.slice(0, -2)],
    ['a signature of zeros', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
    ['a signature that is too long', `${good}AAAA`],
    ['an ES256 signature of zeros', `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${body}.${Buffer.alloc(64).toString('base64url')}`],
    ['the signature of other claims', `${head}.${forgeClaims({ sub: '2' }).split('.')[1] ?? ''}.${signature}`],
  ])('with %s', async (_what, token) => {
    expect(await standard.verify(token, noon)).toMatchObject({ ok: false, fault: 'signature', denial: { reason: 'token_invalid' } })
  })

  test.each(['no-such-key', '', '../../../../dev/null', "x' UNION SELECT 'other'--", 'undefined', '__proto__'])(
    'when it names the key %j, which nobody configured, even if the signature would hold',
    async (kid) => {
      for (const secret of ['', otherSecret, testSecret]) {
        expect(await standard.verify(forge({ header: { alg: 'HS512', kid }, payload: goodClaims, secret }), noon)).toMatchObject({ ok: false, fault: 'unknown_key' })
      }
    },
  )

  test.each([
    ['padding', [head, body, signature].map((part) => part.padEnd(Math.ceil(part.length / 4) * 4, '=')).join('.')],
    ['four segments', `${good}.AA`],
    ['five segments that ask for costly key derivation', 'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjk5OTk5OTk5OSwiZW5jIjoiQTEyOEdDTSJ9.AA.AA.AA.AA'],
    ['the JSON form', JSON.stringify({ protected: head, payload: body, signature })],
    ['a payload that was never encoded', `${head}.{"sub":"1"}.${signature}`],
    ['more than 8 KiB', forgeClaims({ pad: 'A'.repeat(8192) })],
    ['a payload that is an array', forge({ payload: '[1,2,3]' })],
    ['a payload that is null', forge({ payload: 'null' })],
    ['a payload that is text', forge({ payload: '"sub"' })],
    ['an empty payload', forge({ payload: '' })],
    ['a payload behind a byte order mark', forge({ payload: `\ufeff${JSON.stringify(goodClaims)}` })],
    ['a payload that is not UTF-8', forge({ payload: Buffer.from('{"sub":"\xff","exp":4102444800}', 'latin1') })],
    ['claims 40 levels deep', forge({ payload: JSON.stringify(goodClaims).replace('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`) })],
    ['a claim twice', forge({ payload: JSON.stringify(goodClaims).replace('{', '{"sub":"2",') })],
    ['a claim twice, once escaped', forge({ payload: JSON.stringify(goodClaims).replace('{', '{"\\u0073ub":"2",') })],
    ['an exp beyond all numbers', forge({ payload: '{"sub":"1","exp":1e999}' })],
    ['an exp that is not JSON', forge({ payload: '{"sub":"1","exp":NaN}' })],
    ['crit', header({ crit: ['x-unknown'], 'x-unknown': 1 })],
    ['an empty crit', header({ crit: [] })],
    ['b64', header({ b64: false, crit: ['b64'] })],
    ['a kid that is a number', header({ kid: 5 })],
    ['a kid of 12,000 characters', header({ kid: 'A'.repeat(12_000) })],
  ])('with %s, even if its signature would hold', async (_what, token) => {
    expect(await standard.verify(token, noon)).toMatchObject({ ok: false, fault: 'malformed', denial: { reason: 'token_invalid' } })
  })

  test('before what a stranger wrote into its claims is parsed, when its MAC does not hold', async () => {
    for (const payload of ['[1,2,3]', '', '{"sub":"2","sub":"1"}']) {
      expect(await standard.verify(forge({ payload, secret: otherSecret }), noon)).toMatchObject({ ok: false, fault: 'signature' })
    }
  })

  test('when any one character of a good token is another', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\0é'
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...alphabet), (index, letter) => {
        fc.pre(good[index] !== letter)
        expect(standard.verify(good.slice(0, index) + letter + good.slice(index + 1), noon)).toMatchObject({ ok: false })
      }),
      { numRuns: 3000 },
    )
  })

  test('when a character is left out, doubled or put in anywhere', () => {
    for (let index = 0; index < good.length; index += 1) {
      const [before, letter, after] = [good.slice(0, index), good[index] ?? '', good.slice(index + 1)]
      for (const changed of [before + after, before + letter + letter + after, `${before}A${letter}${after}`]) {
        if (changed !== good) expect(standard.verify(changed, noon)).toMatchObject({ ok: false })
      }
    }
  })

  test('and no text at all makes the verifier throw or reject', async () => {
    const piece = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.json().map((text) => Buffer.from(text).toString('base64url')))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('.'))), async (text) => {
        expect((await standard.verify(text, noon)).ok).toBe(false)
        expect(standard.cached(text, noon)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  test('without a word of it in the denial', async () => {
    const secretive = forgeClaims({ sub: 'confidential-subject', exp: 5 }, { kid: undefined })
    for (const token of [secretive, `${secretive.slice(0, -6)}AAAAAA`, forgeClaims({ sub: { name: 'confidential-subject' } })]) {
      const verification = await standard.verify(token, noon)
      const text = JSON.stringify(verification.ok ? '' : verification.denial)
      expect(text).toContain('token_')
      expect(text).not.toContain('confidential')
      expect(text).not.toContain(token.slice(-20))
    }
  })
})

describe('keys', () => {
  const older = { kid: 'older', secret: otherSecret, notAfter: '2026-06-02' }
  const newer = { kid: 'newer', secret: testSecret }

  test('overlap during a rotation, by kid and without one', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [older, newer] }], now: () => noon })
    const token = (secret: string, kid?: string) => forge({ header: { alg: 'HS512', kid }, payload: { ...goodClaims, exp: noonSeconds + 1e6 }, secret })
    for (const accepted of [token(otherSecret, 'older'), token(testSecret, 'newer'), token(otherSecret), token(testSecret)]) {
      expect(verifier.verify(accepted, noon)).toMatchObject({ ok: true })
    }
    expect(verifier.verify(token(otherSecret, 'newer'), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(verifier.verify(token(testSecret, 'older'), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(verifier.verify(token(`${testSecret}x`), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test('verify nothing from their end on, not even what was remembered', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [older, newer] }], now: () => noon })
    const end = Date.UTC(2026, 5, 2)
    for (const kid of ['older', undefined]) {
      const token = forge({ header: { alg: 'HS512', kid }, payload: { ...goodClaims, exp: noonSeconds + 1e6 }, secret: otherSecret })
      expect(verifier.verify(token, end - 1)).toMatchObject({ ok: true, cached: false })
      expect(verifier.cached(token, end - 1)?.subject).toBe('1')
      expect(verifier.cached(token, end)).toBeUndefined()
      // The holder of such a token is late, not an attacker.
      expect(verifier.verify(token, end)).toMatchObject({ ok: false, fault: 'unknown_key', denial: { reason: 'token_invalid' } })
    }
  })

  test('serve one algorithm each: a known kid under another algorithm is a forgery', async () => {
    const keys = [{ kid: 'a', algorithm: 'HS256', secret: testSecret } as const, { kid: 'b', algorithm: 'HS512', secret: otherSecret } as const]
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS256', 'HS512'], keys }] })
    const token = (alg: 'HS256' | 'HS512', kid: string) => forge({ header: { alg, kid }, payload: goodClaims, signedWith: alg })
    expect(verifier.verify(token('HS256', 'a'), noon)).toMatchObject({ ok: true })
    expect(verifier.verify(token('HS512', 'a'), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(verifier.verify(token('HS512', 'c'), noon)).toMatchObject({ ok: false, fault: 'unknown_key' })
    expect(verifier.verify(forge({ header: { alg: 'HS512' }, payload: goodClaims }), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })
})

describe('several issuers', () => {
  const issuers = [
    { name: 'first', profile: 'standard', algorithms: ['HS512'], issuer: 'https://first.example', keys: [{ kid: 'k', secret: testSecret }] },
    { name: 'second', profile: 'standard', algorithms: ['HS512'], issuer: 'https://second.example', keys: [{ kid: 'k', secret: otherSecret }] },
  ] as const
  const token = (iss: string | undefined, secret: string, kid: string | undefined = 'k') =>
    forge({ header: { alg: 'HS512', kid }, payload: { ...goodClaims, iss }, secret })

  test('use their own keys only, under the same kid too', async () => {
    const verifier = await createVerifier({ issuers })
    // The first one's tokens fill the cache before the second one's are looked at.
    expect(verifier.verify(token('https://first.example', testSecret), noon)).toMatchObject({ ok: true, claims: { issuer: 'first' } })
    expect(verifier.verify(token('https://second.example', otherSecret), noon)).toMatchObject({ ok: true, claims: { issuer: 'second' } })
    expect(verifier.verify(token('https://second.example', testSecret), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(verifier.verify(token('https://first.example', otherSecret), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(verifier.verify(token('https://second.example', testSecret, undefined), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test.each(['https://evil.example', 'http://127.0.0.1:1/', 'https://first.example/', 'HTTPS://FIRST.EXAMPLE', undefined])('are not %s', async (iss) => {
    const verifier = await createVerifier({ issuers })
    expect(verifier.verify(token(iss, testSecret), noon)).toMatchObject({ ok: false, fault: 'claims' })
  })

  test('may leave iss open, but not speak for one who is named', async () => {
    const verifier = await createVerifier({ issuers: [{ name: 'open', profile: 'standard', algorithms: ['HS512'], keys: [{ kid: 'k', secret: testSecret }] }, issuers[1]] })
    expect(verifier.verify(token('https://anybody.example', testSecret), noon)).toMatchObject({ ok: true, claims: { issuer: 'open' } })
    expect(verifier.verify(token('https://second.example', testSecret), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test('may share a secret and read its tokens by different rules', async () => {
    const shared = { algorithms: ['HS512'], secret: testSecret } as const
    const verifier = await createVerifier({ issuers: [{ profile: 'classic', ...shared }, { profile: 'simplejwt', ...shared }] })
    const simple = { user_id: 7, token_type: 'access', jti: 'a', exp: noonSeconds + 60 }
    const classic = { user_id: '7', type: 'access', created_at: '2026-06-01 11:59:00 +0000' }
    expect(verifier.verify(forge({ payload: simple }), noon)).toMatchObject({ ok: true, claims: { issuer: 'issuer 2', subject: '7' } })
    expect(verifier.verify(forge({ payload: classic }), noon)).toMatchObject({ ok: true, claims: { issuer: 'issuer 1', subject: '7' } })
    expect(verifier.verify(forge({ payload: { ...simple, token_type: 'refresh' } }), noon)).toMatchObject({ ok: false, fault: 'claims' })
    expect(verifier.verify(forge({ payload: { ...simple, exp: noonSeconds } }), noon)).toMatchObject({ ok: false, fault: 'expired' })
  })
})

describe('the cache', () => {
  test('answers the second time, and knows only tokens that were verified', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
    expect(verifier.cached(good, noon)).toBeUndefined()
    expect(verifier.verify(good, noon)).toMatchObject({ ok: true, cached: false })
    expect(verifier.verify(good, noon)).toMatchObject({ ok: true, cached: true })
    expect(verifier.cached(good, noon)).toMatchObject({ subject: '1' })
    await verifier.replace([{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }])
    expect(verifier.cached(good, noon)).toBeUndefined()
  })

  test('forgets a token at its end, however often it was asked before', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
    const end = noon + 600_000
    for (const at of [noon, noon + 300_000, end - 1]) expect(verifier.verify(good, at)).toMatchObject({ ok: true })
    expect(verifier.cached(good, end)).toBeUndefined()
    expect(verifier.verify(good, end)).toMatchObject({ ok: false, fault: 'expired' })
  })

  test('keeps no more than it may', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], cacheEntries: 2 })
    const tokens = ['a', 'b', 'c'].map((sub) => forgeClaims({ sub }))
    for (const token of tokens) await verifier.verify(token, noon)
    expect(tokens.map((token) => verifier.cached(token, noon)?.subject)).toEqual([undefined, 'b', 'c'])
  })

  test('never mixes 1,000 tokens that are equal but for their subject', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [{ kid: 'k', secret: testSecret }] }] })
    const tokens = Array.from({ length: 1000 }, (_, index) => forgeClaims({ sub: `user-${index}` }, { kid: 'k' }))
    for (let round = 0; round < 3; round += 1) {
      const subjects = await Promise.all(
        tokens.map(async (token) => {
          const verification = await verifier.verify(token, noon)
          return verification.ok ? [verification.claims.subject, verification.claims.payload['sub'], verification.cached] : []
        }),
      )
      expect(subjects).toEqual(tokens.map((_, index) => [`user-${index}`, `user-${index}`, round > 0]))
    }
  })
})

describe('public keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = (key: typeof rsa.publicKey): string => key.export({ type: 'spki', format: 'pem' }).toString()

  test('answer by a promise the first time and at once from the cache', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['ES256'], keys: [{ publicKey: pem(p256.publicKey) }] }] })
    const signingInput = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from(JSON.stringify(goodClaims)).toString('base64url')}`
    const signature = sign('sha256', Buffer.from(signingInput), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' })
    const token = `${signingInput}.${signature.toString('base64url')}`
    const first = verifier.verify(token, noon)
    expect(first).toBeInstanceOf(Promise)
    expect(await first).toMatchObject({ ok: true, cached: false })
    expect(verifier.verify(token, noon)).toMatchObject({ ok: true, cached: true })

    const der = sign('sha256', Buffer.from(signingInput), p256.privateKey)
    const forged = [der, Buffer.alloc(64), Buffer.alloc(64, 1), Buffer.concat([signature, Buffer.alloc(1)]), signature.subarray(1)]
    for (const bytes of forged) {
      expect(await verifier.verify(`${signingInput}.${bytes.toString('base64url')}`, noon)).toMatchObject({ ok: false, fault: 'signature' })
    }
    expect(await verifier.verify(forge({ header: { alg: 'HS256' }, payload: goodClaims, secret: pem(p256.publicKey), signedWith: 'HS256' }), noon)).toMatchObject({
      ok: false,
      fault: 'signature',
    })
  })

  test('of one type serve only the padding they are bound to', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['PS256'], keys: [{ publicKey: pem(rsa.publicKey) }] }] })
    const token = (alg: string): string => {
      const signingInput = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${Buffer.from(JSON.stringify(goodClaims)).toString('base64url')}`
      return `${signingInput}.${sign('sha256', Buffer.from(signingInput), rsa.privateKey).toString('base64url')}`
    }
    expect(await verifier.verify(token('RS256'), noon)).toMatchObject({ ok: false, fault: 'signature' })
    expect(await verifier.verify(token('PS256'), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test('judge 60 forged tokens at once without a rejection', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['RS256'], keys: [{ kid: 'a', publicKey: pem(rsa.publicKey) }] }] })
    const forged = Array.from({ length: 60 }, (_, index) => forge({ header: { alg: 'RS256', kid: 'a' }, payload: { ...goodClaims, sub: String(index) } }))
    for (const verification of await Promise.all(forged.map(async (token) => verifier.verify(token, noon)))) {
      expect(verification).toMatchObject({ ok: false, fault: 'signature' })
    }
  })
})

test('A6: 500 costly tokens are refused where they stand: no key is tried and nothing is waited for', async () => {
  const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const costly = [
    `${part({ alg: 'PBES2-HS256+A128KW', p2c: 999_999_999, p2s: 'AAAA', enc: 'A128GCM' })}.AA.AA.AA.AA`,
    `${part({ alg: 'HS512', pad: 'A'.repeat(12_000) })}.${part(goodClaims)}.AAAA`,
    forge({ payload: `{"sub":"1","x":${'['.repeat(2_500)}${']'.repeat(2_500)}}` }),
    forge({ payload: `{"sub":"1","x":${'{"a":'.repeat(600)}1${'}'.repeat(600)}}` }),
  ]
  for (let turn = 0; turn < 500; turn += 1) expect(verifier.verify(costly[turn % costly.length] ?? '', noon)).toMatchObject({ ok: false, fault: expect.stringMatching(/malformed|claims/) })
})
