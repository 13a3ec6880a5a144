import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createProbes } from './probes.js'

const request = (id: string, lines: readonly (readonly [string, string])[] = []): IncomingMessage => {
  const made = new IncomingMessage(new Socket())
  made.url = '/ws/?token=abc'
  made.httpVersion = '1.1'
  made.headers = { 'sallyport-probe': id }
  made.rawHeaders = [['Sallyport-Probe', id], ...lines].flat()
  return made
}

const client = { address: '203.0.113.7', key: '203.0.113.7', forwarded: true }

test('a probe is seen once, as it came, without what may be a secret', () => {
  const probes = createProbes(() => 1_000)
  const id = probes.open() ?? ''
  expect(probes.find(id)).toEqual({ id, arrival: undefined, decisionId: undefined, client: undefined })
  probes.arrived(request(id, [['Authorization', 'Bearer abc'], ['Cookie', 'a=abc'], ['Sec-WebSocket-Protocol', 'sallyport.v1, sallyport.bearer.abc'], ['X-Forwarded-For', '203.0.113.7']]))
  probes.arrived(request(id))
  probes.decided(id, { id: 'd1', client })
  probes.decided(id, { id: 'd2', client: undefined })
  expect(probes.find(id)).toMatchObject({
    arrival: {
      path: '/ws/',
      headers: [['Authorization', '(hidden)'], ['Cookie', '(hidden)'], ['Sec-WebSocket-Protocol', 'sallyport.v1, sallyport.bearer.(hidden)'], ['X-Forwarded-For', '203.0.113.7']],
    },
    decisionId: 'd1',
    client,
  })
  expect(JSON.stringify(probes.find(id))).not.toContain('abc')
})

test('an id that nobody opened leaves nothing', () => {
  const probes = createProbes(() => 1_000)
  probes.arrived(request('unknown'))
  probes.open()
  probes.arrived(request('unknown'))
  probes.decided('unknown', { id: 'd1', client })
  probes.decided(undefined, { id: 'd1', client })
  expect(probes.find('unknown')).toBeUndefined()
})

test('256 probes are open at once, each for a minute', () => {
  let now = 1_000
  const probes = createProbes(() => now)
  const ids = Array.from({ length: 256 }, () => probes.open())
  expect(new Set(ids).size).toBe(256)
  expect(probes.open()).toBeUndefined()
  now += 60_000
  expect(probes.find(ids[0] ?? '')).toBeUndefined()
  expect(probes.open()).toBeDefined()
})
