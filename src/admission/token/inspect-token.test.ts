import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier, type TokenVerifier } from './create-verifier.js'
import type { IssuerConfig } from './issuer.js'
import { isProfileName, profiles, type Profile, type ProfileName } from './profiles.js'
import { forge, noon, noonSeconds, testSecret } from './testing/forge.js'
import { createIssuerKey } from './testing/key-server.js'

const hosted = createIssuerKey('k1', 'RS256')
const issuer = 'https://issuer.example'
const times = { iat: noonSeconds - 5, exp: noonSeconds + 600 }
type Claimset = Readonly<Record<string, unknown>>

interface Sample {
  readonly config: IssuerConfig
  readonly claims: Claimset
}

const own = (profile: ProfileName): IssuerConfig => ({ profile, algorithms: ['HS512'], secret: testSecret })
const keyed = (profile: ProfileName, rest: Partial<IssuerConfig> = {}): IssuerConfig => ({ profile, algorithms: ['RS256'], issuer, keys: [{ jwk: { kty: 'RSA', ...hosted.jwk } }], ...rest })

/** A good token of every profile. */
const samples: Readonly<Record<ProfileName, Sample>> = {
  'standard': { config: own('standard'), claims: { ...times, sub: '7' } },
  'simplejwt': { config: own('simplejwt'), claims: { ...times, user_id: 7, token_type: 'access', jti: 'a4c1' } },
  'classic': { config: own('classic'), claims: { user_id: '7', type: 'access', created_at: '2026-06-01 11:59:00 +0000' } },
  'oidc': { config: keyed('oidc', { audience: 'us' }), claims: { ...times, iss: issuer, sub: '7', aud: ['us', 'them'] } },
  'auth0': { config: keyed('auth0', { audience: 'us' }), claims: { ...times, iss: issuer, sub: 'auth0|7', aud: 'us' } },
  'clerk': { config: keyed('clerk', { parties: ['https://app.example'] }), claims: { ...times, iss: issuer, sub: 'user_7', azp: 'https://app.example' } },
  'supabase': { config: keyed('supabase'), claims: { ...times, iss: issuer, sub: '7', aud: 'authenticated', role: 'authenticated' } },
  'keycloak': { config: keyed('keycloak', { audience: 'us' }), claims: { ...times, iss: issuer, sub: '7', aud: 'us', typ: 'Bearer' } },
  'better-auth': { config: keyed('better-auth'), claims: { ...times, iss: issuer, sub: '7', aud: issuer } },
}

const sign = ({ config }: Sample, claims: Claimset, header: object = {}): string =>
  config.secret === undefined ? hosted.sign(claims, header) : forge({ payload: claims, header: { alg: 'HS512', typ: 'JWT', ...header } })

const profileOf = (name: string): Profile => profiles[isProfileName(name) ? name : 'standard']
const verifierOf = async ({ config }: Sample): Promise<TokenVerifier> => createVerifier({ issuers: [config], cacheEntries: 0, now: () => noon })
const refusedOf = async (verifier: TokenVerifier, token: string): Promise<readonly string[]> =>
  (await verifier.inspect(token, noon)).checks.filter(({ accepted }) => !accepted).map(({ part, name }) => `${part} ${name}`)

describe.each(Object.entries(samples))('of the profile %s', (name, sample) => {
  test('a good token is accepted in every part', async () => {
    const verifier = await verifierOf(sample)
    const { verification, checks } = await verifier.inspect(sign(sample, sample.claims), noon)
    expect(verification.ok).toBe(true)
    expect(checks.filter(({ accepted }) => !accepted)).toEqual([])
    const { subject, endsBy } = profileOf(name)
    expect(checks.map((check) => check.name)).toEqual(expect.arrayContaining(['form', 'alg', 'kid', 'signature', 'typ', subject, endsBy, 'jti', 'iss', 'aud', 'nbf', 'iat', 'exp']))
  })

  test('every claim that is wrong is named, not only the first', async () => {
    const verifier = await verifierOf(sample)
    const { subject, endsBy } = profileOf(name)
    const token = sign(sample, { ...sample.claims, [subject]: '', aud: 'somebody-else', nbf: noonSeconds + 60, exp: noonSeconds - 1, ...(endsBy === 'created_at' ? { created_at: 'now' } : {}) }, { typ: 'id+jwt' })
    const refused = await refusedOf(verifier, token)
    expect(refused).toEqual(expect.arrayContaining(['header typ', `claims ${subject}`, 'claims aud', 'claims nbf', `claims ${endsBy}`]))
    expect(refused).not.toContain('token signature')
  })

  test('the checks and admission agree, whatever the claims', async () => {
    const verifier = await verifierOf(sample)
    const value = fc.oneof(fc.constant(undefined), fc.constantFrom('access', 'refresh', 'us', issuer, 'authenticated', '7', '', null, noonSeconds + 60, noonSeconds - 60), fc.jsonValue({ maxDepth: 1 }))
    const claim = fc.constantFrom(...Object.keys(sample.claims), 'aud', 'iss', 'nbf', 'iat', 'exp', 'jti', 'role', 'epoch', 'token_use', 'typ', 'azp')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(claim, value), { maxLength: 2 }), async (changes) => {
        const { verification, checks } = await verifier.inspect(sign(sample, { ...sample.claims, ...Object.fromEntries(changes) }), noon)
        expect(checks.every(({ accepted }) => accepted)).toBe(verification.ok)
      }),
      { numRuns: sample.config.secret === undefined ? 40 : 150 },
    )
  })
})

