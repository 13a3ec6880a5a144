import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier } from './create-verifier.js'
import type { IssuerConfig } from './issuer.js'
import { forge, forgeClaims, goodClaims, noon, noonSeconds, testSecret } from './testing/forge.js'

const verifierOf = async (issuer: Partial<IssuerConfig> = {}, clockToleranceMs?: number) =>
  createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret, ...issuer }], clockToleranceMs, cacheEntries: 0 })
const standard = await verifierOf()
const simplejwt = await verifierOf({ profile: 'simplejwt' })
const classic = await verifierOf({ profile: 'classic' })

const simpleClaims = { user_id: '7', token_type: 'access', jti: 'a4c1', exp: noonSeconds + 600 }
const classicClaims = { user_id: '7', type: 'access', created_at: '2026-06-01 11:59:00 +0000' }

type Claimset = Readonly<Record<string, unknown>>
const answer = async (claims: Claimset, verifier = standard, at = noon) => {
  const verification = await verifier.verify(forge({ payload: claims }), at)
  return verification.ok ? 'ok' : verification.fault
}
const withClaims = async (changes: Claimset) => answer({ ...goodClaims, ...changes })
/** A claim written as JSON text, for what JSON.stringify can't write. */
const withText = async (claim: string, text: string) => {
  const { [claim]: _removed, ...others } = goodClaims
  const verification = await standard.verify(forge({ payload: `${JSON.stringify(others).slice(0, -1)},"${claim}":${text}}` }), noon)
  return verification.ok ? 'ok' : verification.fault
}

describe('exp', () => {
  test('ends a token exactly then, without any tolerance', async () => {
    expect(await answer({ ...goodClaims, exp: noonSeconds }, standard, noon - 1)).toBe('ok')
    expect(await answer({ ...goodClaims, exp: noonSeconds }, standard, noon)).toBe('expired')
    expect(await withClaims({ exp: noonSeconds - 1 })).toBe('expired')
    expect(await withClaims({ exp: 0 })).toBe('expired')
  })

  test('may have a fraction, which never lengthens the life', async () => {
    expect(await answer({ ...goodClaims, exp: noonSeconds + 0.5 }, standard, noon + 499)).toBe('ok')
    expect(await answer({ ...goodClaims, exp: noonSeconds + 0.5 }, standard, noon + 500)).toBe('expired')
    expect(await withText('exp', `${noonSeconds + 600}.0e0`)).toBe('ok')
  })

  test('must be there', async () => {
    expect(await withClaims({ exp: undefined })).toBe('claims')
  })

  test('is told of only when all else is right', async () => {
    const expired = { exp: noonSeconds - 1 }
    expect(await standard.verify(forgeClaims(expired), noon)).toMatchObject({ denial: { reason: 'token_expired' }, fault: 'expired' })
    expect(await standard.verify(forge({ payload: { ...goodClaims, ...expired }, secret: `${testSecret}x` }), noon)).toMatchObject({
      denial: { reason: 'token_invalid' },
      fault: 'signature',
    })
    expect(await withClaims({ ...expired, sub: '' })).toBe('claims')
    expect(await withClaims({ ...expired, token_type: 'refresh' })).toBe('claims')
    expect(await withClaims({ ...expired, aud: 'other-service' })).toBe('claims')
  })
})

describe.each(['exp', 'nbf', 'iat'])('%s', (claim) => {
  test.each(['"4102444800"', '"9999999999s"', 'true', 'null', '{}', '[4102444800]', '""', '-1', '-0.5', '253402300800', '4102444800000', '1e300'])('is refused as %s', async (text) => {
    expect(await withText(claim, text)).toBe('claims')
  })

  test('is refused as 1e999, which is no number of JSON any more', async () => {
    expect(await withText(claim, '1e999')).toBe('malformed')
  })
})

describe('nbf and iat', () => {
  test.each(['nbf', 'iat'])('%s may lie ahead by the tolerance and no more', async (claim) => {
    expect(await withClaims({ [claim]: noonSeconds + 5 })).toBe('ok')
    expect(await withClaims({ [claim]: noonSeconds + 5.001 })).toBe('claims')
    expect(await withClaims({ [claim]: noonSeconds + 300 })).toBe('claims')
    expect(await withClaims({ [claim]: 0 })).toBe('ok')
    const exact = await verifierOf({}, 0)
    expect(await answer({ ...goodClaims, [claim]: noonSeconds }, exact)).toBe('ok')
    expect(await answer({ ...goodClaims, [claim]: noonSeconds + 1 }, exact)).toBe('claims')
  })
})

