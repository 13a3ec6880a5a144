import { WebSocket } from 'ws'
import { z } from 'zod'

export interface KnockOptions {
  readonly origin?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** How a handshake was answered: refused in HTTP, or a socket whose frames are queued from the first on. */
export type Answer =
  | { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }
  | Knocked

export interface Knocked {
  readonly status: 101
  readonly protocol: string
  /** The next frame as parsed JSON; rejects when the socket closes without one. */
  next(): Promise<z.infer<typeof anyFrame>>
  /** Frames nobody has taken. */
  readonly waiting: () => number
  readonly closed: Promise<Closed>
  send(text: string): void
  close(): Promise<Closed>
}

const anyFrame = z.looseObject({ type: z.string() })

/** Makes one handshake with a client that is not a browser. */
export const knock = (url: string, { origin, headers = {}, protocols = [] }: KnockOptions = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], { headers: { ...headers }, ...(origin === undefined ? {} : { origin }) })
    const frames: string[] = []
    let arrived: (() => void) | undefined
    socket.on('message', (data: Buffer) => {
      frames.push(data.toString())
      arrived?.()
    })
    const closed = new Promise<Closed>((settle) => {
      socket.on('close', (code, reason) => {
        settle({ code, reason: reason.toString() })
        arrived?.()
      })
    })
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    const next = async (): Promise<z.infer<typeof anyFrame>> => {
      const text = frames.shift()
      if (text !== undefined) return anyFrame.parse(JSON.parse(text))
      if (socket.readyState === WebSocket.CLOSED) throw new Error(`The socket closed without another frame: ${JSON.stringify(await closed)}`)
      await new Promise<void>((settle) => {
        arrived = settle
      })
      return next()
    }
    socket.on('open', () => {
      resolve({
        status: 101,
        protocol: socket.protocol,
        next,
        waiting: () => frames.length,
        closed,
        send: (text) => {
          socket.send(text)
        },
        close: () => {
          socket.close(1000)
          return closed
        },
      })
    })
  })

/** A handshake that must have been let in. */
export const opened = async (url: string, options?: KnockOptions): Promise<Knocked> => {
  const answer = await knock(url, options)
  if (!('next' in answer)) throw new Error(`Refused with ${String(answer.status)}: ${answer.body}`)
  return answer
}

/** The handshake was refused in HTTP; its problem, as the client was told. */
export const refused = async (url: string, options?: KnockOptions): Promise<{ readonly status: number; readonly code: string; readonly decisionId: string }> => {
  const answer = await knock(url, options)
  if ('next' in answer) throw new Error('It was let in')
  return { status: answer.status, ...problem.parse(JSON.parse(answer.body)) }
}

const problem = z.object({ code: z.string(), decisionId: z.string() })

export const bearer = (token: string): KnockOptions => ({ headers: { authorization: `Bearer ${token}` } })

export const modernBearer = (token: string): KnockOptions => ({ protocols: ['sallyport.v1', `sallyport.bearer.${token}`] })
