import { createServer } from 'node:http'
import { connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, expect, test } from 'vitest'
import { answerFailure } from './api-problem.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A server that reads each body and then fails, and what became of the first request: its answer, and what was told as a failure of ours. */
const open = async () => {
  const told: unknown[] = []
  const app = new Hono()
  let answered: (status: number) => void
  const answer = new Promise<number>((resolve) => {
    answered = resolve
  })
  app.post('/', async ({ req }) => {
    await req.text()
    throw new Error('the fault is ours')
  })
  app.onError((error, context) => {
    const response = answerFailure(error, context, (failure) => told.push(failure))
    answered(response.status)
    return response
  })
  const listener = getRequestListener(app.fetch)
  const server = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  ends.push(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { told, answer, port: address.port, arrived: new Promise((resolve) => server.once('request', resolve)) }
}

const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

test.each([
  ['resets the connection within his body', `${head}Content-Length: 100\r\n\r\n{"a`, ''],
  ['ends it there', `${head}Content-Length: 100\r\n\r\n{"a`, 'end'],
  ['sends a chunk without a size', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n`, 'zz\r\n'],
])('[G14] who %s is no failure of the server', async (_what, first, then) => {
  const { told, answer, port, arrived } = await open()
  const client = connect(port, '127.0.0.1')
  client.on('error', () => undefined)
  ends.push(() => client.destroy())
  client.write(first)
  await arrived
  if (then === '') client.resetAndDestroy()
  else if (then === 'end') client.end()
  else client.write(then)
  expect(await answer).toBe(400)
  expect(told).toEqual([])
})

test('[G14] what fails with a whole request is one, also when nobody waits for the answer', async () => {
  const { told, answer, port } = await open()
  const client = connect(port, '127.0.0.1')
  ends.push(() => client.destroy())
  client.write(`${head}Content-Length: 2\r\n\r\n{}`, () => client.end())
  expect(await answer).toBe(500)
  expect(told).toHaveLength(1)
})
