import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handshakeText } from '../wire/gate-server.js'
import { rawClient, type RawClient } from '../wire/raw-client.js'
import { proxiesInstalled, proxiesRemedy } from './proxy.js'
import { openStage, see, type Stage } from './stage.js'

describe.skipIf(!proxiesInstalled)(`odd bytes behind nginx and HAProxy (when skipped: ${proxiesRemedy})`, () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage.stop())

  const statusesOf = ({ received }: RawClient): readonly number[] => [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

  test('[A4] E7: a forwarding header of 16 KB or of 10,000 commas costs less than 5 ms', async () => {
    const { trusting, dualStack, at } = stage
    const headers = { 'X-Forwarded-For': trusting, Forwarded: dualStack }
    const values = [','.repeat(10_000), '127.0.0.1,'.repeat(1_000), '"'.repeat(10_000), '\\"'.repeat(5_000), 'for='.repeat(2_500), 'a'.repeat(15_000)]
    for (const [name, backend] of Object.entries(headers))
      for (const value of values) {
        const durations: number[] = []
        for (let times = 0; times < 3; times++) {
          const seen = await see(backend, backend.port, { lines: [`${name}: ${value}`] })
          expect(seen, value.slice(0, 10)).toMatchObject({ status: 400, code: 'bad_forwarding' })
          durations.push(seen.durationMs)
        }
        // The shortest: others share this machine.
        expect(Math.min(...durations), value.slice(0, 10)).toBeLessThan(5)
      }
    const beyond = await rawClient(trusting.port)
    beyond.write(handshakeText({ lines: [`X-Forwarded-For: ${','.repeat(17_000)}`] }))
    expect((await beyond.answered()).status).toBe(431)
    // Through a proxy the flood stands left of the address that the proxy adds, and nobody reads it.
    for (const way of ['nginx', 'haproxy'] as const)
      expect(await see(trusting, at[way], { from: '127.0.0.41', lines: [`X-Forwarded-For: ${','.repeat(7_000)}`] })).toMatchObject({ status: 401, address: '127.0.0.41' })
  })

  test.each(['direct', 'nginx', 'haproxy'] as const)('[R5] C14: a request behind a refused upgrade is not answered, or judged alone (%s)', async (way) => {
    const { trusting, trustingNobody, at } = stage
    const client = await rawClient(way === 'direct' ? trustingNobody.port : at[way], { localAddress: '127.0.0.42' })
    client.write(`${handshakeText()}GET /admin HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    await client.gone()
    const [first, ...others] = statusesOf(client)
    expect(first).toBe(401)
    // What a proxy makes of it is a request of its own: no such page.
    for (const status of others) expect(status).toBe(404)
    if (way === 'direct') expect(others).toEqual([])
    // A handshake there is judged like any other, and refused.
    const again = await rawClient(way === 'direct' ? trustingNobody.port : at[way], { localAddress: '127.0.0.42' })
    again.write(`${handshakeText()}${handshakeText({ lines: ['Connection: close'] })}`)
    await again.until(() => statusesOf(again).length > 1)
    for (const status of statusesOf(again)) expect(status).toBe(401)
    again.end()
    expect(await see(trusting, at.nginx, { from: '127.0.0.43' })).toMatchObject({ status: 401 })
  })

  test.each(['proxyV1', 'proxyV2'] as const)('[R10] the PROXY protocol is not spoken: what HAProxy sends as %s gets a 400 and lets nobody in', async (way) => {
    const client = await rawClient(stage.at[way])
    client.write(handshakeText())
    const { status, body } = await client.answered()
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'bad_request', status: 400 })
  })

  test('[R10] C15: bytes of the PROXY protocol from any peer get a 400 at once, and the log says what came', async () => {
    const { trusting, trustingNobody } = stage
    const v1 = 'PROXY TCP4 192.0.2.66 192.0.2.1 56324 443\r\n'
    const v2 = Buffer.concat([Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000242c0000201dc0401bb', 'hex')])
    for (const backend of [trusting, trustingNobody])
      for (const preface of [Buffer.from(v1), v2]) {
        const client = await rawClient(backend.port)
        client.write(Buffer.concat([preface, Buffer.from(handshakeText())]))
        const { status, body } = await client.gone()
        expect(status).toBe(400)
        expect(JSON.parse(body)).toMatchObject({ code: 'bad_request' })
        expect(statusesOf(client)).toEqual([400])
      }
    const { stdout } = await trustingNobody.serving.stop()
    const malformed = stdout.split('\n').filter((line) => line.includes('"event":"malformed"'))
    expect(malformed.length).toBeGreaterThan(0)
    for (const line of malformed) expect(line).toContain('PROXY protocol')
    expect(stdout).not.toContain('192.0.2.66')
  })
})
