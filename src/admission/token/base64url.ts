/** Last characters that leave no stray bits behind, by the number of characters in the last group of four (RFC 4648 section 3.5). */
const cleanTails: readonly (string | undefined)[] = [undefined, '', 'AQgw', 'AEIMQUYcgkosw048']

/**
 * Whether a segment is the one canonical spelling of its bytes.
 *
 * The alphabet is the caller's to check. Two spellings of one signature would be two tokens to a cache, a ban ladder and a revocation list,
 * so the bits that decoding drops must be zero.
 */
export const isCanonicalLength = (segment: string): boolean => {
  const tail = cleanTails[segment.length % 4]
  return tail === undefined || tail.includes(segment.charAt(segment.length - 1))
}

const alphabet = /^[A-Za-z0-9_-]*$/

/** The bytes of a canonical, unpadded base64url text (RFC 7515 section 2), or `undefined` for anything else. */
export const decodeBase64url = (text: string): Buffer | undefined =>
  alphabet.test(text) && isCanonicalLength(text) ? Buffer.from(text, 'base64url') : undefined
