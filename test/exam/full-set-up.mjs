/**
 * Makes the keys of the full examination set-up: two issuers side by side, one with a shared secret, one with public keys.
 *
 * `node test/exam/full-set-up.mjs <folder>` writes `issuers.json`, for `SALLYPORT_TOKENS_ISSUERS_FILE`, and `target.json`, for a runner of token recipes.
 */
import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

const audience = 'sallyport-exam'

export const createFullSetUp = () => {
  const secret = randomBytes(64).toString('base64url')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuers = [
    { name: 'secret', profile: 'classic', algorithms: ['HS512'], keys: [{ kid: 'hs-1', secret }], issuer: 'https://secret.exam.example', audience },
    {
      name: 'public', profile: 'standard', algorithms: ['RS256', 'ES256'], issuer: 'https://public.exam.example', audience,
      keys: [{ kid: 'rs-1', publicKey: pemOf(rsa.publicKey) }, { kid: 'es-1', jwk: p256.publicKey.export({ format: 'jwk' }) }],
    },
  ]
  return {
    issuers: JSON.stringify(issuers),
    target: {
      secret, alg: 'HS512', sub: '1', userIdClaim: 'user_id', iss: 'https://secret.exam.example', aud: audience,
      // A runner lets created_at follow iat.
      extraClaims: { type: 'access', created_at: '' },
      disabledUser: '4', revokedJti: 'revoked-id', publicPem: pemOf(rsa.publicKey), publicJwk: rsa.publicKey.export({ format: 'jwk' }),
    },
    asymmetric: (algorithm, claims = {}) => {
      const [kid, key] = algorithm === 'RS256' ? ['rs-1', rsa.privateKey] : ['es-1', p256.privateKey]
      const now = Math.floor(Date.now() / 1000)
      const payload = { iss: 'https://public.exam.example', aud: audience, sub: '1', iat: now - 1, exp: now + 600, jti: randomUUID(), ...claims }
      const input = [{ alg: algorithm, typ: 'JWT', kid }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    },
  }
}

const pemOf = (key) => key.export({ type: 'spki', format: 'pem' })

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  const folder = argv[2] ?? '.'
  const { issuers, target } = createFullSetUp()
  const address = { host: '127.0.0.1', port: 4400, path: '/ws/customers/', origin: 'https://app.example', refusals: 'http' }
  const gate = { revokedBefore: true, roleGate: true, es256: true, logFile: 'gate.log' }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'issuers.json'), issuers, { mode: 0o600 })
  await writeFile(join(folder, 'target.json'), `${JSON.stringify({ ...address, ...target, ...gate }, undefined, 2)}\n`, { mode: 0o600 })
}
