import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Algorithm } from './algorithm.js'
import { createVerifier } from './create-verifier.js'
import { mintToken, type MintOptions } from './mint-token.js'
import { noon, testSecret } from './testing/forge.js'

const base: MintOptions = { profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: '7', lifetimeMs: 3_600_000, at: noon }

describe('a minted token', () => {
  test.each(['standard', 'simplejwt', 'classic'] as const)('of the profile %s is accepted by its verifier until its end', async (profile) => {
    const verifier = await createVerifier({ issuers: [{ profile, algorithms: ['HS512'], secret: testSecret }] })
    const token = await mintToken({ ...base, profile })
    expect(await verifier.verify(token, noon)).toMatchObject({ ok: true, claims: { subject: '7', issuedAt: noon, expiresAt: noon + 3_600_000 } })
    expect(await verifier.verify(token, noon + 3_600_000)).toMatchObject({ ok: false, fault: 'expired' })
  })

  test('carries what it was asked to, and what it is about wins over extra claims', async () => {
    const verifier = await createVerifier({
      issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [{ kid: 'k', secret: testSecret }], issuer: 'us', audience: 'gate' }],
    })
    const token = await mintToken({ ...base, kid: 'k', tokenId: 'a4c1', issuer: 'us', audience: ['gate', 'other'], epoch: 4, extra: { role: 'customer', sub: '1', exp: 1 } })
    expect(await verifier.verify(token, noon)).toMatchObject({
      ok: true,
      claims: { subject: '7', issuer: 'us', tokenId: 'a4c1', epoch: 4, role: 'customer', expiresAt: noon + 3_600_000 },
    })
  })

  test('has an id of its own unless it is classic', async () => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
    const [one, two] = [await verifier.verify(await mintToken(base), noon), await verifier.verify(await mintToken(base), noon)]
    expect(one.ok && two.ok && one.claims.tokenId !== undefined && one.claims.tokenId !== two.claims.tokenId).toBe(true)
    expect(await mintToken({ ...base, profile: 'classic' })).toBe(await mintToken({ ...base, profile: 'classic' }))
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed25519 = generateKeyPairSync('ed25519')
  const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
  const pairs: readonly (readonly [Algorithm, typeof rsa])[] = [
    ['RS256', rsa],
    ['RS384', rsa],
    ['RS512', rsa],
    ['PS256', rsa],
    ['PS384', rsa],
    ['PS512', rsa],
    ['ES256', curve('P-256')],
    ['ES384', curve('P-384')],
    ['ES512', curve('P-521')],
    ['EdDSA', ed25519],
  ]
  test.each(pairs)('by %s is accepted under its public key and refused when altered', async (algorithm, { privateKey, publicKey }) => {
    const verifier = await createVerifier({
      issuers: [{ profile: 'standard', algorithms: [algorithm], keys: [{ publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }] }],
    })
    const token = await mintToken({ ...base, algorithm, secret: undefined, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })
    expect(await verifier.verify(token, noon)).toMatchObject({ ok: true, claims: { subject: '7' } })
    const dot = token.lastIndexOf('.')
    expect(await verifier.verify(`${token.slice(0, dot + 1)}A${token.slice(dot + 1)}`, noon)).toMatchObject({ ok: false })
    const swapped = token[dot + 9] === 'A' ? 'B' : 'A'
    expect(await verifier.verify(token.slice(0, dot + 9) + swapped + token.slice(dot + 10), noon)).toMatchObject({ ok: false, fault: 'signature' })
  })

  test.each(['HS256', 'HS384', 'HS512'] as const)('by %s is accepted under its secret', async (algorithm) => {
    const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: [algorithm], secret: testSecret }] })
    expect(await verifier.verify(await mintToken({ ...base, algorithm }), noon)).toMatchObject({ ok: true })
  })

  test.each<readonly [string, Partial<MintOptions>, string]>([
    ['without a secret', { secret: undefined }, '"secret" must be given for HS512'],
    ['with an empty secret', { secret: '' }, '"secret" must be given for HS512'],
    ['without a private key', { algorithm: 'ES256' }, '"privateKey" must be given for ES256'],
    ['with a text that is no key', { algorithm: 'ES256', privateKey: testSecret }, '"privateKey" must be the PEM text'],
    ['for no time', { lifetimeMs: 0 }, '"lifetimeMs" must be at least 1000'],
    ['for a time that is no number', { lifetimeMs: Number.NaN }, '"lifetimeMs" must be at least 1000'],
  ])('is not made %s', async (_what, changes, message) => {
    await expect(mintToken({ ...base, ...changes })).rejects.toThrow(message)
  })
})
