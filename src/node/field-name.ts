/** What a field name means, however it is spelt (RFC 9110 section 5.1: without case). */
export interface FieldName {
  readonly lower: string
  /** Whether admission reads it, or it marks an operator's probe; nothing else of a request is copied. */
  readonly isRead: boolean
}

const read: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'sallyport-probe',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
])

/** Spellings met so far; strangers choose them, so there is a bound. */
const spellings = new Map<string, FieldName>()
const maxSpellings = 1_000

/** The meaning of a spelling. Costs one look-up for one that was met before. */
export const fieldName = (spelling: string): FieldName => {
  const known = spellings.get(spelling)
  if (known !== undefined) return known
  const lower = spelling.toLowerCase()
  const name = { lower, isRead: read.has(lower) }
  if (spellings.size < maxSpellings) {
    // A piece of a header block keeps the whole block alive, and there may be a token in it.
    const own = Buffer.from(spelling, 'latin1').toString('latin1')
    spellings.set(own, { ...name, lower: own.toLowerCase() })
  }
  return name
}
