import { createHmac, timingSafeEqual } from 'node:crypto'

/** Header fields of a signed webhook, as https://www.standardwebhooks.com names them. */
export interface SignatureFields {
  /** Chosen by the sender, 1 to 128 visible ASCII characters without a dot. */
  readonly id: string | undefined
  /** Whole epoch seconds. */
  readonly timestamp: string | undefined
  /** One or more of `v1,<base64>` with spaces between. */
  readonly signature: string | undefined
}

export type SignatureVerdict = 'good' | 'signature_missing' | 'signature_malformed' | 'signature_wrong' | 'signature_stale'

/** Signatures of one request that are looked at, so that a long header costs nothing. */
const maxSignatures = 5

/** A secret of the form `whsec_<base64>` is the bytes it encodes; any other is its own UTF-8. */
const keyOf = (secret: string): Buffer => (secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret))

const digest = (secret: string, id: string, timestamp: string, body: Uint8Array): Buffer =>
  createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()

/** Signs a body as it will be sent; the value of `webhook-signature`. */
export const signWebhook = (secret: string, id: string, timestamp: string, body: Uint8Array): string =>
  `v1,${digest(secret, id, timestamp, body).toString('base64')}`

/**
 * Judges a signature over the raw body, in constant time and before anything of the body is read.
 *
 * @param secrets - Each of them is good, which is how a secret is changed without a gap.
 * @param toleranceMs - How far the sender's clock may be off in either direction.
 * @param at - Epoch milliseconds.
 */
export const judgeSignature = ({ id, timestamp, signature }: SignatureFields, body: Uint8Array, secrets: readonly string[], toleranceMs: number, at: number): SignatureVerdict => {
  if (id === undefined || timestamp === undefined || signature === undefined) return 'signature_missing'
  if (!/^[\x21-\x2d\x2f-\x7e]{1,128}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return 'signature_malformed'
  const given = signature.split(' ').slice(0, maxSignatures).flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice('v1,'.length), 'base64')] : []))
  const matches = secrets.flatMap((secret) => {
    const right = digest(secret, id, timestamp, body)
    return given.map((one) => one.length === right.length && timingSafeEqual(one, right))
  })
  if (!matches.includes(true)) return 'signature_wrong'
  return Math.abs(Number(timestamp) * 1_000 - at) <= toleranceMs ? 'good' : 'signature_stale'
}
