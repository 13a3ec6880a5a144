import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readParameters, readQuery } from './query.js'

test('a target without a query has no token', () => {
  expect(readQuery('/ws/token=a')).toEqual({ tokens: [], tickets: [], firstGeneration: false })
})

test('values of token are decoded, in order, and empty ones count as none', () => {
  expect(readQuery('/ws?token=a%2Eb&x=1&token=&token=c')).toEqual({ tokens: ['a.b', 'c'], tickets: [], firstGeneration: false })
})

test('values of ticket are read like those of token, and kept apart', () => {
  expect(readQuery('/ws?ticket=a%2Db&token=c&ticket=&ticket=%zz')).toEqual({ tokens: ['c'], tickets: ['a-b', undefined], firstGeneration: false })
})

test('a plus stays a plus, and what follows a second = belongs to the value', () => {
  expect(readQuery('/ws?token=a+b==').tokens).toEqual(['a+b=='])
})

test('broken percent-encoding is a token that cannot be read, not an error', () => {
  for (const broken of ['%', '%zz', '%e0%a4', '%ff']) expect(readQuery(`/ws?token=${broken}`).tokens).toEqual([undefined])
})

test('names are compared as sent: no other spelling is a token', () => {
  expect(readQuery('/ws?%74oken=a&Token=b&token[]=c&xtoken=d;token=e').tokens).toEqual([])
})

test('only v=1 asks for the first generation', () => {
  expect(readQuery('/ws?a=b&v=1').firstGeneration).toBe(true)
  for (const target of ['/ws?v=2', '/ws?v=11', '/ws?V=1', '/ws?v=%31', '/ws/v=1']) expect(readQuery(target).firstGeneration).toBe(false)
})

test('nothing throws, and what was encoded is found again', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1, unit: 'grapheme' }), (soup, token) => {
      readQuery(soup)
      expect(readQuery(`/ws?token=${encodeURIComponent(token)}`).tokens).toEqual([token])
    }),
  )
})

test('named parameters are read once each, decoded, and only those that were asked for', () => {
  expect(readParameters('token=x&page=1%30&page=2&limit=+5&__proto__=1', ['page', 'limit', 'offset'])).toEqual({ page: '10', limit: ' 5' })
  for (const query of ['', 'page', '=1', 'page=%zz', `page=${'1'.repeat(33)}`, 'Page=1']) expect(readParameters(query, ['page'])).toBeUndefined()
})
