import { describe, expect, test } from 'vitest'
import { createPush } from '../../dist/index.js'
import type { GateServer } from './gate-server.js'
import { gateServers } from './gate-servers.js'
import { clientFrame, textFrame, type RawClient } from './raw-client.js'

const start = gateServers()

/** Sends frames on an open socket; what the server made of them when all of it was read. */
const send = async (server: GateServer, ...frames: readonly Uint8Array[]) => {
  const client: RawClient = await server.enter()
  client.write(Buffer.concat([...frames]))
  return { client, answer: await client.roundTrip() }
}

test.each([10, 125, 126, 65_535, 65_536, 300_000])('[F1] a push of %i bytes arrives as one whole text frame, not masked', async (bytes) => {
  const server = await start()
  const client = await server.enter()
  const push = createPush('critical', { text: 'س'.repeat(Math.ceil(bytes / 2)) })
  expect(server.gate.sessions.forUser('1').send(push)).toBe(1)
  const { frames, texts } = await client.until(({ frames: all }) => all.length > 1)
  expect(frames[1]).toMatchObject({ opcode: 1, fin: true, masked: false })
  expect(texts[1]).toBe(JSON.stringify({ text: 'س'.repeat(Math.ceil(bytes / 2)) }))
})

test('[F1] [S13] pushes and what ws itself says do not overtake each other', async () => {
  const server = await start()
  const client = await server.enter()
  for (let index = 0; index < 200; index++) {
    server.gate.sessions.forUser('1').send(createPush('critical', { index }))
    if (index % 50 === 0) await client.roundTrip()
  }
  const { texts } = await client.until(({ texts: all }) => all.length === 201)
  expect(texts.slice(1)).toEqual(Array.from({ length: 200 }, (_, index) => JSON.stringify({ index })))
})

const broken: readonly (readonly [name: string, frame: Uint8Array])[] = [
  ['a frame that is not masked', Buffer.from([0x81, 0x01, 0x61])],
  ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0])],
  ['a reserved opcode', clientFrame(3, 'x')],
  ['a continuation of nothing', clientFrame(0, 'x')],
  ['a ping in fragments', clientFrame(9, 'x', false)],
  ['a close code that may not be sent', clientFrame(8, Buffer.from([0x03, 0xed]))],
]

test.each(broken)('[F2] %s is closed with 1002, and nothing behind it is handled', async (_name, frame) => {
  const server = await start()
  const { answer, client } = await send(server, frame, textFrame('"behind"'))
  expect(answer.closeCode).toBe(1002)
  client.end()
  await expect.poll(() => server.ended).toEqual([[expect.any(Number), 'frame_protocol']])
  expect(server.received).toEqual([])
})

test('[F3] a binary message is closed with 1003, and nothing behind it is handled', async () => {
  const server = await start()
  const { answer } = await send(server, textFrame('"before"'), clientFrame(2, 'abc'), textFrame('"behind"'))
  expect(answer.closeCode).toBe(1003)
  expect(answer.closeReason).toMatch(/^frame_wrong_type [0-9a-f-]{36}$/)
  expect(server.received).toEqual(['"before"'])
})

test.each([
  ['a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ['an overlong form', Buffer.from([0xc0, 0x80])],
  ['half a character', Buffer.from([0xf0, 0x90])],
])('[F4] %s is closed with 1007', async (_name, bytes) => {
  const server = await start()
  const { answer, client } = await send(server, clientFrame(1, bytes))
  expect(answer.closeCode).toBe(1007)
  client.end()
  await expect.poll(() => server.ended).toEqual([[expect.any(Number), 'frame_not_utf8']])
})

describe('[F5] [L1] a message of 64 KiB', () => {
  const big = (bytes: number): Buffer => Buffer.concat([Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, bytes >> 16, (bytes >> 8) & 0xff, bytes & 0xff, 0, 0, 0, 0]), Buffer.alloc(bytes, 0x61)])

  test('[F5] is taken, and one byte more is closed with 1009', async () => {
    const server = await start()
    expect((await send(server, big(65_536))).answer.closeCode).toBeUndefined()
    expect(server.received.map((text) => text.length)).toEqual([65_536])
    expect((await send(server, big(65_537))).answer.closeCode).toBe(1009)
  })

  test('[F5] is counted over its fragments', async () => {
    const server = await start()
    const part = (opcode: number, fin: boolean): Buffer => clientFrame(opcode, Buffer.alloc(40_000, 0x61), fin)
    expect((await send(server, part(1, false), part(0, true))).answer.closeCode).toBe(1009)
  })

  test('[F5] is judged by the length that it declares, before any of it has come', async () => {
    const server = await start()
    const client = await server.enter()
    client.write(Buffer.from([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
    expect((await client.closed()).closeCode).toBe(1009)
  })
})

test('[F6] a ping is answered with its own bytes, also between fragments, and the message arrives whole', async () => {
  const server = await start()
  const { answer } = await send(server, clientFrame(1, '"he', false), clientFrame(9, 'between'), clientFrame(0, 'llo"'))
  expect(answer.frames.filter(({ opcode }) => opcode === 10).map(({ payload }) => payload.toString())).toEqual(['between', 'mark 1', 'mark 2'])
  expect(server.received).toEqual(['"hello"'])
})

test('[F6] a close is answered with its code, the connection ends, and the session knows who ended it', async () => {
  const server = await start()
  const client = await server.enter()
  client.write(clientFrame(8, Buffer.from([0x0f, 0xa0])))
  const answer = await client.gone()
  expect(answer.closeCode).toBe(4000)
  await expect.poll(() => server.ended).toEqual([[4000, 'peer']])
})

test.each([
  ['a frame that is too big', Buffer.from('81ff000000000001000100000000', 'hex'), 1009],
  ['an opcode that nobody knows', clientFrame(3, 'x'), 1002],
])('[F2] [F5] H4: a peer that is still sending hears why it is closed: %s', async (_what, fault, code) => {
  const server = await start()
  const client = await server.enter()
  const other = await server.enter()
  client.socket.pause()
  client.write(fault)
  // Each answer to the other one means that the server has dealt with what was written before; a connection that is gone answers a write with a reset.
  for (let round = 0; round < 3; round++) {
    await other.roundTrip()
    client.write(Buffer.alloc(1_024))
  }
  client.socket.resume()
  expect((await client.gone()).closeCode).toBe(code)
  other.end()
  await expect.poll(async () => (await server.counted()).connections).toBe(0)
})

test('[F2] a length in a longer form than it needs is read, but not that of a control frame', async () => {
  const server = await start()
  const { client, answer } = await send(server, Buffer.from('81fe0002000000003132', 'hex'), Buffer.from('81ff0000000000000002000000003334', 'hex'))
  expect([server.received, answer.closeCode]).toEqual([['12', '34'], undefined])
  client.write(Buffer.from('89fe00010000000078', 'hex'))
  expect((await client.closed()).closeCode).toBe(1002)
})
