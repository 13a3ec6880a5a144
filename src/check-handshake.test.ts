import { expect, test } from 'vitest'
import { handshakeOf } from './admission/testing/staircase.js'
import { checkHandshake } from './check-handshake.js'

const given = (members: object): object => ({ ...handshakeOf({ receivedAt: Date.now() }), ...members })

test.each<readonly [unknown, string]>([
  [undefined, '"handshake" must be an object with receivedAt, method, httpVersion, target, headers and peerAddress: current value is undefined'],
  ['/ws/?token=secret', '"handshake" must be an object with receivedAt, method, httpVersion, target, headers and peerAddress: current value is a value of type string'],
  [given({ receivedAt: undefined }), '"handshake.receivedAt" must be a number of epoch milliseconds: current value is undefined'],
  [given({ receivedAt: 1_790_000_000 }), '"handshake.receivedAt" must be a number of epoch milliseconds, not of seconds'],
  [given({ method: undefined }), '"handshake.method" must be a text: current value is undefined'],
  [given({ target: ['/?token=secret'] }), '"handshake.target" must be a text: current value is a list'],
  [given({ peerAddress: undefined }), '"handshake.peerAddress" must be a text: current value is undefined'],
  [given({ headers: undefined }), '"handshake.headers" must be the headersDistinct of a request: current value is undefined'],
  [given({ headers: { authorization: 'Bearer secret' } }), '"handshake.headers" must be the headersDistinct of a request, not its headers: "authorization" is no list of texts'],
  [given({ headers: { host: [5] } }), '"host" is no list of texts'],
])('what is no handshake is not judged, and the error names the member: %#', (handshake, said) => {
  const check = () => {
    checkHandshake('admit', handshake)
  }
  expect(check).toThrow(`Cannot admit as ${said.startsWith('"handshake') ? said : '"handshake.headers"'}`)
  expect(check).toThrow(said)
  expect(check).not.toThrow('secret')
})

test('a header that did not come may be undefined', () => {
  expect(() => {
    checkHandshake('admit', given({ headers: { origin: undefined, host: ['chat.example'] } }))
  }).not.toThrow()
})
