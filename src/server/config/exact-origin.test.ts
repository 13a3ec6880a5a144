import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactOrigin } from './exact-origin.js'

test.for(['https://app.example', 'http://localhost:5173', 'https://[::1]:8443', 'https://xn--mller-kva.example', 'capacitor://localhost', 'chrome-extension://abcdefgh'])(
  '%s is an origin as browsers send it',
  (origin) => {
    expect(exactOrigin(origin)).toBe(origin)
  },
)

test.for([
  ['https://app.example/', 'https://app.example'],
  ['https://app.example/chat?x#y', 'https://app.example'],
  ['https://App.Example', 'https://app.example'],
  ['https://app.example:443', 'https://app.example'],
  ['http://app.example:80', 'http://app.example'],
  ['wss://app.example', 'https://app.example'],
  ['ws://localhost:4400/ws/', 'http://localhost:4400'],
  ['https://müller.example', 'https://xn--mller-kva.example'],
  ['https://user:secret@app.example', 'https://app.example'],
  ['Capacitor://localhost/', 'capacitor://localhost'],
] as const)('%s could never equal an Origin, and %s was meant', ([text, meant]) => {
  expect(exactOrigin(text)).toBe(meant)
})

test.for(['', '*', 'null', 'app.example', 'https://', '//app.example', 'https://a b.example'])('in "%s" no origin can be read', (text) => {
  expect(exactOrigin(text)).toBeUndefined()
})

test('what was meant is itself exact, whatever was written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()), (text) => {
      const meant = exactOrigin(text)
      if (meant !== undefined) expect(exactOrigin(meant)).toBe(meant)
    }),
  )
})
