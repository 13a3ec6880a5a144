import type { Words } from './address/words.js'

/**
 * The four 32-bit words of a UUID as RFC 9562 writes it, in lower case; `undefined` for any other text, so that `uuidText` gives back exactly what
 * was read.
 */
export const uuidWords = (text: string): Words | undefined => {
  if (text.length !== 36) return undefined
  words.fill(0)
  let digits = 0
  for (let i = 0; i < 36; i++) {
    const code = text.charCodeAt(i)
    const isDash = i === 8 || i === 13 || i === 18 || i === 23
    if (isDash !== (code === dash)) return undefined
    if (isDash) continue
    const isDigit = code >= zero && code <= nine
    if (!isDigit && (code < letterA || code > letterF)) return undefined
    const word = digits >>> 3
    words[word] = ((words[word] ?? 0) << 4) | (isDigit ? code - zero : code - letterA + 10)
    digits += 1
  }
  return [words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0]
}

/** The UUID of four words. */
export const uuidText = (a: number, b: number, c: number, d: number): string =>
  `${high(a)}${low(a)}-${high(b)}-${low(b)}-${high(c)}-${low(c)}${high(d)}${low(d)}`

const high = (word: number): string => `${pairs[word >>> 24] ?? ''}${pairs[(word >>> 16) & 255] ?? ''}`
const low = (word: number): string => `${pairs[(word >>> 8) & 255] ?? ''}${pairs[word & 255] ?? ''}`

const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const dash = 45
const zero = 48
const nine = 57
const letterA = 97
const letterF = 102

/** Filled and read within one synchronous call. */
const words = new Int32Array(4)
