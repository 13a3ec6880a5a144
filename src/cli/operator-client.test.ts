import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createOperatorClient } from './operator-client.js'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

const listening = (listener: RequestListener): Promise<string> =>
  new Promise((resolve) => {
    const made = createServer(listener)
    server = made
    made.listen(0, '127.0.0.1', () => {
      const address = made.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
    })
  })

const shape = z.object({ ok: z.boolean() })

test('it shows the key, says who acts, sends JSON, and parses the answer', async () => {
  let seen: unknown
  const url = await listening((request, response) => {
    const { authorization, origin, 'content-type': type, 'sallyport-actor': actor } = request.headers
    seen = { method: request.method, url: request.url, authorization, origin, type, actor }
    response.end('{"ok":true,"more":1}')
  })
  expect(await createOperatorClient(url, 'k').ask(shape, 'POST', '/api/v1/bans', {})).toEqual({ ok: true })
  expect(seen).toEqual({ method: 'POST', url: '/api/v1/bans', authorization: 'Bearer k', origin: undefined, type: 'application/json', actor: 'cli' })
})

test('nobody there is told apart from a refusal, from a stranger on the port, and from what is not there', async () => {
  await expect(createOperatorClient('http://127.0.0.1:1', 'k').ask(shape, 'GET', '/')).rejects.toMatchObject({ exitCode: 5 })
  const url = await listening((request, response) => {
    const [status, body] = request.url === '/missing' ? [404, ''] : request.url === '/refused' ? [400, '{"title":"No.","errors":["a: b"]}'] : request.url === '/html' ? [500, '<html>'] : [200, '{"no":1}']
    response.writeHead(status).end(body)
  })
  const client = createOperatorClient(url, 'k')
  expect(await client.ask(shape, 'GET', '/missing')).toBeUndefined()
  await expect(client.ask(shape, 'GET', '/refused')).rejects.toMatchObject({ exitCode: 1, message: 'No.\n  a: b' })
  await expect(client.ask(shape, 'GET', '/html')).rejects.toThrow('another program')
  await expect(client.ask(shape, 'GET', '/other')).rejects.toThrow('another version')
})

test('a redirect is never followed with the key', async () => {
  const url = await listening((request, response) => {
    response.writeHead(302, { Location: `http://${request.headers.host ?? ''}/elsewhere` }).end()
  })
  await expect(createOperatorClient(url, 'k').ask(shape, 'GET', '/')).rejects.toMatchObject({ exitCode: 5 })
})
