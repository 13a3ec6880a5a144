import { createHmac, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import { createStaircase, noon, testSecret, tokenFor } from './testing/staircase.js'
import type { IssuerConfig } from './token/issuer.js'
import { formatCreatedAt } from './token/iso-time.js'

const base64url = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** Signs whatever it is given, as no honest issuer would. */
const forge = (header: unknown, payload: unknown, secret = testSecret): string => {
  const input = `${base64url(header)}.${base64url(payload)}`
  return `${input}.${createHmac('sha512', secret).update(input).digest('base64url')}`
}

const seconds = noon / 1000
const head = { alg: 'HS512', typ: 'JWT' }
const body = { sub: '1', iat: seconds, exp: seconds + 3600 }

/** How a gate that trusts `issuers` takes a token: `admitted`, or the reason. */
const gateOf = async (...issuers: readonly IssuerConfig[]) => {
  const limits = createMemoryLimits({
    userConnects: { max: 1_000, windowMs: 60_000 },
    addressConnects: { max: 1_000, windowMs: 60_000 },
    userSockets: 1_000,
    addressSockets: 1_000,
    nodeSockets: 1_000,
  })
  const staircase = await createStaircase(limits, { ...(issuers.length === 0 ? {} : { issuers }), find: (id) => Promise.resolve({ id, active: true }) })
  return async (token: string, at = noon): Promise<string> => {
    const decision = await staircase.admit({ token, receivedAt: at })
    return decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason
  }
}
const standard: IssuerConfig = { profile: 'standard', algorithms: ['HS512'], secret: testSecret }

test('[A12] a good token of the forge is let in, so that what follows is refused for its own fault', async () => {
  const take = await gateOf()
  expect(await take(forge(head, body))).toBe('admitted')
})

test('[T1] only the canonical compact form is a token', async () => {
  const take = await gateOf()
  const good = await tokenFor()
  const [first = '', second = '', third = ''] = good.split('.')
  const bent = [`${good}=`, `${good}.`, `.${good}`, `${good}.x`, `${first}.${second}`, `${first}. ${second}.${third}`, `${first}=.${second}.${third}`, `${good}\u00a0`, `"${good}"`, `${first}..${third}`]
  for (const token of bent) expect(await take(token), JSON.stringify(token.slice(-12))).toBe('token_invalid')
  // The last character of a 64-byte signature has four bits that mean nothing and must be zero.
  expect(await take(good.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)))).toBe('token_invalid')
})

test('[T1] a token of 8,192 characters is read and a longer one is not', async () => {
  const take = await gateOf()
  const padded = (length: number): string => forge(head, { ...body, pad: 'x'.repeat(length) })
  let pad = 5_900
  while (padded(pad + 1).length <= 8_192) pad += 1
  expect(padded(pad).length).toBeLessThanOrEqual(8_192)
  expect(await take(padded(pad))).toBe('admitted')
  expect(await take(padded(pad + 3))).toBe('token_invalid')
})

test.each([
  ['a repeated member of the header', '{"alg":"HS512","alg":"HS512"}', body],
  ['a repeated claim', head, `{"sub":"1","sub":"2","exp":${String(seconds + 3600)}}`],
  ['a header that is no object', '[]', body],
  ['claims that are no object', head, '"1"'],
  ['crit', { ...head, crit: ['exp'] }, body],
  ['b64', { ...head, b64: true }, body],
  ['cty', { ...head, cty: 'JWT' }, body],
  ['enc', { ...head, enc: 'A256GCM' }, body],
  ['zip', { ...head, zip: 'DEF' }, body],
])('[T2] %s is refused', async (_name, header, payload) => {
  expect(await (await gateOf())(forge(header, payload))).toBe('token_invalid')
})

test('[T2] keys and places that a header names are not read', async () => {
  const take = await gateOf()
  expect(await take(forge({ ...head, jku: 'http://127.0.0.1:9/keys', jwk: { kty: 'oct', k: base64url('other') }, x5u: 'file:///etc/passwd' }, body))).toBe('admitted')
})

