import { describe, expect, test } from 'vitest'
import { tokenFingerprint, tokenPreview } from './token-preview.js'
import { forgeClaims, forge } from './testing/forge.js'

describe('the preview of a token', () => {
  test('shows twenty characters of the header', () => {
    expect(tokenPreview(forgeClaims({}, { alg: 'HS512', typ: 'JWT' }))).toBe('eyJhbGciOiJIUzUxMiIs...')
  })

  test('shows nothing behind a shorter header', () => {
    expect(tokenPreview(forge({ header: { alg: 'x' }, payload: { sub: 'somebody' } }))).toBe('eyJhbGciOiJ4In0...')
  })

  test.each(['', 'password123', 'a.b.c', `Bearer ${forgeClaims({})}`, `${forgeClaims({})}.AA`, 'eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9'])('shows nothing of %j', (text) => {
    expect(tokenPreview(text)).toBe('<not a JWT>')
  })
})

describe('the fingerprint of a token', () => {
  test('is eight hexadecimal digits that name header and payload, whatever the signature', () => {
    const token = forgeClaims({})
    expect(tokenFingerprint(token)).toMatch(/^[0-9a-f]{8}$/)
    expect(tokenFingerprint(`${token.slice(0, token.lastIndexOf('.'))}.AAAA`)).toBe(tokenFingerprint(token))
    expect(tokenFingerprint(forgeClaims({ sub: '2' }))).not.toBe(tokenFingerprint(token))
  })

  test('takes any text', () => {
    expect(tokenFingerprint('')).toMatch(/^[0-9a-f]{8}$/)
    expect(tokenFingerprint('\ud800.')).toMatch(/^[0-9a-f]{8}$/)
    expect(tokenFingerprint('one.two')).not.toBe(tokenFingerprint('one.three'))
  })
})
