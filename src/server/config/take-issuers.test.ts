import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { ConfigError } from './config-error.js'
import { loadConfig } from './load-config.js'

const secret = 'kJ8s-0dF2qLz9xVbN4mT7wRyUcHgPaEi6oXs1Ql3ZvBn5MtKrWuYhGjDfSaPoIe2Lq'
const pem = (modulusLength: number): string => generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
const large = pem(2048)
const largeJwk = createPublicKey(large).export({ format: 'jwk' })
const at = Date.UTC(2030, 0, 1)

const load = (env: Readonly<Record<string, string>>) => loadConfig({ mode: 'serve', env, cwd: `${tmpdir()}/there-is-no-such-folder`, at })
const problems = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  try {
    await load(env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain(secret.slice(0, 12))
    return error.problems.map(({ key, allowed }) => `${key}: ${allowed}`)
  }
  throw new Error('there was no ConfigError')
}

test('flat keys are shorthand for one issuer, with HS512 for a secret', async () => {
  const { config } = await load({ SALLYPORT_TOKENS_SECRET: secret })
  expect(config.tokens.issuers).toMatchObject([{ profile: 'standard', algorithms: ['HS512'], secret }])
})

test.for([
  ['a sample', { SALLYPORT_TOKENS_SECRET: 'secret' }, 'SALLYPORT_TOKENS_SECRET'],
  ['31 bytes for HS256', { SALLYPORT_TOKENS_SECRET: secret.slice(0, 31), SALLYPORT_TOKENS_ALGORITHMS: 'HS256' }, 'SALLYPORT_TOKENS_SECRET'],
  ['63 bytes for HS512', { SALLYPORT_TOKENS_SECRET: secret.slice(0, 63) }, 'SALLYPORT_TOKENS_SECRET'],
  ['one piece repeated', { SALLYPORT_TOKENS_SECRET: 'abcd'.repeat(20) }, 'SALLYPORT_TOKENS_SECRET'],
  ['a public key as a secret', { SALLYPORT_TOKENS_SECRET: large }, 'SALLYPORT_TOKENS_SECRET'],
  ['a public key as a secret, behind spaces', { SALLYPORT_TOKENS_SECRET: `  \n ${large}` }, 'SALLYPORT_TOKENS_SECRET'],
  ['a public key as a secret, as base64 of DER', { SALLYPORT_TOKENS_SECRET: large.replace(/-----.*-----|\n/g, '') }, 'SALLYPORT_TOKENS_SECRET'],
  ['a public key as a secret, as the text of a JWK', { SALLYPORT_TOKENS_SECRET: JSON.stringify(largeJwk) }, 'SALLYPORT_TOKENS_SECRET'],
  ['a secret beside public keys', { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_KEYS: JSON.stringify([{ publicKey: large }]), SALLYPORT_TOKENS_ALGORITHMS: 'HS512,RS256' }, 'SALLYPORT_TOKENS_ALGORITHMS'],
  ['RSA with the exponent 1', { SALLYPORT_TOKENS_KEYS: JSON.stringify([{ jwk: { ...largeJwk, e: 'AQ' } }]), SALLYPORT_TOKENS_ALGORITHMS: 'RS256' }, 'SALLYPORT_TOKENS_KEYS'],
  ['HMAC and public-key algorithms together', { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_ALGORITHMS: 'HS512,RS256' }, 'SALLYPORT_TOKENS_ALGORITHMS'],
  ['RSA of 1024 bits', { SALLYPORT_TOKENS_KEYS: JSON.stringify([{ publicKey: pem(1024) }]), SALLYPORT_TOKENS_ALGORITHMS: 'RS256' }, 'SALLYPORT_TOKENS_KEYS'],
  ['one kid for two keys', { SALLYPORT_TOKENS_KEYS: JSON.stringify([{ kid: 'a', publicKey: large }, { kid: 'a', publicKey: pem(2048) }]), SALLYPORT_TOKENS_ALGORITHMS: 'RS256' }, 'SALLYPORT_TOKENS_KEYS'],
  ['a short secret whose time is over', { SALLYPORT_TOKENS_SECRET: secret.slice(0, 50), SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_ALLOW_SHORT_SECRET_UNTIL: '2029-12-31' }, 'SALLYPORT_TOKENS_ALLOW_SHORT_SECRET_UNTIL'],
  ['a key of the classic profile in another one', { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_LIFETIME_MS: '60000' }, 'SALLYPORT_TOKENS_LIFETIME_MS'],
] as const)('%s is refused by the name of its variable, and by its own fault', async ([, env, key]) => {
  const [problem, second] = await problems(env)
  expect(problem).toMatch(new RegExp(`^${key}: .*(?:must|belongs)`))
  expect(second).toBeUndefined()
})

test('a Django key of 50 characters serves the classic profile until the day that is named', async () => {
  const { config } = await load({ SALLYPORT_TOKENS_SECRET: secret.slice(0, 50), SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_ALLOW_SHORT_SECRET_UNTIL: '2030-06-30' })
  expect(config.tokens.issuers).toMatchObject([{ profile: 'classic', allowShortSecretUntil: '2030-06-30' }])
})