describe('[T3] the algorithm', () => {
  test.each(['none', 'None', 'HS256', 'hs512', 'RS512', 'ES256', ''])('[T3] %j is refused where it is not on the list', async (alg) => {
    expect(await (await gateOf())(forge({ ...head, alg }, body))).toBe('token_invalid')
  })

  test('[T3] a public key is no secret: a token that is signed with its text is refused', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
    const take = await gateOf({ profile: 'standard', algorithms: ['ES256'], keys: [{ publicKey }] })
    expect(await take(forge(head, body, publicKey))).toBe('token_invalid')
    await expect(gateOf({ ...standard, secret: publicKey })).rejects.toThrow(/public or private key/)
  })
})

test('[T4] a token with a kid is verified by that key alone, one without by any of its algorithm, and a retired key verifies nothing', async () => {
  const other = `${testSecret} and another`
  const take = await gateOf({
    profile: 'standard',
    algorithms: ['HS512'],
    keys: [
      { kid: 'old', secret: other, notAfter: new Date(noon + 60_000).toISOString() },
      { kid: 'new', secret: testSecret },
    ],
  })
  const signed = (kid: string | undefined, secret: string): string => forge(kid === undefined ? head : { ...head, kid }, body, secret)
  expect(await take(signed('new', testSecret))).toBe('admitted')
  expect(await take(signed('old', other))).toBe('admitted')
  expect(await take(signed(undefined, other))).toBe('admitted')
  for (const [kid, secret] of [['new', other], ['old', testSecret], ['../new', testSecret], ['', testSecret]] as const) expect(await take(signed(kid, secret))).toBe('token_invalid')
  expect(await take(signed('old', other), noon + 60_000)).toBe('token_invalid')
  expect(await take(signed('new', testSecret), noon + 60_000)).toBe('admitted')
})

test('[T5] a token whose signature does not hold is not told that it has expired', async () => {
  const take = await gateOf()
  const past = { ...body, exp: seconds - 1 }
  expect(await take(forge(head, past))).toBe('token_expired')
  expect(await take(forge(head, past, `${testSecret}!`))).toBe('token_invalid')
})

test.each([
  ['no typ', undefined, {}, 'admitted'],
  ['typ at+jwt', 'at+jwt', {}, 'admitted'],
  ['typ application/at+jwt', 'application/at+jwt', {}, 'admitted'],
  ['typ JWS', 'JWS', {}, 'token_invalid'],
  ['typ logout+jwt', 'logout+jwt', {}, 'token_invalid'],
  ['a refresh token', 'JWT', { token_type: 'refresh' }, 'token_invalid'],
  ['an offline token', 'JWT', { typ: 'Offline' }, 'token_invalid'],
  ['a ticket', 'JWT', { token_use: 'ticket' }, 'token_invalid'],
])('[T6] %s', async (_name, typ, claims, answer) => {
  expect(await (await gateOf())(forge(typ === undefined ? { alg: 'HS512' } : { ...head, typ }, { ...body, ...claims }))).toBe(answer)
})

const createdAt = formatCreatedAt(noon)
const week = 7 * 24 * 3_600
test.each([
  ['standard', { ...body }, 'admitted'],
  ['standard', { ...body, sub: undefined, user_id: '1' }, 'token_invalid'],
  ['standard', { ...body, sub: '' }, 'token_invalid'],
  ['simplejwt', { user_id: 1, token_type: 'access', jti: 'j', exp: seconds + 60 }, 'admitted'],
  ['simplejwt', { user_id: 1, token_type: 'sliding', jti: 'j', exp: seconds + 60 }, 'token_invalid'],
  ['simplejwt', { user_id: 1, token_type: 'access', exp: seconds + 60 }, 'token_invalid'],
  ['simplejwt', { sub: '1', token_type: 'access', jti: 'j', exp: seconds + 60 }, 'token_invalid'],
  ['classic', { user_id: 1, type: 'access', created_at: createdAt }, 'admitted'],
  ['classic', { user_id: 1, type: 'refresh', created_at: createdAt }, 'token_invalid'],
  ['classic', { user_id: 1, created_at: createdAt }, 'token_invalid'],
  ['classic', { user_id: 1, type: 'access', exp: seconds + 60 }, 'token_invalid'],
  ['classic', { user_id: 1, type: 'access', created_at: createdAt, exp: seconds - 1 }, 'token_expired'],
  ['classic', { user_id: 1, type: 'access', created_at: formatCreatedAt(noon - week * 1000) }, 'token_expired'],
  ['classic', { user_id: 1, type: 'access', created_at: formatCreatedAt(noon - week * 1000 + 1000) }, 'admitted'],
] as const)('[T7] %s reads %j: %s', async (profile, payload, answer) => {
  expect(await (await gateOf({ ...standard, profile }))(forge(head, payload))).toBe(answer)
})

