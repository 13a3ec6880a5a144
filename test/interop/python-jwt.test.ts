import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createVerifier } from '../../dist/admission/token/create-verifier.js'

// Debian's own interpreter: another `python3` on the path would not see Debian's packages.
const python = '/usr/bin/python3'
const at = Date.UTC(2026, 5, 1, 12)
const end = at + 300_000

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pairs = {
  RS256: rsa,
  PS256: rsa,
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: generateKeyPairSync('ed25519'),
} as const
const secret = randomBytes(64).toString('base64url')

const minted = (() => {
  const privateKeys = Object.fromEntries(
    Object.entries(pairs).map(([algorithm, { privateKey }]) => [algorithm, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]),
  )
  const script = fileURLToPath(new URL('python-jwt-mint.py', import.meta.url))
  const run = spawnSync(python, [script], { input: JSON.stringify({ now: at / 1000, secret, privateKeys }), encoding: 'utf8', timeout: 15_000 })
  if (run.status !== 0) return undefined
  return z.object({ version: z.string(), tokens: z.record(z.string(), z.string()) }).parse(JSON.parse(run.stdout))
})()

test.runIf(process.env['CI'] !== undefined)('PyJWT is installed where nothing may be skipped', () => {
  expect(minted, 'PyJWT does not run: apt-get install python3-jwt python3-cryptography').toBeDefined()
})

describe.skipIf(minted === undefined)('tokens made by PyJWT (when skipped: apt-get install python3-jwt python3-cryptography)', () => {
  const token = (name: string): string => minted?.tokens[name] ?? ''

  /** The same token with a character of each segment exchanged, one at a time. */
  const altered = (text: string): readonly string[] =>
    text.split('.').map((segment, index, segments) => {
      const middle = Math.floor(segment.length / 2)
      const changed = segment.slice(0, middle) + (segment[middle] === 'A' ? 'B' : 'A') + segment.slice(middle + 1)
      return segments.with(index, changed).join('.')
    })

  test.each(['classic', 'simplejwt'] as const)('in the %s form are accepted, and refused when altered or refresh tokens', async (profile) => {
    const verifier = await createVerifier({ issuers: [{ profile, algorithms: ['HS512'], secret }] })
    const expiresAt = profile === 'classic' ? at + 7 * 24 * 3600 * 1000 : end
    expect(await verifier.verify(token(profile), at)).toMatchObject({ ok: true, claims: { subject: '7', issuedAt: at, expiresAt } })
    expect(await verifier.verify(token(profile), expiresAt)).toMatchObject({ ok: false, fault: 'expired' })
    expect(await verifier.verify(token(`${profile}Refresh`), at)).toMatchObject({ ok: false, fault: 'claims' })
    for (const forged of altered(token(profile))) expect(await verifier.verify(forged, at)).toMatchObject({ ok: false })
  })

  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)('by %s are accepted, and refused when altered', async (algorithm) => {
    const publicKey = pairs[algorithm].publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const verifier = await createVerifier({
      issuers: [
        { profile: 'standard', algorithms: [algorithm], keys: [{ kid: algorithm.toLowerCase(), publicKey }], issuer: 'https://issuer.example', audience: 'gate' },
      ],
    })
    expect(await verifier.verify(token(algorithm), at)).toMatchObject({ ok: true, claims: { subject: '7', issuer: 'https://issuer.example', issuedAt: at, expiresAt: end } })
    expect(await verifier.verify(token(algorithm), end)).toMatchObject({ ok: false, fault: 'expired' })
    for (const forged of altered(token(algorithm))) expect(await verifier.verify(forged, at)).toMatchObject({ ok: false })
  })
})
