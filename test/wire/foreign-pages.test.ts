import { afterAll, beforeAll, expect, test } from 'vitest'
import { page, startGateServer, tokenFor, type GateServer, type HandshakeParts } from './gate-server.js'

let server: GateServer
let token = ''
beforeAll(async () => {
  server = await startGateServer({ origins: [page], hosts: ['gate.example', '127.0.0.1'], carriers: ['header', 'subprotocol', 'query', 'cookie'], cookieName: 'chat', refusals: 'http' })
  token = await tokenFor()
})
afterAll(() => server.close())

const statusOf = async (parts: HandshakeParts): Promise<number | undefined> => {
  const client = await server.knock(parts)
  return (await client.until((answer) => answer.bodyIsWhole || answer.texts.length > 0)).status
}

test('[A10] D1: a page of another site is refused with a good token in any carrier', async () => {
  const carriers: readonly HandshakeParts[] = [
    { token },
    { lines: [`Sec-WebSocket-Protocol: sallyport.v1, sallyport.bearer.${token}`] },
    { target: `/ws/?token=${token}` },
    { lines: [`Cookie: chat=${token}`] },
  ]
  for (const carrier of carriers) {
    expect(await statusOf({ ...carrier, origin: page })).toBe(101)
    for (const origin of ['https://evil.example', `${page}.evil.example`, 'http://app.example', `${page}:8443`]) expect(await statusOf({ ...carrier, origin })).toBe(403)
  }
})

test('[A10] D3: the Origin null is refused however it is written, with a good token and with a good cookie', async () => {
  for (const credential of [{ token }, { lines: [`Cookie: chat=${token}`] }]) {
    for (const origin of ['null', 'NULL', 'Null']) expect([400, 403]).toContain(await statusOf({ ...credential, origin }))
  }
})

test('[A2] [A10] D4: a malformed Origin or Host is refused with 400, 403 or 421, and the next client is answered', async () => {
  const origins = ['', 'https://', 'https://[', 'https://[::1', 'https://app.example:99999', 'https://app.example/', `${page}, ${page}`, 'https://app.example@evil.example', '%', 'a'.repeat(4_000)]
  for (const origin of origins) expect([400, 403]).toContain(await statusOf({ token, origin }))
  for (const host of ['', '[', '[::1', 'gate.example:99999', 'gate.example, evil.example', 'user@gate.example', '%00', 'gate.example/x'])
    expect([400, 421]).toContain(await statusOf({ token, origin: page, host }))
  expect(await statusOf({ token, origin: page })).toBe(101)
})

test('[A2] D8: a Host that is not served is refused with 421, whatever else is right', async () => {
  for (const host of ['evil.example', 'localhost', 'gate.example.evil.example', '127.0.0.1.evil.example']) expect(await statusOf({ token, origin: page, host })).toBe(421)
  expect(await statusOf({ token, origin: page, host: 'gate.example' })).toBe(101)
})
