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
  const digits = /^([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)$/u.exec(stripped(value))
  if (digits === null) return undefined
  const [, sign, text = ''] = digits
  const ascii = Array.from(text.replaceAll('_', ''), decimalValue).join('')
  return clamped(Number(sign === '-' ? `-${ascii}` : ascii))
}

/** Python refuses text of more than 4,300 digits; a little more than that is looked at because of white space. */
const maxCharacters = 5_000

/** A loop, because an expression would try every space as the beginning of the last ones. */
const stripped = (text: string): string => {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charAt(from))) from += 1
  while (to > from && isSpace(text.charAt(to - 1))) to -= 1
  return text.slice(from, to)
}

/** Python counts U+0085 as space and U+FEFF not; JavaScript has it the other way round. */
const isSpace = (character: string): boolean => /[\s\u0085]/u.test(character) && character !== '\uFEFF'

const clamped = (value: number): number => Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value)) + 0

/** Every script's digits stand in a row from zero to nine, and rows only ever touch at a zero (Unicode Standard, section 4.6). */
const decimalValue = (digit: string): string => {
  const codePoint = digit.codePointAt(0) ?? 0
  if (codePoint < 0x80) return digit
  let first = codePoint
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first -= 1
  return String((codePoint - first) % 10)
}
