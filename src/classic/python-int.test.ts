import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pythonInt } from './python-int.js'

// What Python 3.11 answers to int(value), `undefined` where it raises.
const oracle: readonly (readonly [value: unknown, answer: number | undefined])[] = [
  [2, 2], [2.9, 2], [-2.9, -2], [0, 0], [-0.5, 0], [1e3, 1000], [true, 1], [false, 0],
  ['2', 2], [' 2 ', 2], ['\t2\n', 2], ['\u00a02\u2003', 2], ['\x1c2\x1f', undefined], ['\x1c۲\x1f', undefined], ['\u2003۲\x85', 2], ['\x852', 2], ['\ufeff2', undefined],
  ['+2', 2], ['-2', -2], ['--2', undefined], ['+ 2', undefined], ['', undefined], [' ', undefined], ['-', undefined],
  ['2.9', undefined], ['2.0', undefined], ['1e3', undefined], ['0x10', undefined], ['0b1', undefined], ['007', 7],
  ['1_000', 1000], ['1__0', undefined], ['_1', undefined], ['1_', undefined], ['-1_0', -10],
  ['۱۲', 12], ['١٢', 12], ['१२', 12], ['𝟏𝟐', 12], ['𝟘𝟡', 9], ['1۲', 12], ['²', undefined], ['½', undefined], ['一', undefined],
  ['ten', undefined], ['None', undefined], ['Infinity', undefined], ['nan', undefined], ['1 2', undefined], ['1\0', undefined],
  [null, undefined], [undefined, undefined], [[], undefined], [[1], undefined], [{}, undefined],
]

describe('a value is converted as Python int() does', () => {
  test.each(oracle)('%j is %j', (value, answer) => {
    expect(pythonInt(value)).toBe(answer)
  })

  test('numbers no list has are kept within what is safe', () => {
    expect(pythonInt('9'.repeat(400))).toBe(Number.MAX_SAFE_INTEGER)
    expect(pythonInt(`-${'9'.repeat(400)}`)).toBe(Number.MIN_SAFE_INTEGER)
    expect(pythonInt(1e300)).toBe(Number.MAX_SAFE_INTEGER)
    expect(pythonInt('1'.repeat(10_000))).toBeUndefined()
  })

  test('every written integer reads back, in every script that has digits', () => {
    const zeros = [0x30, 0x660, 0x6f0, 0x966, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7f6]
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom(...zeros), (number, zero) => {
        const text = String(Math.abs(number)).replace(/\d/gu, (digit) => String.fromCodePoint(zero + Number(digit)))
        expect(pythonInt(`${number < 0 ? '-' : ''}${text}`)).toBe(number)
      }),
    )
  })

  test('whatever a client sends, the answer is a safe integer or none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (value) => {
        const answer = pythonInt(value)
        expect(answer === undefined || Number.isSafeInteger(answer)).toBe(true)
      }),
    )
  })
})
