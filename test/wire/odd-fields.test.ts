import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { nobody, page, startGateServer, tokenFor, type GateServer } from './gate-server.js'
import { rawClient, type Answer } from './raw-client.js'

let lanes: readonly GateServer[] = []
let token = ''
beforeAll(async () => {
  lanes = await Promise.all([startGateServer({ dialect: 'classic.v2', origins: [page] }), startGateServer({ dialect: 'classic.v2', origins: [page], fastLane: false })])
  token = await tokenFor()
})
afterAll(async () => {
  for (const lane of lanes) await lane.close()
})

const ask = async (lane: GateServer, bytes: string): Promise<Answer> => {
  const client = await rawClient(lane.port)
  client.write(bytes)
  // A socket that is open has said its first word by the time it answers a ping.
  const answer = (await client.answered()).status === 101 ? await client.roundTrip() : await client.gone()
  client.end()
  await client.gone()
  return answer
}

const problem = z.strictObject({ title: z.string(), status: z.number(), code: z.string(), decisionId: z.string() })

/** The status, when the answer is one of ours: a session that was opened, or a refusal in our own words. */
const statusOf = ({ status, head, body, texts }: Answer): number => {
  if (status === 101) expect(texts).toEqual([JSON.stringify({ type: 'hello', user: '1' })])
  else {
    expect(problem.parse(JSON.parse(body)).status).toBe(status)
    expect(head).toMatch(/^connection: close\r?$/im)
    expect(head).toMatch(/^cache-control: no-store\r?$/im)
  }
  return status
}

const agreed = async (bytes: string): Promise<number> => {
  const [fast, slow] = await Promise.all(lanes.map((lane) => ask(lane, bytes).then(statusOf)))
  expect(fast).toBe(slow)
  return fast ?? 0
}

const fields: Readonly<Record<string, string>> = {
  'Host': 'gate.example',
  'Connection': 'Upgrade',
  'Upgrade': 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Origin': page,
}

const handshake = (change: readonly (readonly [name: string, value: string])[]): string => {
  const changed = new Set(change.map(([name]) => name))
  const lines = [...Object.entries(fields).filter(([name]) => !changed.has(name)), ...change].map(([name, value]) => `${name}: ${value}`)
  return [`GET /ws/?token=${token} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

test.each([
  ['Upgrade', 'h2c, websocket'],
  ['Upgrade', 'WebSocket,'],
  ['Connection', 'close,keep-alive , Upgrade'],
  ['Sec-WebSocket-Protocol', 'chat,\tsallyport.v1'],
  ['Host', '[2001:db8::1]:65535'],
])('[A2] [A3] %s: %s is let in', async (name, value) => {
  expect(await agreed(handshake([[name, value]]))).toBe(101)
})

test('[A2] one of two Upgrade lines may name websocket', async () => {
  expect(await agreed(handshake([['Upgrade', 'h2c'], ['Upgrade', 'websocket']]))).toBe(101)
})

test('[A1] [A28] C4: whatever stands in the fields of a handshake, it is let in or refused by us, and alike in both lanes', async () => {
  const word = fc.constantFrom('websocket', 'h2c', 'Upgrade', 'keep-alive', 'sallyport.v1', 'chat', '13', 'gate.example', '[::1]', 'a:65536', 'dGhlIHNhbXBsZSBub25jZQ==', page, '', '"', 'a=b', 'a;b')
  const blank = fc.constantFrom('', '', ' ', '\t', '\u0085', '\u00a0')
  const value = (name: string): fc.Arbitrary<string> => {
    const member = fc.tuple(blank, fc.oneof(word, fc.constant(fields[name] ?? 'sallyport.v1')), blank).map((parts) => parts.join(''))
    return fc.array(member, { maxLength: 3 }).map((members) => members.join(','))
  }
  const name = fc.constantFrom(...Object.keys(fields), 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions', 'Content-Length', 'Expect')
  const field = name.chain((one) => fc.tuple(fc.constant(one), value(one)))
  await fc.assert(
    fc.asyncProperty(fc.array(field, { minLength: 1, maxLength: 2 }), async (change) => {
      await agreed(handshake(change))
    }),
    { numRuns: 400 },
  )
  for (const lane of lanes) await expect.poll(() => lane.counted()).toEqual(nobody)
})