describe('a token', () => {
  const { standard } = samples
  const keys = [
    { kid: 'a', secret: testSecret },
    { kid: 'b', secret: `${testSecret}b`, notAfter: '2026-05-31' },
  ]
  const ring = async (): Promise<TokenVerifier> => createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], keys }], now: () => noon })

  test('that is none has its form refused and nothing else', async () => {
    const verifier = await verifierOf(standard)
    for (const text of ['', 'nonsense', 'a.b.c', `${forge({ payload: standard.claims })}=`, forge({ payload: '[]' }), forge({ payload: standard.claims, header: { alg: 'HS512', crit: [] } }), 'x'.repeat(9000)]) {
      const { verification, checks } = await verifier.inspect(text, noon)
      expect(verification).toMatchObject({ ok: false, fault: 'malformed' })
      expect(checks).toEqual([expect.objectContaining({ part: 'token', name: 'form', accepted: false })])
    }
  })

  test('of another algorithm, kid or key is told which were expected', async () => {
    const verifier = await ring()
    const checkOf = async (token: string, name: string): Promise<unknown> => (await verifier.inspect(token, noon)).checks.find((check) => check.name === name)
    const header = (changes: object): string => forge({ payload: standard.claims, header: { alg: 'HS512', typ: 'JWT', ...changes } })
    expect(await checkOf(header({ alg: 'none' }), 'alg')).toMatchObject({ expected: 'HS512', found: '"none"', accepted: false })
    expect(await checkOf(header({ kid: 'c' }), 'kid')).toMatchObject({ expected: '"a" or "b" or none', found: '"c"', accepted: false })
    expect(await checkOf(header({ kid: 'c' }), 'signature')).toMatchObject({ found: 'not checked, as no key fits', accepted: false })
    expect(await checkOf(header({ kid: 'b' }), 'signature')).toMatchObject({ found: 'does not hold', accepted: false })
    const retired = forge({ payload: standard.claims, header: { alg: 'HS512', kid: 'b' }, secret: `${testSecret}b` })
    expect(await checkOf(retired, 'key')).toMatchObject({ found: '2026-05-31T00:00:00.000Z', accepted: false })
    expect(await checkOf(header({ kid: 'a' }), 'kid')).toMatchObject({ accepted: true })
  })

  test('is never quoted: long values are cut off, and what looks like a token is not shown', async () => {
    const verifier = await verifierOf(standard)
    const inner = forge({ payload: standard.claims })
    const token = forge({ payload: { ...standard.claims, jti: inner, aud: 'x'.repeat(300) }, header: { alg: 'HS512', kid: inner.slice(0, 250) } })
    const { checks } = await verifier.inspect(token, noon)
    for (const { found } of checks) expect(found.length).toBeLessThanOrEqual(130)
    expect(JSON.stringify(checks)).not.toContain(inner.slice(0, 20))
  })

  test('is judged by the issuer whose key made it, also beside others', async () => {
    const others: readonly IssuerConfig[] = [keyed('auth0', { name: 'hosted', audience: 'us' }), own('standard')]
    const verifier = await createVerifier({ issuers: others, now: () => noon })
    const { checks, verification } = await verifier.inspect(forge({ payload: standard.claims }), noon)
    expect(verification).toMatchObject({ ok: true, claims: { issuer: 'issuer 2' } })
    expect(checks.every(({ accepted }) => accepted)).toBe(true)
    expect(await refusedOf(verifier, hosted.sign({ ...times, iss: issuer, sub: '7', aud: 'them' }))).toEqual(['claims aud'])
  })
})
