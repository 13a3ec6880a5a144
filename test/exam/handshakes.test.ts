import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { deferred } from '../../dist/admission/testing/deferred.js'
import type { User } from '../../dist/index.js'
import { shortestMs } from '../../dist/protocol/testing/shortest-ms.js'
import { seesProcesses, startStage, type Line, type Stage } from '../abuse/stage.js'
import { handshakeText, nobody, page, startGateServer, tokenFor } from '../wire/gate-server.js'
import { clientFrame, rawClient, textFrame, type Answer } from '../wire/raw-client.js'

// Group C of the catalogue of attacks: malformed handshakes, against a server as operators run it.

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
const plain = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', key]

describe.skipIf(!seesProcesses)('a running server (when skipped: it reads /proc, which only Linux has)', () => {
  let stage: Stage
  let token = ''
  beforeAll(async () => {
    stage = await startStage({ SALLYPORT_CARRIERS: 'header,subprotocol,query,first-frame' })
    token = await stage.token()
  })
  afterAll(async () => {
    await stage.close()
  })

  /** The answer to some bytes; when it is a socket, as it is after a round trip. */
  const said = async (bytes: string): Promise<Answer> => {
    const client = await rawClient(stage.port)
    client.write(bytes)
    const { status } = await client.answered()
    const answer = status === 101 ? await client.roundTrip() : await client.gone()
    client.end()
    // A server whose loop is late on a machine with other work wants to be asked again.
    return answer.status === 503 ? said(bytes) : answer
  }
  const request = (line: string, fields: readonly string[] = plain): string => [line, ...fields, `Authorization: Bearer ${token}`, '', ''].join('\r\n')
  const get = (fields?: readonly string[]): string => request('GET /ws/customers/ HTTP/1.1', fields)
  const goodClientIsLetIn = async (): Promise<void> => {
    expect(await said(get())).toMatchObject({ status: 101, closeCode: undefined })
  }
  const aboveInfo = (from: number): readonly Line[] => stage.lines().slice(from).filter(({ level }) => level !== 'info' && level !== 'debug')
  const isOurs = ({ head, body }: Answer): void => {
    expect(head).toMatch(/\r\nConnection: (?:Upgrade, )?close\r\n/i)
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(300)
    expect(body).not.toMatch(/at .*\.js|node:|<html/i)
  }

  test('[A2] C1: clients of other make are let in, with and without an offer of compression', async () => {
    for (const perMessageDeflate of [true, false]) {
      const socket = new WebSocket(`${stage.server.socketUrl}/ws/customers/`, { perMessageDeflate, headers: { authorization: `Bearer ${token}` } })
      await new Promise((resolve, reject) => {
        socket.on('message', resolve)
        socket.on('error', reject)
      })
      expect(socket.extensions).toBe('')
      socket.terminate()
    }
    expect((await said(get(plain.with(1, 'Connection: keep-alive, Upgrade').with(2, 'Upgrade: WebSocket')))).status).toBe(101)
    expect((await fetch(`${stage.server.publicUrl}/livez`)).status).toBe(200)
  })

  test('[A2] [R4] C2: other methods are refused, and 405 says which one is allowed', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PATCH']) {
      const answer = await said(request(`${method} /ws/customers/ HTTP/1.1`))
      expect([answer.status, answer.head], method).toEqual([405, expect.stringMatching(/\r\nAllow: GET\b/i)])
      isOurs(answer)
    }
    expect((await said('CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(405)
    await goodClientIsLetIn()
  })

  test.each([
    ['no Upgrade', plain.filter((line) => !line.startsWith('Upgrade')), 426],
    ['another upgrade', plain.with(2, 'Upgrade: h2c'), 426],
    ['Connection without Upgrade', plain.with(1, 'Connection: keep-alive'), 426],
    ['no key', plain.slice(0, 4), 400],
    ['a key of 17 bytes', plain.with(4, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA='), 400],
    ['a key that is not base64', plain.with(4, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!=='), 400],
    ['two keys', [...plain, key], 400],
  ])('[A2] C4: %s is refused', async (_what, fields, status) => {
    const answer = await said(get(fields))
    expect(answer.status).toBe(status)
    isOurs(answer)
  })

  test.each([['Sec-WebSocket-Version: 99'], ['Sec-WebSocket-Version: 8, 13'], ['Sec-WebSocket-Version: '], ['X-No-Version: 13']])('[A2] [R4] C5: %s is answered with 426 that names 13', async (line) => {
    const answer = await said(get(plain.with(3, line)))
    expect([answer.status, answer.head]).toEqual([426, expect.stringMatching(/\r\nSec-WebSocket-Version: 13\b/i)])
  })

  test('[A2] C8: no name in a target or a Host makes the server call anybody', async () => {
    let called = 0
    const trap = createServer((socket) => {
      called += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
    const address = trap.address()
    const host = `127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`
    expect((await said(request(`GET http://${host}/ws/customers/ HTTP/1.1`))).status).toBe(400)
    expect((await said(request(`GET //${host}/ws/customers/ HTTP/1.1`))).status).toBe(400)
    expect((await said(get(plain.with(0, `Host: ${host}`)))).status).toBe(101)
    // Whoever calls does so before the round trip of a later client.
    await goodClientIsLetIn()
    expect(called).toBe(0)
    trap.close()
  })

  test.each([
    ['a length and chunks', get([...plain, 'Content-Length: 4', 'Transfer-Encoding: chunked'])],
    ['a length twice', get([...plain, 'Content-Length: 0', 'Content-Length: 4'])],
    ['chunks', get([...plain, 'Transfer-Encoding: chunked'])],
    ['bare line feeds', `${get().replaceAll('\r\n', '\n')}\r\n\r\n`],
    ['a folded field', get([...plain, 'X-A: b\r\n c'])],
    ['a space before a colon', get([...plain, 'X-A : b'])],
    ['a NUL in a field', get([...plain, 'X-A: b\0c'])],
    ['a NUL in the target', request('GET /ws/\0 HTTP/1.1')],
    ['a target of 20 KB', request(`GET /ws/?${'a'.repeat(20_000)} HTTP/1.1`)],
    ['two Hosts', get([...plain, 'Host: b'])],
  ])('[A2] [R10] C9: %s smuggles nothing', async (_what, bytes) => {
    const answer = await said(`${bytes}GET /livez HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect([400, 414, 431]).toContain(answer.status)
    isOurs(answer)
    expect(answer.body).not.toContain('live')
    await goodClientIsLetIn()
  })

  test.each([
    'Sec-WebSocket-Extensions: constructor',
    'Sec-WebSocket-Extensions: permessage-deflate; __proto__=1',
    'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7',
    'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    `Sec-WebSocket-Extensions: ${'a;'.repeat(7_000)}`,
    `Sec-WebSocket-Protocol: ${'a,'.repeat(6_900)}`,
    `Sec-WebSocket-Protocol: a${' '.repeat(13_800)}b`,
    'constructor: a\r\n__proto__: b\r\ntoString: c',
  ])('[A2] [A3] C12: %s is let in without an extension or refused, at once', async (line) => {
    const ask = async (): Promise<void> => {
      const { status, head } = await said(get([...plain, line]))
      expect([101, 400, 431]).toContain(status)
      expect(head.toLowerCase()).not.toContain('sec-websocket-extensions')
    }
    // Two round trips: the bound catches what is quadratic.
    expect(await shortestMs(ask, 3)).toBeLessThan(1_000)
    await goodClientIsLetIn()
  })

  test('[R10] C15: hellos of other protocols are refused, and no line of the log is above info', async () => {
    const before = stage.lines().length
    const ids: unknown[] = []
    for (const bytes of ['\u0016\u0003\u0001\u0000\u00c8\u0001\u0000\u0000\u00c4\u0003\u0003', 'SSH-2.0-OpenSSH_9.2\r\n', 'EHLO a\r\n', '\0\0\0\0\r\n\r\n']) {
      const client = await rawClient(stage.port)
      client.write(bytes)
      const { status, body } = await client.gone()
      expect(status).toBe(400)
      ids.push(z.looseObject({ decisionId: z.string() }).parse(JSON.parse(body)).decisionId)
    }
    // A line may come behind its answer; each is waited for, so that none falls into what another statement counts.
    await expect.poll(() => stage.lines().map(({ decisionId }) => decisionId)).toEqual(expect.arrayContaining(ids))
    expect(aboveInfo(before)).toEqual([])
  })

  test('[O10] C15 H15: whoever breaks the first frame is told why, and no line of the log is above info', async () => {
    const before = stage.lines().length
    const broken = [Buffer.from([0x81, 0x01, 0x41]), Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), clientFrame(1, Buffer.from([0xff])), clientFrame(2, 'a'), clientFrame(1, 'a'.repeat(4_097)), ...[9, 10].map((opcode) => Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(opcode))))]
    for (const frames of broken) {
      const client = await rawClient(stage.port)
      client.write(handshakeText({ lines: ['Sec-WebSocket-Protocol: sallyport.v1'] }))
      await client.answered()
      client.write(frames)
      expect([1002, 1003, 1007, 1009, 4429, undefined]).toContain((await client.closed()).closeCode)
      client.end()
    }
    await expect.poll(() => stage.lines().slice(before).filter(({ event }) => event === 'admission').length).toBe(broken.length)
    expect(aboveInfo(before)).toEqual([])
  })

  test('[R4] C16: ordinary HTTP on the path of a socket is answered with 426 that names websocket', async () => {
    for (const path of ['/ws/customers/', '/ws/customers', '/ws/chat/AAAAAAAAAA/']) {
      const response = await fetch(`${stage.server.publicUrl}${path}`)
      expect([response.status, response.headers.get('upgrade'), response.headers.get('content-type')]).toEqual([426, 'websocket', 'application/problem+json'])
    }
  })

  test('[A2] [R10] C17: HTTP/2 is refused, asked for by its preface or by an upgrade', async () => {
    expect((await said('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0')).status).toBe(400)
    expect((await said(get(['Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA']))).status).toBe(426)
    await goodClientIsLetIn()
  })
})

test.each([1, 100, 10_000])('[A22] C11: %i frames in the same segment as the handshake wait for a slow look-up, then all come in their order', async (frames) => {
  const user = deferred<User | undefined>()
  let asked = 0
  const server = await startGateServer({
    lookupUser() {
      asked += 1
      return user.promise
    },
  })
  try {
    const client = await rawClient(server.port)
    const texts = Array.from({ length: frames }, (_, index) => JSON.stringify(index))
    client.write(Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor() })), ...texts.map(textFrame)]))
    await expect.poll(() => asked).toBe(1)
    expect(server.received).toEqual([])
    user.resolve({ id: '1', active: true })
    await client.answered()
    await expect.poll(() => server.received.length).toBe(frames)
    expect(server.received).toEqual(texts)
    client.end()
    await expect.poll(() => server.counted()).toEqual(nobody)
  } finally {
    await server.close()
  }
})

test.each([100, 10_000])('[A22] C11: of %i frames that came with a refused handshake none is acted on', async (frames) => {
  for (const refusals of ['http', 'close'] as const) {
    const server = await startGateServer({ refusals, lookupUser: async () => Promise.resolve(undefined) })
    const client = await rawClient(server.port)
    client.write(Buffer.concat([Buffer.from(handshakeText({ token: await tokenFor(), origin: page })), ...Array.from({ length: frames }, () => textFrame('"late"'))]))
    await client.gone()
    await expect.poll(() => server.counted()).toEqual(nobody)
    expect([server.received, server.failures]).toEqual([[], []])
    await server.close()
  }
})
