import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier } from './create-verifier.js'
import type { IssuerConfig } from './issuer.js'
import { createIssuerKey, json, startKeyServer, type IssuerKey, type KeyServer } from './testing/key-server.js'
import { forge, noon, noonSeconds as now, testSecret } from './testing/forge.js'

const keys = { RS256: createIssuerKey('k1', 'RS256'), ES256: createIssuerKey('k1', 'ES256'), EdDSA: createIssuerKey('k1', 'EdDSA') }
let server: KeyServer
beforeAll(async () => {
  server = await startKeyServer()
  server.answer = (request, response) => {
    const { url = '' } = request
    if (url.endsWith('/.well-known/openid-configuration')) json({ issuer: `${server.url}/op`, jwks_uri: `${server.url}/op/served/keys` })(request, response)
    else json({ keys: Object.values(keys).map(({ jwk }) => jwk) })(request, response)
  }
})
afterAll(() => server.close())

interface Preset {
  /** Path behind the loopback server that stands for the issuer, as in `iss`. */
  readonly path: string
  readonly key: IssuerKey
  readonly config: Omit<IssuerConfig, 'issuer'>
  /** Where its keys are asked for. */
  readonly asked: readonly string[]
  /** The token as its issuer documents it, beside `iss`. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly subject: string
  /** Changes that make it a token for somebody else, of another type, or without what must be there. */
  readonly refused: Readonly<Record<string, readonly [claims: object, header?: object]>>
}

const times = { iat: now - 5, exp: now + 600 }

const presets: Readonly<Record<string, Preset>> = {
  auth0: {
    path: '/',
    key: keys.RS256,
    config: { profile: 'auth0', audience: 'https://api.example' },
    asked: ['/.well-known/jwks.json'],
    claims: { ...times, sub: 'auth0|507f1f77bcf86cd799439020', aud: ['https://api.example', 'https://tenant.auth0.example/userinfo'], azp: 'my_client_id', scope: 'openid profile' },
    subject: 'auth0|507f1f77bcf86cd799439020',
    refused: { 'an ID token, which is for the client': [{ aud: 'my_client_id' }], 'no audience': [{ aud: undefined }], 'a logout token': [{}, { typ: 'logout+jwt' }] },
  },
  clerk: {
    path: '',
    key: keys.RS256,
    config: { profile: 'clerk', parties: ['https://app.example'] },
    asked: ['/.well-known/jwks.json'],
    claims: { ...times, nbf: now - 15, azp: 'https://app.example', fva: [7, -1], jti: '1234567890', sid: 'sess_123', sub: 'user_123', v: 2, o: { id: 'org_123', rol: 'admin', slg: 'org' } },
    subject: 'user_123',
    refused: { 'an audience nobody configured': [{ aud: 'https://other.example' }], 'another page': [{ azp: 'https://evil.example' }], 'no user': [{ sub: undefined }], 'another type': [{}, { typ: 'client+jwt' }] },
  },
  supabase: {
    path: '/auth/v1',
    key: keys.ES256,
    config: { profile: 'supabase' },
    asked: ['/auth/v1/.well-known/jwks.json'],
    claims: { ...times, sub: '123e4567-e89b-12d3-a456-426614174000', aud: 'authenticated', role: 'authenticated', aal: 'aal1', session_id: 'b1a6', email: 'user@example.com', phone: '', is_anonymous: false, amr: [{ method: 'password', timestamp: now }] },
    subject: '123e4567-e89b-12d3-a456-426614174000',
    refused: { 'the audience of nobody': [{ aud: 'anon' }], 'the role of an API key': [{ role: 'service_role' }], 'no role': [{ role: undefined }] },
  },
  keycloak: {
    path: '/realms/demo',
    key: keys.RS256,
    config: { profile: 'keycloak', audience: 'account' },
    asked: ['/realms/demo/protocol/openid-connect/certs'],
    claims: { ...times, jti: 'd5a5', aud: 'account', sub: 'f:9d', typ: 'Bearer', azp: 'web', sid: 's1', acr: '1', realm_access: { roles: ['offline_access'] }, scope: 'email profile', preferred_username: 'sara' },
    subject: 'f:9d',
    refused: { 'an ID token': [{ typ: 'ID' }], 'a refresh token': [{ typ: 'Refresh' }], 'an offline token': [{ typ: 'Offline' }], 'another client': [{ aud: 'web' }] },
  },
  'better-auth': {
    path: '',
    key: keys.EdDSA,
    config: { profile: 'better-auth' },
    asked: ['/api/auth/jwks'],
    claims: { ...times, aud: 'ISSUER', sub: 'Kj3XqE', id: 'Kj3XqE', name: 'Sara', email: 'sara@example.com', emailVerified: true },
    subject: 'Kj3XqE',
    refused: { 'another site': [{ aud: 'https://other.example' }], 'no user': [{ sub: undefined }], 'a refresh token': [{}, { typ: 'refresh+jwt' }] },
  },
  oidc: {
    path: '/op',
    key: keys.RS256,
    config: { profile: 'oidc', audience: 'https://api.example' },
    asked: ['/op/.well-known/openid-configuration', '/op/served/keys'],
    claims: { ...times, jti: 'a1', sub: '248289761001', aud: 'https://api.example', client_id: 's6BhdRkqt3', scope: 'openid' },
    subject: '248289761001',
    refused: { 'another API': [{ aud: 'https://other.example' }], 'a refresh token': [{ token_use: 'refresh' }], 'no end': [{ exp: undefined }] },
  },
}

