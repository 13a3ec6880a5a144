import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCanonicalUpgrade } from './canonical-upgrade.js'

const read = (text: string, maxBytes = 16_384, maxFields = 64) => readCanonicalUpgrade(Buffer.from(text, 'latin1'), maxBytes, maxFields)

const lines = ['GET /ws/?token=a.b.c HTTP/1.1', 'Host: 127.0.0.1:4400', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
const textOf = (all: readonly string[]): string => [...all, '', ''].join('\r\n')
const plain = textOf(lines)
const withLine = (line: string): string => textOf([...lines, line])

test('a plain handshake is read as it was sent, names also in lower case', () => {
  expect(read(withLine('Origin: https://app.example'))).toEqual({
    target: '/ws/?token=a.b.c',
    rawHeaders: [...lines.slice(1), 'Origin: https://app.example'].flatMap((line) => line.split(/: (.*)/s).slice(0, 2)),
    headers: {
      host: '127.0.0.1:4400',
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      origin: 'https://app.example',
    },
  })
})

test('what Firefox and others send is plain too', () => {
  expect(read(plain.replace('Connection: Upgrade', 'Connection: keep-alive, Upgrade'))).toBeDefined()
  expect(read(plain.replace('Upgrade: websocket', 'upgrade: WebSocket').replace('Host:', 'HOST:'))).toBeDefined()
})

test.each<readonly [string, string]>([
  ['another method', plain.replace('GET', 'POST')],
  ['another version', plain.replace('HTTP/1.1', 'HTTP/1.0')],
  ['a target that names a host', plain.replace('GET /ws', 'GET http://a/ws')],
  ['a target with an authority', plain.replace('GET /ws', 'GET //a/ws')],
  ['a fragment', plain.replace('a.b.c', 'a#b')],
  ['a space in the target', plain.replace('a.b.c', 'a b')],
  ['bare line feeds', plain.replaceAll('\r\n', '\n')],
  ['a folded field', withLine('Origin: a\r\n b')],
  ['a space before a colon', withLine('Origin : a')],
  ['no space after a colon', withLine('Origin:a')],
  ['a tab', withLine('Origin:\ta')],
  ['an empty value', withLine('Origin: ')],
  ['a space at the end of a value', withLine('Origin: a ')],
  ['a byte beyond ASCII', withLine('Origin: \u00e9')],
  ['a NUL', withLine('Origin: a\0b')],
  ['a carriage return', withLine('Origin: a\rb')],
  ['a name beyond letters and hyphens', withLine('__proto__: a')],
  ['a name of every object', withLine('constructor: a')],
  ['a field twice', withLine('host: 127.0.0.1')],
  ['a body', withLine('Content-Length: 0')],
  ['a body in chunks', withLine('Transfer-Encoding: chunked')],
  ['an expectation', withLine('Expect: 100-continue')],
  ['no Host', textOf(lines.filter((line) => !line.startsWith('Host')))],
  ['no key', textOf(lines.filter((line) => !line.startsWith('Sec-WebSocket-Key')))],
  ['no version', textOf(lines.filter((line) => !line.startsWith('Sec-WebSocket-Version')))],
  ['another upgrade', plain.replace('websocket', 'h2c')],
  ['no upgrade', plain.replace('Connection: Upgrade', 'Connection: close')],
  ['a byte behind the blank line', `${plain}\x81`],
  ['two handshakes', plain + plain],
  ['a blank line at the front', `\r\n${plain}`],
])('%s is for a full parser', (_what, text) => {
  expect(read(text)).toBeUndefined()
})

test('a handshake that is cut anywhere is for a full parser', () => {
  for (let length = 0; length < plain.length; length += 1) expect(read(plain.slice(0, length))).toBeUndefined()
})

test('what is longer than the limits is for a full parser', () => {
  expect(read(plain, plain.length)).toBeDefined()
  expect(read(plain, plain.length - 1)).toBeUndefined()
  expect(read(plain, 16_384, 5)).toBeDefined()
  expect(read(plain, 16_384, 4)).toBeUndefined()
})

test('whatever it reads can be written down again as the same bytes', () => {
  fc.assert(
    fc.property(fc.nat(plain.length), fc.nat(3), fc.uint8Array({ maxLength: 4 }), (at, cut, put) => {
      const text = plain.slice(0, at) + Buffer.from(put).toString('latin1') + plain.slice(at + cut)
      const upgrade = read(text)
      if (upgrade === undefined) return
      const fields = upgrade.rawHeaders.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('')
      expect(`GET ${upgrade.target} HTTP/1.1\r\n${fields}\r\n`).toBe(text)
    }),
    { numRuns: 5_000 },
  )
})
