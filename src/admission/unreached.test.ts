import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { unreached } from './unreached.js'

const whyOf = async (url: string): Promise<string> => fetch(url).then(() => 'answered', unreached)

test('a port where nobody listens and a server that speaks no TLS are told apart', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).resume().end('no TLS here'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const place = `127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`
  expect(await whyOf(`https://${place}/`)).toMatch(/^can not be reached: ERR_SSL_[A-Z_]+$/)
  await new Promise((resolve) => server.close(resolve))
  expect(await whyOf(`http://${place}/`)).toBe('can not be reached: ECONNREFUSED')
})

test('a port that fetch asks nobody on is not looked for on the network', async () => {
  expect(await whyOf('http://127.0.0.1:6000/')).toBe('can not be reached: fetch asks no server on this port')
})

test('what says no more is told without a reason', () => {
  expect([unreached(new TypeError('fetch failed')), unreached('x'), unreached(new Error('x', { cause: new Error('y') }))]).toEqual(Array.from({ length: 3 }, () => 'can not be reached'))
})
