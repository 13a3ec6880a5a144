import { createHash } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { deflateRawSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { holdOpen } from './hold-open.js'
import { knock } from './knock.js'

const open = new Set<Server>()
const sockets = new Set<Socket>()
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of open) server.close()
  open.clear()
  sockets.clear()
})

interface Hostile {
  readonly url: URL
  /** Bytes that were taken from it. */
  readonly taken: () => number
  readonly asked: () => string
}

/** A server that answers a request as it likes, and never ends a connection. */
const hostile = (answer: (socket: Socket, request: string) => void): Promise<Hostile> =>
  new Promise((resolve) => {
    let asked = ''
    let taken = 0
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        taken += socket.bytesWritten
        sockets.delete(socket)
      })
      socket.once('data', (bytes) => {
        asked += bytes.toString()
        answer(socket, bytes.toString())
      })
    })
    open.add(server)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address === null || typeof address === 'string' ? 0 : address.port
      resolve({ url: new URL(`http://127.0.0.1:${String(port)}/ws/`), taken: () => taken + [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0), asked: () => asked })
    })
  })

/** Writes the same bytes for as long as somebody takes them. */
const forEver = (socket: Socket, bytes: Buffer): void => {
  const more = (): void => {
    while (!socket.destroyed) if (!socket.write(bytes)) break
  }
  socket.on('drain', more)
  more()
}

const accept = (socket: Socket, request: string, extensions = ''): void => {
  const key = /^sec-websocket-key: *(.*)\r$/im.exec(request)?.[1] ?? ''
  const accepted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\nSec-WebSocket-Protocol: sallyport.v1\r\n${extensions}\r\n`)
}

const options = { token: 'the-token', headers: {}, pongWithinMs: 200, waitMs: 400 }
const taken = (server: Hostile): number => server.taken() / 2 ** 20

test('K12: a frame that says it has a gigabyte is refused by its length, and what follows it is not kept', async () => {
  const server = await hostile((socket, request) => {
    accept(socket, request)
    const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0])
    socket.write(head)
    forEver(socket, Buffer.alloc(1024 * 1024))
  })
  expect(await holdOpen(server.url, { ...options, pongWithinMs: 20_000, waitMs: 20_000 })).toMatchObject({ end: 'cut' })
  expect(taken(server)).toBeLessThan(64)
})

test('K12: a message of fragments that never ends is cut when it is larger than any of ours', async () => {
  const server = await hostile((socket, request) => {
    accept(socket, request)
    const fragment = Buffer.concat([Buffer.from([0x00, 126, 0xff, 0xff]), Buffer.alloc(0xffff)])
    socket.write(Buffer.concat([Buffer.from([0x02, 126, 0xff, 0xff]), Buffer.alloc(0xffff)]))
    forEver(socket, fragment)
  })
  expect(await holdOpen(server.url, { ...options, pongWithinMs: 20_000, waitMs: 20_000 })).toMatchObject({ end: 'cut' })
  expect(taken(server)).toBeLessThan(64)
})

test('K12: a bomb of compression is cut when it has unfolded to more than any message of ours', async () => {
  const bomb = deflateRawSync(Buffer.alloc(90 * 1024 * 1024))
  const server = await hostile((socket, request) => {
    accept(socket, request, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    const head = Buffer.from([0xc2, 127, 0, 0, 0, 0, 0, 0, 0, 0])
    head.writeUInt32BE(bomb.length, 6)
    socket.write(Buffer.concat([head, bomb]))
  })
  expect(await holdOpen(server.url, { ...options, pongWithinMs: 20_000, waitMs: 20_000 })).toMatchObject({ end: 'cut' })
})

test('K12: a server that talks without end and never pings is left when the time is over', async () => {
  const server = await hostile((socket, request) => {
    accept(socket, request)
    // Many words at a time: word by word the server would be busy for seconds until the operating system takes no more.
    forEver(socket, Buffer.alloc(16 * 1024).fill(Buffer.from([0x81, 2, 0x68, 0x69])))
  })
  expect(await holdOpen(server.url, options)).toMatchObject({ end: 'waited', pongMs: undefined })
})

test('K12: a redirect takes no token to another server', async () => {
  const other = await hostile((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
  const server = await hostile((socket) => socket.write(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${other.url.href}\r\nContent-Length: 0\r\n\r\n`))
  expect(await holdOpen(server.url, options)).toMatchObject({ end: 'cut', failure: 'it was refused with HTTP 307' })
  expect(await knock(server.url, { Host: server.url.host, Authorization: 'Bearer the-token' })).toMatchObject({ answered: true, status: 307 })
  expect(server.asked()).toContain('the-token')
  expect(other.asked()).toBe('')
})

test('K12: of an answer that never ends no more is read than its head', async () => {
  const server = await hostile((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    forEver(socket, Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`))
  })
  expect(await knock(server.url, { Host: server.url.host })).toMatchObject({ answered: true, status: 200 })
  await expect.poll(() => sockets.size).toBe(0)
  expect(taken(server)).toBeLessThan(64)
})