describe('the subject', () => {
  test.each(['1', 'auth0|5f7', 'user@example.com', 'سالی', '0', 'a b', 'x'.repeat(256)])('may be %j', async (sub) => {
    const verification = await standard.verify(forgeClaims({ sub }), noon)
    expect(verification.ok && verification.claims.subject).toBe(sub)
  })

  test.each([
    ['1', '1'],
    ['9007199254740991', '9007199254740991'],
    ['1.0', '1'],
    ['0', '0'],
  ])('may be the integer %s, read as text', async (text, subject) => {
    const verification = await standard.verify(forge({ payload: `{"exp":4102444800,"sub":${text}}` }), noon)
    expect(verification.ok && verification.claims.subject).toBe(subject)
  })

  test.each(['""', 'null', 'true', 'false', '{}', '{"id":1}', '[]', '["1"]', '1.5', '9007199254740993', '1e300', '" "', '"1 "', '" 1"', '"1\\n"', '"a\\u0000b"', '"a\\u001b[2J"', '"a\\u007f"', '"a\\u0085"', '"\\ud800"', '"a\\u2028b"', `"${'x'.repeat(257)}"`])(
    'may not be %s',
    async (text) => {
      expect(await withText('sub', text)).toBe('claims')
    },
  )

  test('must be there, and no other claim stands in for it', async () => {
    expect(await withClaims({ sub: undefined })).toBe('claims')
    expect(await withClaims({ sub: undefined, user_id: '1' })).toBe('claims')
    expect(await answer({ ...simpleClaims, user_id: undefined, sub: '1' }, simplejwt)).toBe('claims')
    expect(await answer({ ...classicClaims, user_id: undefined, sub: '1' }, classic)).toBe('claims')
  })

  test('is never inherited from a member called __proto__', async () => {
    expect(await standard.verify(forge({ payload: '{"exp":4102444800,"__proto__":{"sub":"1"}}' }), noon)).toMatchObject({ ok: false, fault: 'claims' })
    const verification = await standard.verify(forge({ payload: '{"exp":4102444800,"sub":"1","__proto__":{"role":"admin","epoch":9}}' }), noon)
    expect(verification).toMatchObject({ ok: true, claims: { role: undefined, epoch: undefined } })
    expect('role' in {}).toBe(false)
  })
})

describe('aud', () => {
  test('makes a token somebody else’s when none is configured', async () => {
    for (const aud of ['other-service', ['other-service'], [], '', null, 5]) expect(await withClaims({ aud })).toBe('claims')
  })

  test('must contain one of ours when one is configured', async () => {
    const verifier = await verifierOf({ audience: ['ours', 'ours-too'] })
    for (const aud of ['ours', 'ours-too', ['ours'], ['other', 'ours']]) expect(await answer({ ...goodClaims, aud }, verifier)).toBe('ok')
    for (const aud of [undefined, 'other', 'OURS', 'ours ', '', [], ['other'], [['ours']], ['ours', 5], { ours: true }, null, true]) {
      expect(await answer({ ...goodClaims, aud }, verifier)).toBe('claims')
    }
    expect(await answer({ ...goodClaims, aud: 'ours' }, await verifierOf({ audience: 'ours' }))).toBe('ok')
  })
})

describe('iss', () => {
  test('must be the configured one', async () => {
    const verifier = await verifierOf({ issuer: 'https://ours.example' })
    expect(await answer({ ...goodClaims, iss: 'https://ours.example' }, verifier)).toBe('ok')
    for (const iss of [undefined, 'https://evil.example', 'https://ours.example/', ['https://ours.example'], null, 5]) {
      expect(await answer({ ...goodClaims, iss }, verifier)).toBe('claims')
    }
  })

  test('is not looked at when none is configured, except that it must be text', async () => {
    expect(await withClaims({ iss: 'https://anybody.example' })).toBe('ok')
    expect(await withClaims({ iss: { url: 'http://127.0.0.1/' } })).toBe('claims')
  })
})

describe('what a token is for', () => {
  test.each([
    { token_type: 'refresh' },
    { type: 'refresh' },
    { token_use: 'refresh' },
    { typ: 'Refresh' },
    { typ: 'Offline' },
    { token_type: 'REFRESH' },
    { type: 'refresh_token' },
    { type: 'ticket' },
  ])('is not a socket: %j is refused in every profile', async (changes) => {
    expect(await answer({ ...goodClaims, ...changes })).toBe('claims')
    expect(await answer({ ...simpleClaims, ...changes }, simplejwt)).toBe('claims')
    expect(await answer({ ...classicClaims, ...changes }, classic)).toBe('claims')
  })

  test.each(['refresh+jwt', 'logout+jwt', 'JOSE', 'jwt ', 'at+jwt+x', 'application/application/jwt', 'text/jwt', ''])('is said by the header: typ %j is refused', async (typ) => {
    expect(await standard.verify(forgeClaims({}, { typ }), noon)).toMatchObject({ ok: false, fault: 'claims' })
  })
})

