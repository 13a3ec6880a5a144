import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'

/**
 * Whether a text that is configured as a secret is a public or private key, a certificate or a JWK, in PEM, DER, base64 or JSON.
 *
 * Who knows the public key of an issuer could sign HMAC tokens with it.
 */
export const isKeyMaterial = (secret: string): boolean => isKeyText(secret.trim())

/**
 * Says why a secret is easy to guess, whatever its length; `undefined` when nothing speaks against it.
 *
 * The answer completes `must not be …` and quotes nothing of the secret.
 */
export const guessable = (secret: string): string | undefined => {
  const text = secret.trim()
  if (text === '') return 'empty'
  if (knownSecrets.has(text.toLowerCase())) return 'a published sample'
  if (isRepetition(text)) return 'one short piece repeated'
  if (new Set(text).size < leastDifferent) return 'made of a few different characters'
  if (isInOrder(text)) return 'characters in their order'
  return undefined
}

// From documentation, starter kits and token debuggers; shorter ones than the hash are refused by their length anyway.
const knownSecrets: ReadonlySet<string> = new Set([
  'secret',
  'changeme',
  'password',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-and-long-jwt-secret-key-at-least-32-characters',
  'this-is-a-very-long-secret-key-for-jwt-that-should-be-changed-in-production',
])

/** A repeated piece of up to this many characters is no secret, whatever it is; a longer one only when it is a published sample. */
const shortPiece = 10
const longestPiece = 80

/** Of thirty-two random hex digits fewer are different once in a million million times. */
const leastDifferent = 6

/** Whether most characters are the one after that before them, as in `0123456789abcdef…`; by chance one in many is. */
const isInOrder = (text: string): boolean => {
  let steps = 0
  for (let index = 1; index < text.length; index += 1) if (text.charCodeAt(index) === text.charCodeAt(index - 1) + 1) steps += 1
  return steps > text.length / 2
}

const isRepetition = (text: string): boolean => {
  for (let period = 1; period <= Math.min(longestPiece, text.length / 2); period += 1) {
    const repeats = text.startsWith(text.slice(0, -period), period)
    if (repeats && (period <= shortPiece || knownSecrets.has(text.slice(0, period).toLowerCase()))) return true
  }
  return false
}

const isKeyText = (text: string): boolean => {
  if (text.includes('-----BEGIN ')) return true
  if (/^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+@openssh\.com) /.test(text)) return true
  if (/^[[{]/.test(text)) return isKeyJson(text)
  if (/^(?:[0-9a-f]{2})+$/i.test(text) && isKeyBytes(Buffer.from(text, 'hex'))) return true
  return isKeyBytes(/^[A-Za-z0-9+/_\s-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.from(text, 'latin1'))
}

const isKeyBytes = (bytes: Buffer): boolean => bytes.includes('-----BEGIN ') || (bytes[0] === 0x7b && isKeyJson(bytes.toString())) || isDer(bytes)

const isKeyJson = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text)
    return (Array.isArray(value) ? value : [value]).some((one: unknown) => typeof one === 'object' && one !== null && ('kty' in one || 'keys' in one))
  } catch {
    return false
  }
}

const derReaders: readonly ((key: Buffer) => unknown)[] = [
  (key) => createPublicKey({ key, format: 'der', type: 'spki' }),
  (key) => createPublicKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'pkcs1' }),
  (key) => createPrivateKey({ key, format: 'der', type: 'sec1' }),
  (key) => new X509Certificate(key),
]

const isDer = (bytes: Buffer): boolean => {
  // Every form begins with an ASN.1 SEQUENCE.
  if (bytes[0] !== 0x30) return false
  return derReaders.some((read) => {
    try {
      read(bytes)
      return true
    } catch {
      return false
    }
  })
}
