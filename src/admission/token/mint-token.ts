import { createHmac, createPrivateKey, randomUUID, type KeyObject } from 'node:crypto'
import { CompactSign } from 'jose/jws/compact/sign'
import { algorithms, isHmac, type Algorithm } from './algorithm.js'
import { formatCreatedAt } from './iso-time.js'
import { profiles, type Profile, type ProfileName } from './profiles.js'

export interface MintOptions {
  readonly profile: ProfileName
  readonly algorithm: Algorithm
  /** Shared secret, for HS256, HS384 and HS512. */
  readonly secret?: string | undefined
  /** PEM text of the private key, for all other algorithms. */
  readonly privateKey?: string | undefined
  /** `kid` of the header; left out when `undefined`. */
  readonly kid?: string | undefined
  /** User id, as `sub` or `user_id`. */
  readonly subject: string
  /** Milliseconds from `at` to `exp`, which every profile gets. Whole seconds count. */
  readonly lifetimeMs: number
  /** Epoch milliseconds that count as now. */
  readonly at: number
  /** `jti`, default a random UUID; the classic profile has one only when it is given. */
  readonly tokenId?: string | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | readonly string[] | undefined
  readonly epoch?: number | undefined
  /** More claims; those above win over them. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Makes an access token that a verifier of the same profile, key, issuer and audience accepts.
 *
 * @throws TypeError when the algorithm has no key of its kind or the private key is unreadable; RangeError for an empty secret or a life of less than a second.
 *
 * @example
 * const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 3_600_000, at: Date.now() })
 */
export const mintToken = async (options: MintOptions): Promise<string> => {
  const { algorithm, kid, lifetimeMs } = options
  if (!(lifetimeMs >= 1000)) throw new RangeError(`Cannot mint a token as "lifetimeMs" must be at least 1000: current value is ${lifetimeMs}`)
  const header = { alg: algorithm, typ: 'JWT', ...(kid === undefined ? {} : { kid }) }
  const payload = JSON.stringify(claimsOf(options))
  if (!isHmac(algorithm)) return new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(readPrivateKey(options))

  const { secret = '' } = options
  if (secret === '') throw new RangeError(`Cannot mint a token as "secret" must be given for ${algorithm}`)
  const signingInput = `${base64url(JSON.stringify(header))}.${base64url(payload)}`
  return `${signingInput}.${createHmac(algorithms[algorithm].hash, secret).update(signingInput).digest('base64url')}`
}

const base64url = (text: string): string => Buffer.from(text, 'utf8').toString('base64url')

const claimsOf = ({ profile, subject, lifetimeMs, at, tokenId, issuer, audience, epoch, extra }: MintOptions): Record<string, unknown> => {
  const issued = Math.floor(at / 1000)
  const shared = { ...extra, iat: issued, exp: issued + Math.floor(lifetimeMs / 1000), iss: issuer ?? extra?.['iss'], aud: audience ?? extra?.['aud'], epoch: epoch ?? extra?.['epoch'] }
  const { subject: subjectClaim, access, endsBy }: Profile = profiles[profile]
  return {
    ...shared,
    [subjectClaim]: subject,
    ...(access === undefined ? {} : { [access.claim]: access.value }),
    ...(endsBy === 'created_at' ? { created_at: formatCreatedAt(at), jti: tokenId ?? extra?.['jti'] } : { jti: tokenId ?? randomUUID() }),
  }
}

const readPrivateKey = ({ algorithm, privateKey }: MintOptions): KeyObject => {
  if (privateKey === undefined) throw new TypeError(`Cannot mint a token as "privateKey" must be given for ${algorithm}`)
  try {
    return createPrivateKey(privateKey)
  } catch {
    // The parser's own error may quote the key.
    throw new TypeError('Cannot mint a token as "privateKey" must be the PEM text of an unencrypted private key')
  }
}
