import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { handshakeText, nobody, page, startGateServer, tokenFor, type GateServer } from '../wire/gate-server.js'
import { rawClient, textFrame } from '../wire/raw-client.js'

/** Lets what was written reach the server's loop, which is this one. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const goodClientIsLetIn = async (server: GateServer): Promise<void> => {
  const client = await server.enter()
  expect((await client.roundTrip()).closeCode).toBeUndefined()
  client.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
}

const inBatches = async (count: number, size: number, work: (index: number) => Promise<void>): Promise<void> => {
  for (let from = 0; from < count; from += size) await Promise.all(Array.from({ length: Math.min(size, count - from) }, (_, index) => work(from + index)))
}

describe.each([{ fastLane: true }, { fastLane: false }])('with fastLane $fastLane', ({ fastLane }) => {
  let server: GateServer
  let handshake = Buffer.alloc(0)
  beforeEach(async () => {
    server = await startGateServer({ fastLane })
    // A short token keeps the handshake short; every byte of it is a case.
    handshake = Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor({ tokenId: 'a' }), origin: page }), 'latin1'), textFrame('"hello"')])
  })
  afterEach(async () => {
    await server.close()
  })

  test('[A23] a reset after every byte of the handshake harms nobody', async () => {
    await inBatches(handshake.length + 1, 20, async (length) => {
      const client = await rawClient(server.port)
      client.write(handshake.subarray(0, length))
      if (length % 2 === 0) await turn()
      client.reset()
      await client.gone()
    })
    await expect.poll(() => server.counted()).toEqual(nobody)
    expect(server.failures).toEqual([])
    await goodClientIsLetIn(server)
  })

  test('[A23] an end after every byte of the handshake harms nobody', async () => {
    await inBatches(handshake.length + 1, 20, async (length) => {
      const client = await rawClient(server.port)
      client.write(handshake.subarray(0, length))
      client.socket.end()
      await turn()
      client.end()
    })
    await expect.poll(() => server.counted()).toEqual(nobody)
    await goodClientIsLetIn(server)
  })

  test('[A23] who ends the connection within the header block is not answered', async () => {
    const client = await rawClient(server.port)
    client.write(handshake.subarray(0, 60))
    client.socket.end()
    await client.gone()
    expect([client.received, server.malformed]).toEqual(['', ['HPE_INVALID_EOF_STATE']])
  })

  test('[A22] a handshake that comes in two pieces is let in, wherever it is split, and its first frame is handled once', async () => {
    await inBatches(handshake.length - 1, 20, async (index) => {
      const client = await rawClient(server.port)
      client.write(handshake.subarray(0, index + 1))
      await turn()
      await turn()
      client.write(handshake.subarray(index + 1))
      const answer = await client.until(({ texts, bodyIsWhole, closeCode }) => texts.length > 0 || bodyIsWhole || closeCode !== undefined)
      expect(answer.status, `split after ${String(index + 1)} bytes`).toBe(101)
      await client.roundTrip()
      client.reset()
    })
    expect(server.received).toHaveLength(handshake.length - 1)
    await expect.poll(() => server.counted()).toEqual(nobody)
    await goodClientIsLetIn(server)
  })

  test('[A23] a reset at the moment of being let in, refused or closed harms nobody', async () => {
    const token = await tokenFor()
    await inBatches(120, 20, async (index) => {
      const client = await server.knock(index % 3 === 0 ? { token } : index % 3 === 1 ? { token: 'hello' } : { token: 'hello', origin: page })
      for (let turns = 0; turns < index % 5; turns++) await turn()
      client.reset()
      await client.gone()
    })
    await expect.poll(() => server.counted()).toEqual(nobody)
    await goodClientIsLetIn(server)
  })
})