describe.each(Object.entries(presets))('[K9] the profile %s', (_name, { path, key, config, asked, claims, subject, refused }) => {
  const issuerOf = (): string => `${server.url}${path}`
  const tokenOf = (changes: object = {}, header: object = {}): string => {
    const own = claims['aud'] === 'ISSUER' ? { aud: issuerOf() } : {}
    return key.sign({ iss: issuerOf(), ...claims, ...own, ...changes }, header)
  }
  const create = () => createVerifier({ issuers: [{ ...config, issuer: issuerOf() }], now: () => noon })

  test('takes the tokens its issuer documents, by keys found from the issuer alone', async () => {
    server.asked.length = 0
    const verifier = await create()
    expect(await verifier.verify(tokenOf(), noon)).toMatchObject({ ok: true, claims: { subject, role: undefined } })
    expect(server.asked).toEqual(asked)
  })

  test.each(Object.entries(refused))('refuses %s', async (_what, [changes, header]) => {
    const verifier = await create()
    expect(await verifier.verify(tokenOf(changes, header), noon)).toMatchObject({ ok: false, fault: 'claims' })
  })

  test('refuses what another issuer, or another key of the same kid, has signed', async () => {
    const verifier = await create()
    expect(await verifier.verify(tokenOf({ iss: 'https://other.example' }), noon)).toMatchObject({ ok: false, fault: 'claims' })
    const stranger = createIssuerKey('k1', key.algorithm)
    expect(await verifier.verify(stranger.sign({ iss: issuerOf(), ...claims }), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })
})

test('[T13] azp must be one of the parties, where there are any; only tokens of Clerk may lack it', async () => {
  const say = async (config: Partial<IssuerConfig>, azp: unknown): Promise<unknown> => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['ES256'], keys: [{ jwk: { kty: 'EC', ...keys.ES256.jwk } }], ...config }], now: () => noon })
    const verification = await verifier.verify(keys.ES256.sign({ ...times, iss: 'https://clerk.example', sub: '1', azp }), noon)
    return verification.ok ? 'ok' : verification.denial.detail
  }
  const parties = ['https://app.example', 'web']
  const clerk = { profile: 'clerk', issuer: 'https://clerk.example' } as const
  for (const config of [{ parties }, { ...clerk, parties }]) {
    for (const azp of parties) expect(await say(config, azp)).toBe('ok')
    for (const azp of ['https://app.example/', 'WEB', '', ['web'], null, 7]) expect(await say(config, azp), JSON.stringify(azp)).toBe('its "azp" is another party')
  }
  expect(await say({ parties }, undefined)).toBe('its "azp" is another party')
  expect(await say({ ...clerk, parties }, undefined)).toBe('ok')
  expect(await say({}, 'anybody')).toBe('ok')
  await expect(say({ parties: [] }, 'web')).rejects.toThrow('"issuers[0].parties" must name at least one client or page')
})

test('[K9] a discovery document of another issuer, or one that names an unsafe address, gives no keys', async () => {
  for (const change of [{ issuer: 'https://other.example' }, { jwks_uri: 'http://keys.example/keys' }, { jwks_uri: undefined }]) {
    const other = await startKeyServer()
    other.answer = json({ issuer: other.url, jwks_uri: `${other.url}/keys`, ...change })
    const verifier = await createVerifier({ issuers: [{ profile: 'oidc', issuer: other.url, audience: 'us' }], now: () => noon })
    expect(verifier.away).toEqual([other.url])
    expect(other.asked).toEqual(['/.well-known/openid-configuration'])
    await other.close()
  }
})

test('[K9] the profile simplejwt takes access tokens of djangorestframework-simplejwt, and no refresh tokens', async () => {
  const verifier = await createVerifier({ issuers: [{ profile: 'simplejwt', algorithms: ['HS256'], secret: testSecret }] })
  const token = (changes: object): string =>
    forge({ header: { alg: 'HS256', typ: 'JWT' }, payload: { token_type: 'access', ...times, jti: '8f297c8e', user_id: '12', ...changes }, signedWith: 'HS256' })
  expect(await verifier.verify(token({}), noon)).toMatchObject({ ok: true, claims: { subject: '12' } })
  expect(await verifier.verify(token({ user_id: 12 }), noon)).toMatchObject({ ok: true, claims: { subject: '12' } })
  for (const changes of [{ token_type: 'refresh' }, { token_type: 'sliding' }, { jti: undefined }, { aud: 'other' }]) expect(await verifier.verify(token(changes), noon)).toMatchObject({ ok: false, fault: 'claims' })
})

test('[K9] the profile classic takes tokens of the old service, which carry the time they were made', async () => {
  const verifier = await createVerifier({ issuers: [{ profile: 'classic', secret: testSecret }] })
  const token = (changes: object): string => forge({ payload: { user_id: 3, type: 'access', created_at: '2026-06-01 11:00:00 +0000', ...changes } })
  expect(await verifier.verify(token({}), noon)).toMatchObject({ ok: true, claims: { subject: '3' } })
  for (const changes of [{ type: 'refresh' }, { created_at: undefined }, { aud: 'other' }]) expect(await verifier.verify(token(changes), noon)).toMatchObject({ ok: false, fault: 'claims' })
})
