import { createHmac } from 'node:crypto'
import type { KeyLife } from '../key-life.js'

/** A secret of 68 bytes, long enough for every HMAC. */
export const testSecret = 'K9mZr2Qw7Lx4Tn8Vb1Yc6Hd3Jf5Gp0Sa-oEuIiWqXkRtMvBzNjClPhFyDgUsAeO_83'

/** Of a key that is good. */
export const goodKey: KeyLife = { issuer: 'issuer 1', kid: undefined, notAfter: Number.POSITIVE_INFINITY, withdrawn: false }

/** 2026-06-01T12:00:00Z. */
export const noon = Date.UTC(2026, 5, 1, 12)

/** `noon` as a NumericDate. */
export const noonSeconds = noon / 1000

const base64url = (value: string | object | Uint8Array): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64url')
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

const hashes: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }

export interface Forgery {
  /** A string or bytes stand for themselves, an object for its JSON. */
  readonly header?: string | object
  readonly payload: string | object | Uint8Array
  readonly secret?: string
  /** HMAC that really signs, whatever the header says. Default HS512. */
  readonly signedWith?: 'HS256' | 'HS384' | 'HS512'
}

/** Signs whatever it is given, right or wrong. */
export const forge = ({ header = { alg: 'HS512', typ: 'JWT' }, payload, secret = testSecret, signedWith = 'HS512' }: Forgery): string => {
  const signingInput = `${base64url(header)}.${base64url(payload)}`
  return `${signingInput}.${createHmac(hashes[signedWith] ?? 'sha512', secret).update(signingInput).digest('base64url')}`
}

/** Claims of a good `standard` token at `noon`. */
export const goodClaims: Readonly<Record<string, unknown>> = { sub: '1', iat: noonSeconds - 1, exp: noonSeconds + 600, jti: 'a4c1' }

/** A token signed rightly over the good claims with some of them changed; `undefined` removes one. */
export const forgeClaims = (changes: Readonly<Record<string, unknown>>, header?: object): string =>
  forge({ payload: { ...goodClaims, ...changes }, ...(header === undefined ? {} : { header: { alg: 'HS512', typ: 'JWT', ...header } }) })