test('[T8] issuer and audience are compared exactly, and an audience that nobody configured is somebody else', async () => {
  const take = await gateOf({ ...standard, issuer: 'https://id.example', audience: ['gate', 'gate-2'] })
  const said = (iss: unknown, aud: unknown): Promise<string> => take(forge(head, { ...body, iss, aud }))
  expect(await said('https://id.example', 'gate')).toBe('admitted')
  expect(await said('https://id.example', ['x', 'gate-2'])).toBe('admitted')
  for (const [iss, aud] of [['https://id.example/', 'gate'], [undefined, 'gate'], ['https://id.example', 'Gate'], ['https://id.example', undefined], ['https://id.example', []], [['https://id.example'], 'gate']])
    expect(await said(iss, aud), JSON.stringify([iss, aud])).toBe('token_invalid')
  expect(await (await gateOf())(forge(head, { ...body, aud: 'gate' }))).toBe('token_invalid')
})

test.each([
  ['nbf', 5, 'admitted'],
  ['nbf', 6, 'token_invalid'],
  ['iat', 5, 'admitted'],
  ['iat', 6, 'token_invalid'],
  ['exp', 1, 'admitted'],
  ['exp', 0, 'token_expired'],
])('[T9] %s that lies %i s ahead: %s', async (claim, ahead, answer) => {
  expect(await (await gateOf())(forge(head, { ...body, [claim]: seconds + ahead }))).toBe(answer)
})

test('[T9] created_at may lie 5 s ahead, and a token without an end is refused', async () => {
  const take = await gateOf({ ...standard, profile: 'classic' })
  const created = (aheadMs: number): string => forge(head, { user_id: 1, type: 'access', created_at: formatCreatedAt(noon + aheadMs) })
  expect(await take(created(5_000))).toBe('admitted')
  expect(await take(created(6_000))).toBe('token_invalid')
  expect(await (await gateOf())(forge(head, { sub: '1' }))).toBe('token_invalid')
})

test('[T10] a token that has expired and is wrong in something else is not told that it has expired', async () => {
  const take = await gateOf({ ...standard, audience: 'gate' })
  const past = { ...body, exp: seconds - 1 }
  expect(await take(forge(head, { ...past, aud: 'gate' }))).toBe('token_expired')
  for (const claims of [{ aud: 'other' }, { aud: 'gate', token_type: 'refresh' }, { aud: 'gate', sub: '' }, { aud: 'gate', nbf: seconds + 60 }, { aud: 'gate', jti: 7 }])
    expect(await take(forge(head, { ...past, ...claims }))).toBe('token_invalid')
})

test('[T11] a remembered token is good until its end and not a millisecond longer', async () => {
  const take = await gateOf()
  const token = await tokenFor({ lifetimeMs: 60_000 })
  expect(await take(token)).toBe('admitted')
  expect(await take(token, noon + 59_999)).toBe('admitted')
  expect(await take(token, noon + 60_000)).toBe('token_expired')
})

test('[T11] a remembered token is not good under another signature', async () => {
  const take = await gateOf()
  const token = await tokenFor()
  expect(await take(token)).toBe('admitted')
  expect(await take(`${token.slice(0, -4)}AAAA`)).toBe('token_invalid')
  expect(await take(token)).toBe('admitted')
})
