import type { Socket } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handshakeText } from '../wire/gate-server.js'
import { clientFrame, textFrame } from '../wire/raw-client.js'
import { heard, inBatches, seesProcesses, startStage, type Stage } from './stage.js'

/** Lets what was written leave, and what came be read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The same frame with RSV1, as the first of a compressed message has it. */
const compressed = (frame: Buffer): Buffer => {
  frame.writeUInt8(frame.readUInt8(0) | 0x40, 0)
  return frame
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0)
const count = <T>(all: readonly T[], one: T): number => all.filter((value) => value === one).length

describe.skipIf(!seesProcesses).each([{ fastLane: 'true' }, { fastLane: 'false' }])('a server with listen.fastLane=$fastLane (when skipped: it reads /proc, which only Linux has)', ({ fastLane }) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage({ SALLYPORT_LISTEN_FAST_LANE: fastLane })
    // What the process allocates once, for as many connections as come at the same time, is no leak.
    await stage.warmUp(2_000)
  })
  afterAll(async () => {
    await stage.close()
  })

  test('[A24] H6: 2,000 half-open handshakes, mute, cut short and byte by byte, each end at the deadline with 408 and one line', async () => {
    const handshake = handshakeText({ token: await stage.token() })
    const dripping = new Set<Socket>()
    const statuses = await stage.attack(async () => {
      const answers: Promise<string>[] = []
      await inBatches(2_000, 100, async (index) => {
        const socket = await stage.connect()
        answers.push(heard(socket))
        if (index % 4 === 1) socket.write(handshake.slice(0, 60))
        if (index % 4 === 2) dripping.add(socket)
        if (index % 4 === 3) socket.write(handshake.slice(0, -2))
      })
      const connectedAt = performance.now()
      let at = 0
      const drip = setInterval(() => {
        for (const socket of dripping) if (socket.writable) socket.write(handshake.slice(at, at + 1))
        at += 1
      }, 250)
      const all = (await Promise.all(answers)).map(statusOf)
      clearInterval(drip)
      // 5 s, half a second for the check, and the time it takes to see them all off. A deadline that a byte puts off would take minutes.
      expect(performance.now() - connectedAt).toBeLessThan(30_000)
      return all
    })
    expect(count(statuses, 408)).toBe(2_000)
    // Those of the warm-up are counted as well.
    await expect.poll(() => stage.logged('malformed', 'bad_request')).toBe(2_000 + 2_000)
  })

  test('[S19] a frame that comes byte by byte costs at most 1,024 pieces, and then its socket', async () => {
    const before = stage.logged('session_closed', 'frame_too_big')
    await stage.attack(async () => {
      const client = await stage.enter()
      client.write(Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]))
      for (let sent = 0; sent < 60_000 && client.answer.closeCode === undefined && !client.answer.ended; sent += 1) {
        client.write('a')
        // By the time somebody else is answered it has been read: bytes that wait together are one piece.
        await (await fetch(`${stage.server.publicUrl}/livez`)).text()
      }
      expect((await client.gone()).closeCode).toBe(1008)
    })
    await expect.poll(() => stage.logged('session_closed', 'frame_too_big')).toBe(before + 1)
  })

  test('[S19] fifty messages in endless fragments are closed with 1008 and leave no memory behind', async () => {
    const before = stage.logged('session_closed', 'frame_too_big')
    const fragments = Buffer.concat([clientFrame(1, 'a', false), ...Array.from({ length: 16_000 }, () => clientFrame(0, 'a', false))])
    await stage.attack(async () => {
      const codes = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const client = await stage.enter()
          client.write(fragments)
          return (await client.gone()).closeCode
        }),
      )
      expect(count(codes, 1008)).toBe(50)
    })
    await expect.poll(() => stage.logged('session_closed', 'frame_too_big')).toBe(before + 50)
  })

  test.each([
    ['pings of 125 bytes', clientFrame(9, 'x'.repeat(125))],
    ['pongs nobody asked for', clientFrame(10)],
  ])('[S20] H15: a flood of %s ends its socket, with one line', async (_what, frame) => {
    const before = stage.logged('session_closed', 'too_many_messages')
    await stage.attack(async () => {
      const client = await stage.enter()
      client.write(Buffer.concat(Array.from({ length: 10_000 }, () => frame)))
      const { closeCode } = await client.gone()
      expect([undefined, 4429]).toContain(closeCode)
    })
    await expect.poll(() => stage.logged('session_closed', 'too_many_messages')).toBe(before + 1)
  })

  test('[F2] [S21] H3 B10: compression is declined, and a bomb of 90 MiB that comes all the same is closed with 1002 unread', async () => {
    const bomb = deflateRawSync(Buffer.alloc(90 * 1024 * 1024))
    const before = stage.logged('session_closed', 'frame_protocol')
    const peak = await stage.attack(async () => {
      const codes: (number | undefined)[] = []
      const start = await stage.resident()
      let most = start
      for (let round = 0; round < 10; round += 1) {
        const client = await stage.enter({ lines: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] })
        expect(client.answer.head.toLowerCase()).not.toContain('sec-websocket-extensions')
        client.write(Buffer.concat([Buffer.from([0xc1, 0xff, 0, 0, 0, 0, 0, bomb.length >> 16, (bomb.length >> 8) & 0xff, bomb.length & 0xff, 0, 0, 0, 0]), bomb]))
        codes.push((await client.gone()).closeCode)
        most = Math.max(most, await stage.resident())
      }
      // A reset may overtake the close frame, as the peer has more to say than anybody wants to read.
      expect(codes.every((code) => code === 1002 || code === undefined)).toBe(true)
      return most - start
    })
    expect(peak).toBeLessThan(40)
    await expect.poll(() => stage.logged('session_closed', 'frame_protocol')).toBe(before + 10)
  })

  test.each([
    ['split over fragments', (bomb: Buffer) => [compressed(clientFrame(1, bomb.subarray(0, 20_000), false)), clientFrame(0, bomb.subarray(20_000, 60_000), false), clientFrame(0, bomb.subarray(60_000))]],
    ['after 1,000 good messages', (bomb: Buffer) => [...Array.from({ length: 1_000 }, () => textFrame('{"type":"nothing"}')), compressed(clientFrame(1, bomb.subarray(0, 60_000)))]],
    ['begun by a plain fragment', (bomb: Buffer) => [clientFrame(1, 'a', false), compressed(clientFrame(0, bomb.subarray(0, 60_000)))]],
  ])('[F2] [S21] H3: a bomb %s is closed with 1002 as well, and costs at most 5 MiB a socket', async (_how, framesOf) => {
    const bomb = deflateRawSync(Buffer.alloc(90 * 1024 * 1024))
    const before = stage.logged('session_closed', 'frame_protocol')
    const peak = await stage.attack(async () => {
      const start = await stage.resident()
      let most = start
      await inBatches(10, 5, async () => {
        const client = await stage.enter()
        client.write(Buffer.concat(framesOf(bomb)))
        expect([1002, undefined]).toContain((await client.gone()).closeCode)
        most = Math.max(most, await stage.resident())
      })
      return most - start
    })
    expect(peak).toBeLessThan(5 * 10)
    await expect.poll(() => stage.logged('session_closed', 'frame_protocol')).toBe(before + 10)
  })

  test('[S6] [S10] H12: three peers that ask and never read are closed with one line each, at a bounded cost', async () => {
    const before = stage.logged('session_closed', 'slow_consumer')
    const peak = await stage.attack(async () => {
      const start = await stage.resident()
      let most = start
      const ask = textFrame(JSON.stringify({ id: 1, type: 'conversations.list' }))
      const clients = await Promise.all(Array.from({ length: 3 }, () => stage.enter({ lines: ['Sec-WebSocket-Protocol: sallyport.v1'] })))
      for (const client of clients) {
        client.socket.pause()
        // More answers than the kernel's buffers and ours take together.
        client.write(Buffer.concat(Array.from({ length: 3_000 }, () => ask)))
      }
      await expect.poll(async () => {
        most = Math.max(most, await stage.resident())
        return stage.logged('session_closed', 'slow_consumer') - before
      }).toBe(3)
      for (const client of clients) client.end()
      return most - start
    })
    // 1 MiB of backlog, a page, and the messages of one read for each of them; and the 16 MiB of pages that each worker of the database keeps.
    expect(peak).toBeLessThan(110)
  })

  test('[A24] C12: header floods end with 431 as soon as they are over their limit, and nothing behind it is kept', async () => {
    const before = stage.logged('malformed', 'bad_request')
    const tooMany = handshakeText({ lines: Array.from({ length: 1_500 }, (_, index) => `X-${String(index)}: a`) })
    const endless = [`GET /ws/ HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(10_000_000)}`, `GET /ws/ HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(1_000_000)}`]
    const flood = (text: string): Promise<readonly number[]> =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = await stage.connect()
          const answer = heard(socket)
          socket.write(text)
          return statusOf(await answer)
        }),
      )
    await stage.attack(async () => {
      expect(count(await flood(tooMany), 431)).toBe(20)
      // Who has more to say than anybody reads may lose its answer to a reset.
      for (const text of endless) expect((await flood(text)).filter((status) => status !== 431 && status !== 0)).toEqual([])
    })
    await expect.poll(() => stage.logged('malformed', 'bad_request')).toBe(before + 60)
  })

  test('[R5] [L4] G5 G12: 3,000 refused handshakes of every kind, and peers that leave at any moment, hold nothing and fill no log', async () => {
    const good = await stage.token()
    const startedAt = performance.now()
    const before = stage.lines().length
    const kinds = [
      handshakeText({ token: `${good.slice(0, -6)}AAAAAA` }),
      handshakeText({ token: await stage.token('99') }),
      handshakeText({ token: good, target: '/nowhere/' }),
      handshakeText({ token: good, target: '/ws/chat/AAAAAAAAAA/' }),
      handshakeText({}),
      handshakeText({ token: good, lines: ['Content-Length: 5'] }),
      'GARBAGE\r\n\r\n',
      handshakeText({ token: good }),
    ]
    const statuses = await stage.attack(async () => {
      const all: number[] = []
      await inBatches(3_000, 50, async (index) => {
        const socket = await stage.connect()
        const answer = heard(socket)
        socket.write(kinds[index % kinds.length] ?? '')
        if (index % 3 === 0) {
          if (index % 2 === 0) await turn()
          socket.resetAndDestroy()
        } else if (index % kinds.length === kinds.length - 1) socket.write(clientFrame(8, Buffer.from([0x03, 0xe8])))
        all.push(statusOf(await answer))
      })
      return all
    })
    expect(count(statuses, 401)).toBeGreaterThan(500)
    expect(count(statuses, 404)).toBeGreaterThan(300)
    expect(count(statuses, 101)).toBeGreaterThan(100)
    expect(statuses.filter((status) => ![0, 101, 400, 401, 404, 503].includes(status))).toEqual([])
    // Of each kind a seventh of 1,000 in ten seconds, less the line that tells the count of the others: see sampler.ts. Nearly four hundred came of most.
    const windows = 1 + Math.ceil((performance.now() - startedAt) / 10_000)
    const written = new Map<string, number>()
    for (const { event, reason = '' } of stage.lines().slice(before)) written.set(`${event} ${reason}`, (written.get(`${event} ${reason}`) ?? 0) + 1)
    expect([...written].filter(([, lines]) => lines > 142 * windows)).toEqual([])
  })
})
