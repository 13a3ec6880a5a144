import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { algorithms } from './algorithm.js'
import { createMacCheck } from './mac-check.js'

const hmacAlgorithms = ['HS256', 'HS384', 'HS512'] as const
const macOf = (algorithm: (typeof hmacAlgorithms)[number], secret: Uint8Array, input: string): string =>
  createHmac(algorithms[algorithm].hash, secret).update(input, 'latin1').digest('base64url')

describe('the check of a MAC', () => {
  const secrets = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(63, 64, 65, 127, 128, 129).map((length) => new Uint8Array(length).fill(0xa5)))
  const inputs = fc.string({ unit: fc.constantFrom(...'AZaz09-_.'), maxLength: 400 })

  test('takes what node:crypto makes, for secrets on both sides of a block, and one after the other', () => {
    fc.assert(
      fc.property(fc.constantFrom(...hmacAlgorithms), secrets, fc.array(inputs, { minLength: 1, maxLength: 5 }), (algorithm, secret, texts) => {
        const holds = createMacCheck(algorithm, Buffer.from(secret))
        for (const text of texts) expect(holds(text, macOf(algorithm, secret, text))).toBe(true)
      }),
    )
  })

  test('refuses the MAC of another text, of another secret, and one that differs in any one character', () => {
    fc.assert(
      fc.property(fc.constantFrom(...hmacAlgorithms), secrets, inputs, inputs, fc.nat(), (algorithm, secret, text, other, place) => {
        const holds = createMacCheck(algorithm, Buffer.from(secret))
        const mac = macOf(algorithm, secret, text)
        const index = place % mac.length
        const changed = `${mac.slice(0, index)}${mac[index] === 'A' ? 'B' : 'A'}${mac.slice(index + 1)}`
        expect(holds(text, changed)).toBe(false)
        expect(holds(text, macOf(algorithm, Buffer.concat([secret, Buffer.from('x')]), text))).toBe(false)
        if (text !== other) expect(holds(other, mac)).toBe(false)
      }),
    )
  })

  test.each(hmacAlgorithms)('%s refuses a MAC that is shorter, longer or empty', (algorithm) => {
    const secret = Buffer.alloc(64, 7)
    const holds = createMacCheck(algorithm, secret)
    const mac = macOf(algorithm, secret, 'a.b')
    for (const wrong of ['', mac.slice(0, -1), `${mac}A`, mac.repeat(2)]) expect(holds('a.b', wrong)).toBe(false)
    expect(holds('a.b', mac)).toBe(true)
  })

  test('takes a text longer than any token that is read', () => {
    const secret = Buffer.alloc(64, 7)
    const text = 'x'.repeat(100_000)
    expect(createMacCheck('HS512', secret)(text, macOf('HS512', secret, text))).toBe(true)
  })

  // RFC 4231 section 4.3 (test case 2) and 4.7 (test case 6, a key longer than a block).
  test('holds the test cases of RFC 4231', () => {
    const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64url')
    const second = hex('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    expect(createMacCheck('HS256', Buffer.from('Jefe'))('what do ya want for nothing?', second)).toBe(true)
    const sixth = hex('80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598')
    expect(createMacCheck('HS512', Buffer.alloc(131, 0xaa))('Test Using Larger Than Block-Size Key - Hash Key First', sixth)).toBe(true)
  })
})