test('[T13] the parties of Clerk are the origins, unless somebody names them; of others there are none', async () => {
  const clerk = { SALLYPORT_TOKENS_PROFILE: 'clerk', SALLYPORT_TOKENS_ISSUER: 'https://clerk.chat.example' }
  const parties = async (env: Readonly<Record<string, string>>): Promise<unknown> => (await load(env)).config.tokens.issuers.map((issuer) => issuer.parties)
  expect(await parties({ ...clerk, SALLYPORT_ORIGINS: 'https://a.example,https://b.example' })).toEqual([['https://a.example', 'https://b.example']])
  expect(await parties({ ...clerk, SALLYPORT_PUBLIC_URL: 'https://chat.example/x' })).toEqual([['https://chat.example']])
  expect(await parties({ ...clerk, SALLYPORT_ORIGINS: 'https://a.example', SALLYPORT_TOKENS_PARTIES: 'https://c.example' })).toEqual([['https://c.example']])
  expect(await parties(clerk)).toEqual([undefined])
  expect(await parties({ SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_ORIGINS: 'https://a.example' })).toEqual([undefined])
})

test('every issuer of a list says its first fault', async () => {
  const issuers = [
    { profile: 'standard', algorithms: ['HS512'], secret: 'short' },
    { profile: 'standard', algorithms: ['HS512'], secret },
    { profile: 'simplejwt', algorithms: ['RS256'], keys: [{ publicKey: pem(1024) }] },
  ]
  expect(await problems({ SALLYPORT_TOKENS_ISSUERS: JSON.stringify(issuers) })).toEqual([
    expect.stringMatching(/^SALLYPORT_TOKENS_ISSUERS: \[0\].* must be at least 64 bytes/),
    expect.stringMatching(/^SALLYPORT_TOKENS_ISSUERS: \[2\]\.keys\[0\].* must be an RSA key of at least 2048 bits/),
  ])
})

test('two issuers of one name are refused', async () => {
  const issuer = { name: 'a', profile: 'standard', algorithms: ['HS512'], secret }
  expect(await problems({ SALLYPORT_TOKENS_ISSUERS: JSON.stringify([issuer, { ...issuer, secret: secret.split('').toReversed().join('') }]) })).toEqual([
    expect.stringContaining('names that differ'),
  ])
})

test('a list of issuers and any flat key exclude each other', async () => {
  const issuers = JSON.stringify([{ profile: 'standard', algorithms: ['HS512'], secret }])
  expect(await problems({ SALLYPORT_TOKENS_ISSUERS: issuers, SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_AUDIENCE: 'chat' })).toEqual([
    'SALLYPORT_TOKENS_ISSUERS: excludes the flat keys, of which tokens.profile, tokens.audience are set',
  ])
})

test('an address of keys stands for them, and one that anybody could answer for is refused', async () => {
  const { config } = await load({ SALLYPORT_TOKENS_JWKS_URL: 'https://id.example/jwks', SALLYPORT_TOKENS_ALGORITHMS: 'RS256', SALLYPORT_TOKENS_ISSUER: 'https://id.example/' })
  expect(config.tokens.issuers).toMatchObject([{ profile: 'standard', algorithms: ['RS256'], jwksUrl: 'https://id.example/jwks', issuer: 'https://id.example/' }])
  expect(await problems({ SALLYPORT_TOKENS_JWKS_URL: 'http://id.example/jwks', SALLYPORT_TOKENS_ALGORITHMS: 'RS256' })).toEqual([
    'SALLYPORT_TOKENS_JWKS_URL: must be an https address without user and fragment; http is for loopback only',
  ])
  expect(await problems({ SALLYPORT_TOKENS_JWKS_URL: 'https://id.example/jwks' })).toEqual(['tokens.algorithms: must name the algorithms of tokens.jwksUrl, such as RS256'])
  expect(await problems({ SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_JWKS_URL: 'https://id.example/jwks' })).toEqual(['SALLYPORT_TOKENS_JWKS_URL: must stand alone: leave out "secret" and "keys"'])
  expect(await problems({ SALLYPORT_TOKENS_ISSUERS: JSON.stringify([{ profile: 'standard', algorithms: ['RS256'], jwksUrl: 'http://id.example/jwks' }]) })).toEqual([
    'SALLYPORT_TOKENS_ISSUERS: [0].jwksUrl must be an https address without user and fragment; http is for loopback only',
  ])
})

test('a hosted issuer needs its address, and its audience where its tokens have one', async () => {
  const { config } = await load({ SALLYPORT_TOKENS_PROFILE: 'auth0', SALLYPORT_TOKENS_ISSUER: 'https://a.auth0.example/', SALLYPORT_TOKENS_AUDIENCE: 'https://api.example' })
  expect(config.tokens.issuers).toMatchObject([{ profile: 'auth0', algorithms: ['RS256'] }])
  expect(await problems({ SALLYPORT_TOKENS_PROFILE: 'auth0' })).toEqual(['tokens.issuer: must be the address of the issuer, exactly as in "iss", for the profile auth0'])
  expect(await problems({ SALLYPORT_TOKENS_PROFILE: 'auth0', SALLYPORT_TOKENS_ISSUER: 'https://a.auth0.example/' })).toEqual([
    'tokens.audience: must name the API or client that tokens are for, as in "aud", for the profile auth0',
  ])
})
