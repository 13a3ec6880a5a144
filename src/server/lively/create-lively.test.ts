import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { judgeSignature } from '../connectors/webhook-signature.js'
import { inboundBody } from '../http/inbound-body.js'
import { createLively } from './create-lively.js'

test('sample customers write well-formed signed messages, no more than they may, and a refusal is told', async () => {
  const failures: string[] = []
  const lively = createLively({ failed: (detail) => failures.push(detail), pauseMs: [1, 2], maxMessages: 3 })
  const [source] = lively.sources
  const verdicts: string[] = []
  let heard: () => void = () => {}
  const all = new Promise<void>((resolve) => {
    heard = resolve
  })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      inboundBody.parse(JSON.parse(body.toString()))
      const field = (name: string): string => String(request.headers[`webhook-${name}`])
      const fields = { id: field('id'), timestamp: field('timestamp'), signature: field('signature') }
      verdicts.push(judgeSignature(fields, body, source?.secrets ?? [], 10_000, Date.now()))
      response.writeHead(verdicts.length === 1 ? 503 : 201).end()
      if (verdicts.length === 3) heard()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port')
  lively.start(`http://127.0.0.1:${String(address.port)}`)
  await all
  await lively.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect([verdicts, failures]).toEqual([['good', 'good', 'good'], ['status 503']])
})