describe('role, epoch and jti', () => {
  test('are refused in shapes that could be misread', async () => {
    for (const role of [5, true, ['customer'], {}]) expect(await withClaims({ role })).toBe('claims')
    for (const epoch of [-1, 0.5, '1', true, null, 2 ** 53]) expect(await withClaims({ epoch })).toBe('claims')
    for (const jti of ['', 5, null, {}, 'x'.repeat(257), 'a\nb']) expect(await withClaims({ jti })).toBe('claims')
  })

  test('may be absent, and a null role is none', async () => {
    const verification = await standard.verify(forgeClaims({ role: null, epoch: undefined, jti: undefined }), noon)
    expect(verification).toMatchObject({ ok: true, claims: { role: undefined, epoch: undefined, tokenId: undefined } })
  })
})

describe('the simplejwt profile', () => {
  test('reads user_id as text or integer', async () => {
    for (const user_id of ['7', 7]) {
      expect(await simplejwt.verify(forge({ payload: { ...simpleClaims, user_id } }), noon)).toMatchObject({ ok: true, claims: { subject: '7', tokenId: 'a4c1' } })
    }
  })

  test.each([{ token_type: undefined }, { token_type: 'sliding' }, { token_type: 'Access' }, { token_type: ['access'] }, { jti: undefined }, { jti: 5 }, { exp: undefined }, { user_id: undefined }, { user_id: null }, { user_id: 1.5 }])(
    '[T7] refuses %j',
    async (changes) => {
      expect(await answer({ ...simpleClaims, ...changes }, simplejwt)).toBe('claims')
    },
  )
})

describe('the classic profile', () => {
  test('counts seven days from created_at', async () => {
    const created = Date.UTC(2026, 5, 1, 11, 59)
    const week = 7 * 24 * 3600 * 1000
    expect(await classic.verify(forge({ payload: classicClaims }), noon)).toMatchObject({
      ok: true,
      claims: { subject: '7', issuedAt: created, expiresAt: created + week, tokenId: undefined },
    })
    expect(await answer(classicClaims, classic, created + week - 1)).toBe('ok')
    expect(await answer(classicClaims, classic, created + week)).toBe('expired')
  })

  test('counts another lifetime when it is configured, and an exp that comes earlier', async () => {
    const hour = await verifierOf({ profile: 'classic', lifetimeMs: 3_600_000 })
    expect(await answer(classicClaims, hour, noon + 3_539_999)).toBe('ok')
    expect(await answer(classicClaims, hour, noon + 3_540_000)).toBe('expired')
    expect(await answer({ ...classicClaims, exp: noonSeconds + 60 }, hour, noon + 60_000)).toBe('expired')
    expect(await answer({ ...classicClaims, exp: noonSeconds + 1e6 }, hour, noon + 3_540_000)).toBe('expired')
    expect(await answer({ ...classicClaims, exp: '5' }, hour)).toBe('claims')
  })

  test('lets created_at lie ahead by the tolerance and no more', async () => {
    expect(await answer({ ...classicClaims, created_at: '2026-06-01 12:00:05 +0000' }, classic)).toBe('ok')
    expect(await answer({ ...classicClaims, created_at: '2026-06-01 12:00:06 +0000' }, classic)).toBe('claims')
    expect(await answer({ ...classicClaims, iat: noonSeconds + 3600 }, classic)).toBe('claims')
    expect(await answer({ ...classicClaims, nbf: noonSeconds + 3600 }, classic)).toBe('claims')
  })

  test.each([{ created_at: undefined }, { created_at: undefined, exp: noonSeconds + 60 }, { created_at: noonSeconds }, { created_at: '2026-06-01' }, { created_at: '2026-06-31 12:00:00 +0000' }, { type: undefined }, { type: 'Access' }, { user_id: undefined }, { user_id: ['7'] }])(
    'refuses %j',
    async (changes) => {
      expect(await answer({ ...classicClaims, ...changes }, classic)).toBe('claims')
    },
  )
})

test('no claims at all make the verifier throw, and what it accepts has a subject and an end ahead', async () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('1', 'access', noonSeconds + 60, '2026-06-01 11:00:00 +0000'))
  const names = fc.constantFrom('sub', 'user_id', 'exp', 'nbf', 'iat', 'aud', 'iss', 'jti', 'role', 'epoch', 'type', 'token_type', 'created_at', '__proto__')
  const base = fc.constantFrom<Claimset>(goodClaims, simpleClaims, classicClaims, {})
  await fc.assert(
    fc.asyncProperty(base, fc.dictionary(names, value, { maxKeys: 3 }), async (claims, changes) => {
      const token = forge({ payload: { ...claims, ...changes } })
      for (const verifier of [standard, simplejwt, classic]) {
        const verification = await verifier.verify(token, noon)
        if (!verification.ok) continue
        expect(verification.claims.subject).not.toBe('')
        expect(verification.claims.expiresAt).toBeGreaterThan(noon)
      }
    }),
    { numRuns: 1500 },
  )
})
