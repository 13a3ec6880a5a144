import { describe, expect, test } from 'vitest'
import { tokenPreview } from './token-preview.js'
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
