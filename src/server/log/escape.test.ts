import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeEvent, escapeValue } from './escape.js'

describe('a value that a stranger sent', () => {
  test('stays as it is when nothing in it could do harm', () => {
    expect(escapeValue('/ws/chat/Ab3dEf9hJk/')).toBe('/ws/chat/Ab3dEf9hJk/')
    expect(escapeValue('سلام 你好 🙂')).toBe('سلام 你好 🙂')
  })

  test.each([
    ['a line feed', 'a\nb', 'a\\u000ab'],
    ['a carriage return', 'a\rb', 'a\\u000db'],
    ['an ANSI sequence', '\u001b[31mred', '\\u001b[31mred'],
    ['a one-byte control sequence introducer', '\u009b31m', '\\u009b31m'],
    ['a line separator', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a next line', 'a\u0085b', 'a\\u0085b'],
    ['a right-to-left override', '\u202egnp.exe', '\\u202egnp.exe'],
    ['a byte order mark', '\ufeffa', '\\ufeffa'],
    ['a tag character', 'a\u{e0041}', 'a\\u{e0041}'],
    ['half a surrogate pair', 'a\ud83d', 'a\\ud83d'],
    ['NUL and DEL', '\0\u007f', '\\u0000\\u007f'],
  ])('has %s written out', (_name, sent, written) => {
    expect(escapeValue(sent)).toBe(written)
  })

  test('is cut to 256 characters, and says so', () => {
    expect(escapeValue('x'.repeat(256))).toBe('x'.repeat(256))
    expect(escapeValue('x'.repeat(257))).toBe(`${'x'.repeat(255)}…`)
    expect(escapeValue('\n'.repeat(1_000_000))).toHaveLength(256)
    expect(escapeValue(`${'x'.repeat(254)}🙂🙂`)).toBe(`${'x'.repeat(254)}…`)
  })

  test('is one printable, well-formed line of at most 256 characters, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (sent) => {
        const written = escapeValue(sent)
        expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        expect(written.length).toBeLessThanOrEqual(256)
      }),
    )
  })
})

test('an event keeps its numbers and loses what has no value', () => {
  expect(escapeEvent({ event: 'x', path: 'a\nb', durationMs: 1.5, userId: undefined })).toEqual({ event: 'x', path: 'a\\u000ab', durationMs: 1.5 })
})
