import { expect, test } from 'vitest'
import { contentVerdict } from './content-marks.js'

test.each([
  ['a plain sentence', 'Where is my order?', 0, []],
  ['25 small letters of one kind, which is one indicator', 'a'.repeat(25), 1, []],
  ['24 capitals of one kind', 'A'.repeat(24), 2, ['potential_spam']],
  ['501 letters of one kind', 'x'.repeat(501), 2, ['potential_spam']],
  ['four links and six exclamation marks', `${'http://a.example '.repeat(4)}buy now!!!!!!`, 2, ['potential_spam']],
  ['three links and five exclamation marks', `${'http://a.example '.repeat(3)}buy now!!!!!`, 0, []],
  ['a long Persian text, which has no capitals', 'سفارش من کی می‌رسد؟ '.repeat(30), 1, []],
  ['1,000 characters', 'abcdefghij'.repeat(100), 1, []],
  ['1,001 characters', `${'abcdefghij'.repeat(100)}k`, 1, ['content_too_long']],
  ['capitals and digits', 'ORDER 12345 IS LATE AGAIN', 1, []],
  ['21 digits without a letter', '1'.repeat(21), 1, []],
] as const)('%s', (_name, text, spamScore, marks) => {
  expect(contentVerdict(text)).toEqual({ spamScore, marks })
})
