import { WebSocket } from 'ws'
import type { HeldSocket } from './evidence.js'

export interface HoldOptions {
  readonly token: string
  readonly headers: Readonly<Record<string, string>>
  /** How long our own ping may take. */
  readonly pongWithinMs: number
  /** How long the server's ping is waited for; 0 does not wait. */
  readonly waitMs: number
}

/** Opens a socket with a token, pings once, and then says nothing until the server pings, the socket is cut, or the time is over. Never rejects. */
export const holdOpen = (url: URL, { token, headers, pongWithinMs, waitMs }: HoldOptions): Promise<HeldSocket> =>
  new Promise((resolve) => {
    const address = new URL(url)
    address.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(address, ['sallyport.v1'], {
      headers: { ...headers, Authorization: `Bearer ${token}` },
      perMessageDeflate: true,
      handshakeTimeout: 10_000,
      // A page of ours has at most 4 MiB; who sends more is not us, and nothing of it is kept.
      maxPayload: 8 * 1024 * 1024,
      followRedirects: false,
    })
    let openedAt = 0
    let pongMs: number | undefined
    let timer: NodeJS.Timeout | undefined
    const end = (how: HeldSocket['end'], failure?: string): void => {
      clearTimeout(timer)
      const afterMs = openedAt === 0 ? 0 : performance.now() - openedAt
      resolve({ failure, extensions: socket.extensions, pongMs, end: how, afterMs })
      socket.terminate()
    }
    socket.on('open', () => {
      openedAt = performance.now()
      socket.ping()
      timer = setTimeout(() => {
        if (waitMs <= pongWithinMs) end('waited')
        else timer = setTimeout(end, waitMs - pongWithinMs, 'waited')
      }, pongWithinMs)
    })
    socket.on('pong', () => {
      if (performance.now() - openedAt > pongWithinMs) return
      pongMs ??= performance.now() - openedAt
      if (waitMs === 0) end('waited')
    })
    socket.on('ping', () => {
      end('pinged')
    })
    socket.on('close', (code) => {
      end('cut', openedAt === 0 ? `it was closed with ${String(code)}` : undefined)
    })
    socket.on('unexpected-response', (_request, response) => {
      response.destroy()
      end('cut', `it was refused with HTTP ${String(response.statusCode)}`)
    })
    socket.on('error', (error) => {
      if (openedAt === 0) end('cut', error.message)
    })
  })
