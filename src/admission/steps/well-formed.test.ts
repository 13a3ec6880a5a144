import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortestMs } from '../../protocol/testing/shortest-ms.js'
import { handshakeOf, type HandshakeChange } from '../testing/staircase.js'
import { checkForm } from './well-formed.js'

const hosts = new Set(['gate.example', 'gate.example:4400'])
const check = (change: HandshakeChange) => checkForm(handshakeOf(change), hosts)
const header = (name: string, ...values: readonly string[]): HandshakeChange => ({ headers: { [name]: values.length === 0 ? undefined : values } })

test('[A2] a good handshake is well-formed, in each of the ways that clients write one', () => {
  const good: readonly HandshakeChange[] = [
    {},
    header('connection', 'keep-alive, Upgrade'),
    header('connection', 'keep-alive', 'upgrade'),
    header('upgrade', 'WebSocket'),
    header('upgrade', 'h2c, websocket'),
    header('host', 'GATE.example:4400'),
    header('content-length', '0'),
    header('origin', 'https://app.example'),
    { target: '/' },
    { target: '/ws?token=a%20b&v=1' },
    { target: `/${'a'.repeat(12 * 1024 - 1)}` },
  ]
  for (const change of good) expect(check(change), JSON.stringify(change).slice(0, 100)).toBeUndefined()
})

const faults: readonly (readonly [name: string, status: number, change: HandshakeChange])[] = [
  ['another method', 405, { method: 'POST' }],
  ['a method in lower case', 405, { method: 'get' }],
  ['HTTP/1.0', 400, { httpVersion: '1.0' }],
  ['HTTP/2', 400, { httpVersion: '2.0' }],
  ['a target over 12 KiB', 414, { target: `/${'a'.repeat(12 * 1024)}` }],
  ['an empty target', 400, { target: '' }],
  ['absolute-form', 400, { target: 'http://gate.example/ws/' }],
  ['asterisk-form', 400, { target: '*' }],
  ['an authority in the path', 400, { target: '//evil.example/ws/' }],
  ['a fragment', 400, { target: '/ws/#a' }],
  ['a raw space', 400, { target: '/ws/ a' }],
  ['bytes beyond ASCII', 400, { target: '/ws/\u00e9' }],
  ['no Host', 400, header('host')],
  ['two Hosts', 400, header('host', 'gate.example', 'gate.example')],
  ['an empty Host', 400, header('host', '')],
  ['a Host with user information', 400, header('host', 'a@gate.example')],
  ['a Host list', 400, header('host', 'gate.example, other.example')],
  ['a Host whose port is none', 400, header('host', 'gate.example:65536')],
  ['a Host in brackets that is no IPv6 address', 400, header('host', '[:::::]')],
  ['an IPv4 address in brackets', 400, header('host', '[127.0.0.1]:4400')],
  ['a Host that is not served', 421, header('host', 'other.example')],
  ['a Host of another port', 421, header('host', 'gate.example:81')],
  ['no Upgrade', 426, header('upgrade')],
  ['another Upgrade', 426, header('upgrade', 'h2c')],
  ['an Upgrade with a no-break space, which is no white space of HTTP', 426, header('upgrade', 'h2c,\u00a0websocket')],
  ['a Connection with one', 426, header('connection', 'keep-alive,\u00a0Upgrade')],
  ['an Upgrade that only begins like websocket', 426, header('upgrade', 'websocket2')],
  ['no Connection', 426, header('connection')],
  ['a Connection without Upgrade', 426, header('connection', 'keep-alive')],
  ['no version', 426, header('sec-websocket-version')],
  ['another version', 426, header('sec-websocket-version', '8')],
  ['a version with a sign', 426, header('sec-websocket-version', '+13')],
  ['two versions', 426, header('sec-websocket-version', '13', '13')],
  ['no key', 400, header('sec-websocket-key')],
  ['two keys', 400, header('sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==', 'AAAAAAAAAAAAAAAAAAAAAA==')],
  ['a key of 15 bytes', 400, header('sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAA')],
  ['a key of 17 bytes', 400, header('sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAAA=')],
  ['a key that is not canonical', 400, header('sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAB==')],
  ['a key without padding', 400, header('sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA')],
  ['a body', 400, header('content-length', '5')],
  ['a length written twice', 400, header('content-length', '0', '0')],
  ['a length with a sign', 400, header('content-length', '+0')],
  ['chunks', 400, header('transfer-encoding', 'chunked')],
  ['an expectation', 400, header('expect', '100-continue')],
  ['two Origins', 400, header('origin', 'https://a.example', 'https://a.example')],
  ['two Authorizations', 400, header('authorization', 'Basic a', 'Bearer b')],
]

test.each(faults)('[A2] %s is refused with %i', (_name, status, change) => {
  const denial = check(change)
  expect(denial).toMatchObject({ reason: 'bad_request' })
  expect(denial?.status ?? 400).toBe(status)
})

test('without a list of hosts every well-formed Host is served', () => {
  expect(checkForm(handshakeOf(header('host', '[::1]:4400')), undefined)).toBeUndefined()
  expect(checkForm(handshakeOf(header('host', 'a b')), undefined)).toMatchObject({ reason: 'bad_request' })
})

test('a key is taken exactly when it is the one canonical form of 16 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 20 }), (bytes) => {
      const denial = check(header('sec-websocket-key', Buffer.from(bytes).toString('base64')))
      expect(denial === undefined).toBe(bytes.length === 16)
    }),
  )
})

test('a long header of commas and spaces is judged in no time', async () => {
  for (const handshake of [header('connection', `${' ,\t'.repeat(5_000)}x`), header('upgrade', 'websocket '.repeat(1_500))]) expect(await shortestMs(() => check(handshake))).toBeLessThan(100)
})
