/**
 * Converts a JSON value as the old service did, with Python's `int()`: numbers are cut towards zero, truth values count as 1 and 0, and text
 * may hold white space around, a sign, any script's decimal digits, and single underscores between digits.
 *
 * @returns A safe integer (larger ones become the nearest safe one), or `undefined` where `int()` raises.
 */
export const pythonInt = (value: unknown): number | undefined => {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return Number.isFinite(value) ? clamped(Math.trunc(value)) : undefined
  if (typeof value !== 'string' || value.length > maxCharacters) return undefined
  const digits = /^([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)$/u.exec(value.replace(pythonSpace, ''))
  if (digits === null) return undefined
  const [, sign, text = ''] = digits
  const ascii = Array.from(text.replaceAll('_', ''), decimalValue).join('')
  return clamped(Number(sign === '-' ? `-${ascii}` : ascii))
}

/** Python refuses text of more than 4,300 digits; a little more than that is looked at because of white space. */
const maxCharacters = 5_000

/** What Python's `str.strip()` takes off: four separators and U+0085 besides what JavaScript calls space, but not U+FEFF. */
// oxlint-disable-next-line eslint/no-control-regex -- the separators are control characters
const pythonSpace = /^(?:(?!\uFEFF)[\s\x1c-\x1f\x85])+|(?:(?!\uFEFF)[\s\x1c-\x1f\x85])+$/gu

const clamped = (value: number): number => Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)) + 0

/** Every script's digits stand in a row from zero to nine, and rows only ever touch at a zero (Unicode Standard, section 4.6). */
const decimalValue = (digit: string): string => {
  const codePoint = digit.codePointAt(0) ?? 0
  if (codePoint < 0x80) return digit
  let first = codePoint
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first -= 1
  return String((codePoint - first) % 10)
}
