/** Texts of JSON, passed over whole, and its numbers (RFC 8259, sections 6 and 7). */
const textsAndNumbers = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?\d+)((?:\.\d+)?(?:[eE][+-]?\d+)?)/g

/**
 * Whether no whole number of a JSON text changes in a double, such as an id of 17 digits, and none is too large for one. Digits that a fraction loses are none
 * that anybody counts.
 */
export const isExact = (json: string): boolean => {
  for (const [token, whole, rest] of json.matchAll(textsAndNumbers)) {
    if (whole === undefined) continue
    const number = Number(token)
    if (!Number.isFinite(number)) return false
    if (rest === '' && BigInt(whole) !== BigInt(number)) return false
  }
  return true
}
