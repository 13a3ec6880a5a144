import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { own, parseFrame } from './parse-frame.js'

describe('a message of a classic client', () => {
  test('without a type is left to the socket’s default', () => {
    expect(parseFrame('{}')).toEqual({ ok: true, frame: { type: undefined, body: {} } })
  })

  test.each(['', ' ', 'nope', '{', '{"a":1,}', "{'a':1}", '\u{feff}{}', 'NaN', '[1,]'])('%j is no JSON, in the text old clients know', (text) => {
    expect(parseFrame(text)).toEqual({ ok: false, error: 'Invalid JSON format' })
  })

  test.each(['[]', 'null', '5', '"x"', 'true'])('%s is JSON but no object: an error, and the socket stays', (text) => {
    expect(parseFrame(text)).toEqual({ ok: false, error: 'Message must be a JSON object' })
  })

  test.each(['{"type":5}', '{"type":null}', '{"type":[]}'])('%s has a type nobody knows', (text) => {
    expect(parseFrame(text)).toMatchObject({ ok: true, frame: { type: '' } })
  })

  test('nested as deep as a frame allows is read like any other', () => {
    const depth = 32_000
    expect(parseFrame(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toMatchObject({ ok: false })
    expect(parseFrame(`{"filters":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toMatchObject({ ok: true })
    expect(parseFrame('{"a":'.repeat(10_000))).toMatchObject({ ok: false })
  })

  test('fields of a prototype are not fields of the client', () => {
    expect(own({}, 'constructor')).toBeUndefined()
    expect(own({}, '__proto__')).toBeUndefined()
  })

  test('whatever it is, it is answered and never thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseFrame(text)
        expect(parsed.ok ? typeof parsed.frame.body : typeof parsed.error).toBe(parsed.ok ? 'object' : 'string')
      }),
    )
  })
})
