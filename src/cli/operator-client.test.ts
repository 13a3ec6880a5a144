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

test('[E12] a call that came too fast is made again after the wait it was told; a wait nobody wants is a refusal', async () => {
  const waits = [400, 1_500]
  const pauses: number[] = []
  let asked = 0
  const url = await listening((request, response) => {
    asked += 1
    const retryAfterMs = request.url === '/never' ? 60_001 : waits[asked - 1]
    if (retryAfterMs === undefined) response.end('{"ok":true}')
    else response.writeHead(429).end(JSON.stringify({ title: 'Too many.', code: request.url === '/readers' ? 'too_many_readers' : 'rate_limited', retryAfterMs }))
  })
  const client = createOperatorClient(url, 'k', {
    pause: async (ms) => {
      pauses.push(ms)
    },
  })
  expect(await client.ask(shape, 'POST', '/api/v1/bans', {})).toEqual({ ok: true })
  expect(pauses).toEqual(waits)
  await expect(client.ask(shape, 'GET', '/never')).rejects.toThrow('Too many.')
  asked = 0
  await expect(client.ask(shape, 'GET', '/readers')).rejects.toThrow('Too many.')
  expect(pauses).toEqual(waits)
})

test('[E15] a refusal that is about the key says what helps', async () => {
  const url = await listening((request, response) => {
    const code = request.url === '/wrong' ? 'key_wrong' : 'role_too_low'
    response.writeHead(code === 'key_wrong' ? 401 : 403).end(JSON.stringify({ title: 'No.', code }))
  })
  const [own, named] = [createOperatorClient(url, 'k'), createOperatorClient(url, 'k', { named: true })]
  await expect(own.ask(shape, 'GET', '/wrong')).rejects.toThrow('No. Run the command in the folder the server was started in.')
  await expect(named.ask(shape, 'GET', '/wrong')).rejects.toThrow(/^No\. It was taken away, .*`sallyport operator add`/)
  await expect(named.ask(shape, 'GET', '/role')).rejects.toThrow(/^No\. .*`sallyport operator add <name> --role <role>`/)
})

test('a server that hangs is told apart from one that is not there', async () => {
  const url = await listening(() => undefined)
  const client = createOperatorClient(url, 'k', { deadlineMs: 100 })
  const hangs = { exitCode: 5, message: `The server at ${url} has not answered within 0.1 s: it hangs or is stopped; look at its log, or start it again` }
  await expect(client.ask(shape, 'GET', '/')).rejects.toMatchObject(hangs)
  await expect(client.follow(shape, '/').next()).rejects.toMatchObject(hangs)
  await expect(createOperatorClient('http://127.0.0.1:1', 'k', { deadlineMs: 100 }).ask(shape, 'GET', '/')).rejects.toThrow('No server answers')
})

test('a redirect is never followed with the key', async () => {
  const url = await listening((request, response) => {
    response.writeHead(302, { Location: `http://${request.headers.host ?? ''}/elsewhere` }).end()
  })
  await expect(createOperatorClient(url, 'k').ask(shape, 'GET', '/')).rejects.toMatchObject({ exitCode: 5 })
})

test('K12: an answer that never ends is broken off, and its end is not waited for', async () => {
  let sent = 0
  const url = await listening((request, response) => {
    const part = Buffer.alloc(1024 * 1024, request.url === '/line' ? 'x' : ' ')
    const more = (): void => {
      while (!response.destroyed) {
        sent += part.length
        if (!response.write(part)) break
      }
    }
    response.on('drain', more).on('error', () => undefined)
    more()
  })
  const client = createOperatorClient(url, 'k')
  await expect(client.ask(shape, 'GET', '/')).rejects.toThrow('another program')
  expect(sent / 2 ** 20).toBeLessThan(96)
  sent = 0
  await expect(client.follow(shape, '/line').next()).rejects.toThrow('another program')
  expect(sent / 2 ** 20).toBeLessThan(32)
})
