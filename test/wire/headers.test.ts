import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handshakeFromRequest } from '../../dist/node/handshake-from-request.js'
import { rawClient } from './raw-client.js'

let heard: ((request: IncomingMessage) => void) | undefined
const server = createServer((request, response) => {
  heard?.(request)
  response.end()
})
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

test('a field that is repeated keeps every value, in the order of the lines, under its name in lower case', async () => {
  const request = new Promise<IncomingMessage>((resolve) => {
    heard = resolve
  })
  const client = await rawClient(port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1\r\nORIGIN: o\r\nx-forwarded-for: 2, 3\r\nconstructor: c\r\n__proto__: p\r\n\r\n')
  const { headers, peerAddress } = handshakeFromRequest(await request, 0)
  expect(headers['x-forwarded-for']).toEqual(['1', '2, 3'])
  expect(headers['origin']).toEqual(['o'])
  expect(Object.keys(headers)).toEqual(['host', 'x-forwarded-for', 'origin'])
  expect(peerAddress).toBe('127.0.0.1')
  client.end()
})
