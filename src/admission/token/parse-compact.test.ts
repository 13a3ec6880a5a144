import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64url } from './base64url.js'
import { maxKeyIdLength, maxTokenBytes, parseCompact, parsePayload } from './parse-compact.js'

const segment = (value: string | object): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const withHeader = (header: string | object): string => `${segment(header)}.${segment('{}')}.AAAA`
const good = withHeader({ alg: 'HS512', typ: 'JWT' })
const accepts = (text: string): boolean => parseCompact(text).ok

describe('the compact form', () => {
  test('comes apart into its three segments', () => {
    const parsed = parseCompact(`${segment({ alg: 'HS512', kid: 'a', typ: 'JWT' })}.${segment({ sub: '1' })}.AAEC`)
    expect(parsed).toEqual({
      ok: true,
      token: {
        header: { algorithm: 'HS512', keyId: 'a', type: 'JWT' },
        signingInput: `${segment({ alg: 'HS512', kid: 'a', typ: 'JWT' })}.${segment({ sub: '1' })}`,
        payload: segment({ sub: '1' }),
        signature: 'AAEC',
      },
    })
    expect(parsed.ok && parsePayload(parsed.token)).toEqual({ sub: '1' })
  })

  test.each([
    ['nothing', ''],
    ['one segment', 'AAAA'],
    ['two segments', good.slice(0, good.lastIndexOf('.'))],
    ['four segments', `${good}.AA`],
    ['five segments, as an encrypted token has', `${good}.AA.AA`],
    ['an empty signature', good.slice(0, good.lastIndexOf('.') + 1)],
    ['an empty header', good.slice(good.indexOf('.'))],
    ['padding', `${good}==`],
    ['the standard alphabet', good.replace(/A$/, '+')],
    ['a slash', good.replace(/A$/, '/')],
    ['white space before', ` ${good}`],
    ['a line feed after', `${good}\n`],
    ['white space inside', good.replace('.', ' .')],
    ['a NUL', `${good}\0`],
    ['letters that only look like dots', good.replaceAll('.', '․')],
    ['full-width letters', good.replace('A', 'Ａ')],
    ['a lone surrogate', `${good}\ud800`],
    ['the JSON serialization', JSON.stringify({ protected: segment({ alg: 'HS512' }), payload: segment('{}'), signature: 'AAAA' })],
    ['a Bearer prefix', `Bearer ${good}`],
  ])('refuses %s', (_what, text) => {
    expect(accepts(text)).toBe(false)
  })

  test('refuses stray bits behind the last whole byte, so that every signature has one spelling', () => {
    expect(accepts(good.replace(/AAAA$/, 'AA'))).toBe(true)
    expect(accepts(good.replace(/AAAA$/, 'AB'))).toBe(false)
    expect(accepts(good.replace(/AAAA$/, 'AAE'))).toBe(true)
    expect(accepts(good.replace(/AAAA$/, 'AAF'))).toBe(false)
    expect(accepts(good.replace(/AAAA$/, 'A'))).toBe(false)
    expect(accepts(good.replace(/AAAA$/, 'AAAAA'))).toBe(false)
  })

  test('reads exactly the texts that encoding makes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABQgwEIMUYckos048_-+/= \n'), maxLength: 9 }), (text) => {
        const canonical = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(decodeBase64url(text) !== undefined).toBe(canonical)
      }),
      { numRuns: 5000 },
    )
  })

  test('is read up to 8,192 characters', () => {
    const room = maxTokenBytes - good.length
    expect(accepts(good + 'A'.repeat(room - (room % 4)))).toBe(true)
    expect(accepts(good + 'A'.repeat(room + 4 - (room % 4)))).toBe(false)
    expect(parseCompact(good, good.length).ok).toBe(true)
    expect(parseCompact(good, good.length - 1).ok).toBe(false)
  })

  test('never throws, whatever the text', () => {
    const piece = fc.oneof(fc.string(), fc.base64String(), fc.json().map(segment))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const parsed = parseCompact(pieces.join('.'))
        if (parsed.ok) parsePayload(parsed.token)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the header', () => {
  test.each([
    ['white space between its members, line breaks too', '{"typ":"JWT",\r\n "alg":"HS512"}'],
    ['an escaped member name', '{"\\u0061lg":"HS512"}'],
    ['unknown members, which RFC 7515 section 4 ignores', { alg: 'HS512', x: 1, nonce: 'a', x5t: 'b' }],
    ['keys and addresses of the stranger, which are not read', { alg: 'HS512', jwk: { kty: 'oct' }, jku: 'http://127.0.0.1/', x5u: 'http://127.0.0.1/', x5c: ['a'] }],
    ['the longest kid', { alg: 'HS512', kid: 'k'.repeat(maxKeyIdLength) }],
    ['a member called __proto__', '{"alg":"HS512","__proto__":{"kid":5}}'],
  ])('may have %s', (_what, header) => {
    expect(accepts(withHeader(header))).toBe(true)
  })

  test.each([
    ['no alg', {}],
    ['an alg that is no string', { alg: ['HS512'] }],
    ['a null alg', { alg: null }],
    ['an alg twice', '{"alg":"none","alg":"HS512"}'],
    ['an alg twice, once escaped', '{"alg":"HS512","\\u0061\\u006cg":"none"}'],
    ['an inherited alg', '{"__proto__":{"alg":"HS512"}}'],
    ['crit', { alg: 'HS512', crit: ['exp'], exp: 1 }],
    ['an empty crit', { alg: 'HS512', crit: [] }],
    ['a null crit', { alg: 'HS512', crit: null }],
    ['b64', { alg: 'HS512', b64: true }],
    ['cty', { alg: 'HS512', cty: 'JWT' }],
    ['enc', { alg: 'dir', enc: 'A128GCM' }],
    ['zip', { alg: 'HS512', zip: 'DEF' }],
    ['a kid that is a number', { alg: 'HS512', kid: 1 }],
    ['a kid that is null', { alg: 'HS512', kid: null }],
    ['a kid that is an array', { alg: 'HS512', kid: ['a'] }],
    ['a kid that is an object', { alg: 'HS512', kid: { a: 1 } }],
    ['a kid that is too long', { alg: 'HS512', kid: 'k'.repeat(maxKeyIdLength + 1) }],
    ['a typ that is no string', { alg: 'HS512', typ: ['JWT'] }],
    ['an array around it', [{ alg: 'HS512' }]],
    ['text instead of an object', '"HS512"'],
    ['JSON that ends early', '{"alg":"HS512"'],
    ['a byte order mark', '\ufeff{"alg":"HS512"}'],
  ])('may not have %s', (_what, header) => {
    expect(accepts(withHeader(header))).toBe(false)
  })

  test('is refused again when it comes again: only good ones are remembered', () => {
    const bad = withHeader({ alg: 'HS512', crit: ['a'] })
    expect([accepts(bad), accepts(bad)]).toEqual([false, false])
    expect([accepts(good), accepts(good)]).toEqual([true, true])
  })

  test('quotes nothing of the token when it is refused', () => {
    const parsed = parseCompact(withHeader({ alg: 'HS512', crit: ['confidential'] }))
    expect(JSON.stringify(parsed)).toBe('{"ok":false,"detail":"its header is not acceptable"}')
  })
})
