import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { handshakeFromRequest } from './handshake-from-request.js'

/** A request as Node's parser leaves it: names and values in turn. */
const requestWith = (...rawHeaders: readonly string[]): IncomingMessage => {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.httpVersion = '1.1'
  request.url = '/ws/?token=a'
  request.rawHeaders.push(...rawHeaders)
  return request
}

test('a request becomes a plain handshake, and only fields that are read become members', () => {
  const handshake = handshakeFromRequest(requestWith('Host', 'a', 'X-Unread', 'b', 'constructor', 'c', '__proto__', 'd', 'X-Real-IP', 'e'), 7)
  expect(handshake).toMatchObject({ receivedAt: 7, method: 'GET', httpVersion: '1.1', target: '/ws/?token=a', peerAddress: '' })
  expect(Object.entries(handshake.headers)).toEqual([
    ['host', ['a']],
    ['x-real-ip', ['e']],
  ])
})

test('[A23] a peer that has left has no address, and its request no method: nothing of that fails', () => {
  expect(handshakeFromRequest(new IncomingMessage(new Socket()), 7)).toMatchObject({ method: '', target: '', peerAddress: '' })
})
