/** 9999-12-31T23:59:59Z: a date behind it is a mistake of units or an attempt at an overflow. */
const lastSecond = 253_402_300_799

const longestId = 256

/** NumericDate of RFC 7519 section 2: seconds, decimals allowed. */
export const isNumericDate = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= lastSecond

export const isText = (value: unknown): boolean => typeof value === 'string'

const isStrayId = /[\p{Cc}\p{Cs}\u2028\u2029]|^\s|\s$/u

/** An id that is safe in a key and a log line: not empty, at most 256 characters, no control characters or lone surrogates, no outer white space. */
export const isId = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= longestId && !isStrayId.test(value)

/** `aud` of RFC 7519 section 4.1.3: one string or an array of strings. */
export const isAudience = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.every(isText))

export const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0

/** The user id a claim names, or `undefined` when it names none: an id, or a safe integer as its decimal digits. */
export const subjectOf = (value: unknown): string | undefined => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  return isId(value) ? value : undefined
}

/** Epoch milliseconds of a NumericDate whose shape was checked, rounded down so that a fraction never lengthens a life. */
export const timeOf = (value: unknown): number | undefined => (typeof value === 'number' ? Math.floor(value * 1000) : undefined)

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
