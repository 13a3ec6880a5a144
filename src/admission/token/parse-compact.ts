import { LRUCache } from 'lru-cache'
import { isCanonicalLength, decodeBase64url } from './base64url.js'
import { parseEncodedJsonObject, parseJsonObject, type JsonObject } from './json-object.js'

/** Characters of a whole token that are read, 8 KiB; a longer one is refused unread. */
export const maxTokenBytes = 8192

/** Characters of a `kid`. */
export const maxKeyIdLength = 256

/** What of a JOSE header (RFC 7515 section 4) decides anything. */
export interface TokenHeader {
  /** `alg`, as sent; not yet known to be one of ours. */
  readonly algorithm: string
  /** `kid`; hostile text that is compared with configured ids and nothing else (RFC 8725 section 3.10). */
  readonly keyId: string | undefined
  /** `typ`, as sent; judged with the claims. */
  readonly type: string | undefined
}

/** A token taken apart, with nothing proved about it. */
export interface CompactToken {
  readonly header: TokenHeader
  /** The two segments that are signed, with their dot. */
  readonly signingInput: string
  /** The second segment, canonical base64url; empty at most where the caller allows it. */
  readonly payload: string
  /** The third segment, canonical base64url. */
  readonly signature: string
}

export type ParsedToken = { readonly ok: true; readonly token: CompactToken } | { readonly ok: false; readonly detail: string }

const wrong = (detail: string): ParsedToken => ({ ok: false, detail })

const notCompact = wrong('it is not three base64url segments')
const notCanonical = wrong('a segment is not canonical base64url')
const tooLong = wrong('it is longer than the limit')
const badHeader = wrong('its header is not acceptable')

const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+$/

/**
 * Takes a compact JWS (RFC 7515 section 7.1) apart.
 *
 * Nothing is trimmed, unpadded or repaired: what is not exactly the canonical form is refused. An empty second segment passes here and is
 * refused with the claims, because a JWS may sign nothing. The header is strict JSON and refused when it holds `crit`, `b64`, `cty`, `enc`
 * or `zip` (extensions and encryption that no access token of ours uses); `jwk`, `jku`, `x5c` and `x5u` are not read at all.
 *
 * @param text - As it came from the carrier.
 * @param maxBytes - Longest token that is read (default 8192).
 * @returns The parts, or what was wrong in words that quote nothing. Never throws.
 */
export const parseCompact = (text: string, maxBytes: number = maxTokenBytes): ParsedToken => {
  if (text.length > maxBytes) return tooLong
  if (!compact.test(text)) return notCompact
  const firstDot = text.indexOf('.')
  const lastDot = text.lastIndexOf('.')
  const head = text.slice(0, firstDot)
  const payload = text.slice(firstDot + 1, lastDot)
  const signature = text.slice(lastDot + 1)
  if (!isCanonicalLength(head) || !isCanonicalLength(payload) || !isCanonicalLength(signature)) return notCanonical
  const header = headers.get(head) ?? readHeader(head)
  if (header === undefined) return badHeader
  return { ok: true, token: { header, signingInput: text.slice(0, lastDot), payload, signature } }
}

/** The claims set (RFC 7519 section 7.2) of a parsed token, or `undefined` when its second segment is not strict JSON of an object. */
export const parsePayload = (token: CompactToken): JsonObject | undefined => parseEncodedJsonObject(token.payload)

// Nearly all tokens of one issuer share one header, letter for letter. Long ones are left out, so that strangers can fill it with little only.
const headers = new LRUCache<string, TokenHeader>({ max: 64 })
const maxCachedHeaderLength = 256

const readHeader = (head: string): TokenHeader | undefined => {
  const bytes = decodeBase64url(head)
  const members = bytes && parseJsonObject(bytes)
  const header = members && headerFrom(members)
  // A slice keeps the token it was cut from alive; the round trip through bytes makes the key a string of its own.
  if (header !== undefined && head.length <= maxCachedHeaderLength) headers.set(Buffer.from(head, 'latin1').toString('latin1'), header)
  return header
}

const refusedMembers = ['crit', 'b64', 'cty', 'enc', 'zip'] as const

const headerFrom = (members: JsonObject): TokenHeader | undefined => {
  if (refusedMembers.some((name) => name in members)) return undefined
  const { alg: algorithm, kid: keyId, typ: type } = members
  if (typeof algorithm !== 'string') return undefined
  if (keyId !== undefined && (typeof keyId !== 'string' || keyId.length > maxKeyIdLength)) return undefined
  if (type !== undefined && typeof type !== 'string') return undefined
  return { algorithm, keyId, type }
}
