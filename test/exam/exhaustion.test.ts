import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { deferred } from '../../dist/admission/testing/deferred.js'
import type { User } from '../../dist/index.js'
import { heard, inBatches, seesProcesses, startStage, type Stage } from '../abuse/stage.js'
import { handshakeText, nobody, startGateServer, tokenFor } from '../wire/gate-server.js'
import { clientFrame, rawClient, textFrame, type RawClient } from '../wire/raw-client.js'

// Group H of the catalogue of attacks: resources that a stranger or a client would use up.

const modern = { lines: ['Sec-WebSocket-Protocol: sallyport.v1'] }
const vectors = z.object({ vectors: z.array(z.object({ id: z.string(), send: z.array(z.string()), close: z.array(z.union([z.number(), z.string()])) })) })

describe.skipIf(!seesProcesses)('a running server (when skipped: it reads /proc, which only Linux has)', () => {
  let stage: Stage
  let conversation = ''
  beforeAll(async () => {
    stage = await startStage()
    const list = await stage.enter({ target: '/ws/conversations/', ...modern })
    const { texts } = await list.until((answer) => answer.texts.length > 1)
    conversation = /"id":"([A-Za-z0-9]{10})"/.exec(texts.join(''))?.[1] ?? ''
    list.end()
    await stage.warmUp(1_000)
  })
  afterAll(async () => {
    await stage.close()
  })

  const faults = (): number => ['frame_protocol', 'frame_not_utf8', 'frame_wrong_type', 'frame_too_big'].reduce((sum, reason) => sum + stage.logged('session_closed', reason), 0)

  test('[F2] [F4] [S21] H1: every broken frame on each endpoint is closed as its vector says, with one line, and moves nobody else', async () => {
    const { vectors: all } = vectors.parse(JSON.parse(await readFile(new URL('../vectors/wire/frame-vectors.json', import.meta.url), 'utf8')))
    const broken = all.filter(({ id, close }) => /^F(0\d|1[0-9]|20)/.test(id) && close.every((code) => code === 1002 || code === 1007 || code === 1009))
    expect(broken.length).toBeGreaterThan(20)
    const before = faults()
    await stage.attack(async () => {
      for (const target of ['/ws/customers/', `/ws/chat/${conversation}/`]) {
        for (const { id, send, close } of broken) {
          const client = await stage.enter({ target })
          client.write(Buffer.from(send.join(''), 'hex'))
          const { closeCode } = await client.closed()
          expect(close, `${id} on ${target}`).toContain(closeCode)
          client.end()
        }
      }
    })
    await expect.poll(faults).toBe(before + 2 * broken.length)
  })

  test('[F5] H4: messages that are or say they are too big are closed with 1009 before they are kept', async () => {
    const declared = (bytes: readonly number[]): Buffer => Buffer.from([0x81, 0xff, ...bytes, 0, 0, 0, 0])
    const floods: readonly (readonly [string, Buffer, readonly (number | undefined)[]])[] = [
      ['2^53 declared', declared([0, 0x20, 0, 0, 0, 0, 0, 0]), [1009]],
      ['2^63 declared', declared([0x80, 0, 0, 0, 0, 0, 0, 0]), [1009, 1002]],
      ['200 KB in one frame', Buffer.concat([declared([0, 0, 0, 0, 0, 3, 0x0d, 0x40]), Buffer.alloc(200_000, 0x61)]), [1009, undefined]],
      ['200 KB in fragments', Buffer.concat([clientFrame(1, 'a', false), ...Array.from({ length: 10 }, () => clientFrame(0, Buffer.alloc(20_000, 0x61), false))]), [1009, undefined]],
    ]
    await stage.attack(async () => {
      for (const [name, bytes, codes] of floods) {
        const closes = await Promise.all(
          Array.from({ length: 50 }, async () => {
            const client = await stage.enter()
            client.write(bytes)
            return (await client.gone()).closeCode
          }),
        )
        expect(closes.filter((code) => !codes.includes(code)), name).toEqual([])
      }
    })
  })

  test('H9: an idle authenticated socket that has said something costs at most 16 KiB', async () => {
    const before = await stage.memory()
    const clients: RawClient[] = []
    await inBatches(2_000, 50, async () => {
      const client = await stage.enter(modern)
      client.write(textFrame('{"id":1,"type":"unsubscribe","topic":"customers"}'))
      await client.until(({ texts }) => texts.length > 1)
      clients.push(client)
    })
    expect(await stage.metric('sallyport_sessions')).toBe(2_000)
    const bytes = ((await stage.memory()) - before) * 1_048_576
    expect(bytes / 2_000).toBeLessThan(16 * 1_024)
    for (const client of clients) client.reset()
    await expect.poll(() => stage.metric('sallyport_sessions')).toBe(0)
  })

  const tooMany: readonly (readonly [string, object, RegExp])[] = [
    ['a page of 1e9', { type: 'conversations.list', limit: 1e9 }, /<=100\b/],
    ['a page of -1', { type: 'conversations.list', limit: -1 }, />=1\b/],
    ['a page of 1.5', { type: 'messages.list', limit: 1.5 }, /int/],
    ['an offset of -1', { type: 'subscribe', topic: 'conversations', since: { epoch: 'a', offset: -1 } }, />=0\b/],
    ['501 people', { type: 'presence.watch', ids: Array.from({ length: 501 }, (_, index) => String(index)) }, /<=500\b/],
    ['names of 60 KB', { type: 'subscribe', topic: `conversation:${'a'.repeat(60_000)}` }, /topic/],
  ]
  test.each(tooMany)('H16: %s is refused with a word that names what is allowed, and the socket stays', async (_what, command, allowed) => {
    const client = await stage.enter(modern)
    client.write(textFrame(JSON.stringify({ id: 7, conversation, ...command })))
    const { texts } = await client.until((answer) => answer.texts.some((text) => text.includes('"re":7')))
    expect(JSON.parse(texts.find((text) => text.includes('"re":7')) ?? '')).toMatchObject({ type: 'error', code: expect.stringMatching(/^[a-z_]+$/), message: expect.stringMatching(allowed) })
    expect(texts.join('').length).toBeLessThan(5_000)
    expect((await client.roundTrip()).closeCode).toBeUndefined()
    client.end()
  })

  test('H16: a socket that asks for a thousand topics holds a bounded number of them', async () => {
    const client = await stage.enter(modern)
    client.write(Buffer.concat(Array.from({ length: 1_000 }, (_, index) => textFrame(JSON.stringify({ id: index, type: 'subscribe', topic: `conversation:${String(index).padStart(10, 'a')}` })))))
    const { texts } = await client.until((answer) => answer.closeCode !== undefined || answer.texts.some((text) => text.includes('"re":999,')))
    expect(texts.filter((text) => text.includes('"type":"ok"'))).toEqual([])
    client.end()
  })

  test('H17: input made to be slow costs less than 20 ms a frame', async () => {
    // Each in one table of hashes if the hash of a number is the number: as many as a frame holds.
    const keys = Array.from({ length: 4_700 }, (_, index) => `"${String(index * 65_536)}":0`).join(',')
    const marks = `a${'\u0301\u0316'.repeat(4_999)}`
    const list = (filter: object): object => ({ type: 'conversations.list', filter })
    const slow: readonly (readonly [string, object, string?])[] = [
      ['colliding keys', { type: 'nothing' }, keys],
      ['nested', { type: 'nothing' }, `"a":${'['.repeat(30_000)}${']'.repeat(30_000)}`],
      ['a pattern', list({ search: '%_'.repeat(100) })],
      ['one letter', list({ search: 'a'.repeat(200) })],
      ['marks to look for', list({ search: marks.slice(0, 200) })],
      ['marks to keep', { type: 'message.send', conversation, content: marks }],
    ]
    await stage.attack(async () => {
      const client = await stage.enter(modern)
      let id = 0
      for (const [name, command, more] of slow) {
        const durations: number[] = []
        for (let times = 0; times < 8; times += 1) {
          id += 1
          const fields = JSON.stringify({ id, key: `slow-${String(id)}`, ...command })
          const startedAt = performance.now()
          client.write(textFrame(more === undefined ? fields : `${fields.slice(0, -1)},${more}}`))
          const answer = `"re":${String(id)},`
          expect((await client.until(({ texts }) => texts.some((text) => text.includes(answer)))).closeCode, name).toBeUndefined()
          durations.push(performance.now() - startedAt)
        }
        // The shortest: others share this machine.
        expect(Math.min(...durations), name).toBeLessThan(20)
      }
      client.end()
    })
  })

  test('[A8] [R4] H21: 1,000 sockets that are cut at once come back at once, and all are in again; whoever is told to wait is told how long', async () => {
    await stage.attack(async () => {
      const handshakes = await Promise.all(['1', '2', '3'].map(async (user) => handshakeText({ token: await stage.token(user), ...modern })))
      const told = new Set<number>()
      const open = async (index: number): Promise<RawClient> => {
        const client = await rawClient(stage.port)
        client.write(handshakes[index % handshakes.length] ?? '')
        const { status, head } = await client.answered()
        told.add(status)
        if (status === 101) return client
        // A server that is late on a machine with other work says so; nothing else is said to anybody.
        expect([status, head]).toEqual([503, expect.stringMatching(/\r\nRetry-After: [1-9]\d*\r\n/)])
        return open(index)
      }
      const clients: RawClient[] = []
      await inBatches(1_000, 50, async (index) => {
        clients.push(await open(index))
      })
      for (const client of clients) client.reset()
      const back = await Promise.all(clients.map((_, index) => open(index)))
      expect(await stage.metric('sallyport_sessions')).toBeGreaterThanOrEqual(1_000)
      expect(told.has(101)).toBe(true)
      for (const client of back) client.reset()
    })
  })

  test('[A23] [R5] [F2] H14: four thousand hostile connections of all kinds at once leave nothing behind', async () => {
    const good = await stage.token()
    const open = handshakeText({ token: good })
    const attacks: readonly (readonly [string, ...Uint8Array[]])[] = [
      [open, Buffer.from([0xc1, 0x85, 0, 0, 0, 0, 1, 2, 3, 4, 5])],
      [open, Buffer.from([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
      [open, ...Array.from({ length: 200 }, () => clientFrame(0, 'x', false))],
      [open, ...Array.from({ length: 300 }, () => clientFrame(9))],
      [open, textFrame('['.repeat(60_000))],
      [open, clientFrame(1, Buffer.alloc(40_000, 0x61), false)],
      [open.slice(0, 100)],
      [handshakeText({ token: `${good.slice(0, -6)}AAAAAA` })],
      [handshakeText({ token: 'a'.repeat(9_000) })],
      [handshakeText({ lines: [`X-A: ${'a'.repeat(17_000)}`] })],
      ['GET / HTTP/1.0\r\n\r\n'],
      [''],
    ]
    await stage.attack(async () => {
      await inBatches(4_000, 400, async (index) => {
        const socket = await stage.connect()
        const gone = heard(socket)
        const [head, ...frames] = attacks[index % attacks.length] ?? ['']
        socket.write(Buffer.concat([Buffer.from(head, 'latin1'), ...frames]))
        // Some leave at once, some when they were answered, some have to be told.
        if (index % 3 === 0) socket.resetAndDestroy()
        else if (index % 3 === 1) socket.once('data', () => socket.destroy())
        setTimeout(() => socket.destroy(), 200)
        await gone
      })
    })
  })
})

test('[A22] H8: what 500 peers send while they are decided about is left in the kernel', async () => {
  const user = deferred<User | undefined>()
  let asked = 0
  const server = await startGateServer({
    refusals: 'http',
    deadlines: { userMs: 15_000, handshakeMs: 15_000 },
    lookupUser() {
      asked += 1
      return user.promise
    },
  })
  const before = process.memoryUsage().arrayBuffers
  const frame = clientFrame(2, Buffer.alloc(60_000))
  const clients = await Promise.all(Array.from({ length: 500 }, async (_, index) => server.knock({ token: await tokenFor({ subject: String(index) }) })))
  await expect.poll(() => asked).toBe(500)
  for (const client of clients) for (let frames = 0; frames < 10; frames += 1) client.write(frame)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(server.received).toEqual([])
  // 300 MB were sent; a socket may hold what one read brought.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500 * 2 * 65_536)
  for (const client of clients) {
    expect(client.answer.status).toBe(0)
    client.reset()
  }
  user.resolve(undefined)
  await expect.poll(() => server.counted()).toEqual(nobody)
  await server.close()
})
