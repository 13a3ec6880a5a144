import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { searchText } from './search-text.js'
import { storableText } from './storable-text.js'

describe('a text is searched in one form', () => {
  test.each([
    ['HELLO', 'hello'],
    ['كتاب', 'کتاب'],
    ['علي', 'علی'],
    ['می‌روم', 'میروم'],
    ['۱۲٣4', '1234'],
    ['ﷺ', searchText('صلى الله عليه وسلم')],
    ['کِتابٌ', 'کتاب'],
    ['ســلام', 'سلام'],
    ['ｆｕｌｌ', 'full'],
    [' a \n\t b ', 'a b'],
    ['\u202Eabc\u200F', 'abc'],
  ])('%j is %j', (text, form) => {
    expect(searchText(text)).toBe(form)
  })

  test('the form of a form is itself', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const form = searchText(text)
      expect(searchText(form)).toBe(form)
    }))
  })

  test('a combining flood costs little', () => {
    const begun = performance.now()
    searchText(`a${'\u0301'.repeat(32_000)}`)
    expect(performance.now() - begun).toBeLessThan(250)
  })
})

describe('a text that is stored', () => {
  test('is well formed and has no U+0000', () => {
    expect(storableText('a\0b\uD83Dc\uDE00')).toBe('a\uFFFDb\uFFFDc\uFFFD')
    expect(storableText('😀')).toBe('😀')
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const stored = storableText(text)
      expect(Buffer.from(stored).toString()).toBe(stored)
      expect(stored.includes('\0')).toBe(false)
    }))
  })
})
