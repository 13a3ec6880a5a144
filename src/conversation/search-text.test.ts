import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shortestMs } from '../protocol/testing/shortest-ms.js'
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

  // The first few have to be brought into another order, the last is a mark only for NFKC.
  test.each(['\u0301', '\u0301\u0316', '\u0f73\u0316', '\u0301\uff9e'])('H17: 64 KB of the marks %j in a row cost less than 20 ms', async (marks) => {
    const flood = `a${marks.repeat(32_000 / marks.length)}`
    expect(await shortestMs(() => searchText(flood))).toBeLessThan(20)
  })

  test('a word with as many marks as no language has is found by its letters', () => {
    expect(searchText(`x${'\u0301\u0316'.repeat(100)}yz`)).toBe('xyz')
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
