import { expect, test } from 'vitest'
import { dangersInWords } from './dangers-in-words.js'

test('[B9] dangers are told in words, and one that this program does not know by its name', () => {
  expect(dangersInWords(['loopback', 'trusted_proxy'])).toBe('it holds addresses of this machine itself and it holds a trusted proxy')
  expect(dangersInWords(['next_years', 'wide_range'])).toBe('next_years and it is wider than a /16 of IPv4 or a /32 of IPv6')
})
