import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sallyport } from './sallyport.js'

let cwd = ''
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'sallyport-weak-'))
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

const secret = 'Vq3-weak-keys-of-a-test-9Zt'.padEnd(64, 'h5Xc8')
const pem = (modulusLength: number): string => generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
const [large, other] = [pem(2048), pem(2048)]
const jwk = createPublicKey(large).export({ format: 'jwk' })
const publicKeys = (...keys: readonly object[]): Readonly<Record<string, string>> => ({ SALLYPORT_TOKENS_ALGORITHMS: 'RS256', SALLYPORT_TOKENS_KEYS: JSON.stringify(keys) })

test.concurrent.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  ['nothing', {}, /make one with `sallyport secret`/],
  ['the secret "secret"', { SALLYPORT_TOKENS_SECRET: 'secret' }, /at least 64 bytes for HS512: current length is 6; make one with "sallyport secret"/],
  ['31 bytes for HS256', { SALLYPORT_TOKENS_SECRET: secret.slice(0, 31), SALLYPORT_TOKENS_ALGORITHMS: 'HS256' }, /at least 32 bytes for HS256: current length is 31/],
  ['63 bytes for HS512', { SALLYPORT_TOKENS_SECRET: secret.slice(0, 63) }, /at least 64 bytes for HS512: current length is 63/],
  ['a public key as a secret', { SALLYPORT_TOKENS_SECRET: `  ${large}` }, /not be a public or private key or a certificate: make one with "sallyport secret"/],
  ['a public JWK as a secret', { SALLYPORT_TOKENS_SECRET: JSON.stringify(jwk) }, /not be a public or private key or a certificate: make one with "sallyport secret"/],
  ['a public key in DER as a secret', { SALLYPORT_TOKENS_SECRET: large.replace(/-----.*-----|\n/g, '') }, /not be a public or private key or a certificate: make one with "sallyport secret"/],
  ['a secret beside public keys', { ...publicKeys({ publicKey: large }), SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_ALGORITHMS: 'HS512,RS256' }, /not mix HMAC with public-key algorithms: make two issuers of it/],
  ['one kid for two keys', publicKeys({ kid: 'a', publicKey: large }, { kid: 'a', publicKey: other }), /not use one "kid" for two keys: give each its own/],
  ['RSA of 1024 bits', publicKeys({ publicKey: pem(1024) }), /RSA key of at least 2048 bits: current size is 1024; make one with "openssl genpkey/],
  ['RSA of 1024 bits in a list of issuers', { SALLYPORT_TOKENS_ISSUERS: JSON.stringify([{ profile: 'classic', secret }, { profile: 'standard', algorithms: ['RS256'], keys: [{ publicKey: pem(1024) }] }]) }, /\[1\]\.keys\[0\] must be an RSA key of at least 2048 bits/],
  ['a secret where public keys are listed', { ...publicKeys({ publicKey: large }), SALLYPORT_TOKENS_SECRET: secret }, /SALLYPORT_TOKENS_SECRET .*secrets and public keys make two issuers/],
  ['a public key where a secret is listed', { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_TOKENS_KEYS: JSON.stringify([{ publicKey: large }]) }, /SALLYPORT_TOKENS_KEYS .*secrets and public keys make two issuers/],
  ['one key under two kids', publicKeys({ kid: 'a', publicKey: large }, { kid: 'b', publicKey: large }), /not hold one key twice: one key has one kid/],
  ['a private key', publicKeys({ publicKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) }), /public half: make it with "openssl pkey -pubout"/],
  ['RSA with the exponent 1', publicKeys({ jwk: { ...jwk, e: 'AQ' } }), /odd RSA exponent of 3 or more/],
])('A15: serve refuses to start with %s, in one line that says how to mend it', async (_what, env, remedy) => {
  const { code, stdout, stderr } = await sallyport(['serve'], { cwd, env: { SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0', ...env } })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(remedy)
  expect(stderr.trim().split('\n').filter((line) => line.startsWith('  '))).toHaveLength(1)
  expect(stderr).not.toContain(secret.slice(0, 20))
})
