import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'

/** A frame as a client would have parsed it. */
export type Frame = Readonly<Record<string, unknown>>

/** A real socket whose frames are kept. */
export interface RealSocket {
  readonly frames: Frame[]
  readonly code: () => number | undefined
  send(message: string | Buffer): void
  /** Sends one message and what is certain to be answered, and takes what came before that answer. */
  ask(message: unknown): Promise<readonly Frame[]>
  /** Waits for a frame, looking at all since the last `ask`. */
  until(matches: (frame: Frame) => boolean): Promise<Frame>
  close(): void
}

export interface Served {
  readonly server: Serving
  readonly cwd: string
  tokenOf(user: string): Promise<string>
  open(path: string, user: string, protocol?: string): Promise<RealSocket>
  stop(): Promise<void>
}

const probes: Readonly<Record<string, readonly [ask: string, isAnswer: (frame: Frame) => boolean]>> = {
  chat: ['{"type":"submit_feedback"}', ({ error }) => error === 'message_id is required'],
  conversations: ['{"type":"get_conversation_filter_options"}', ({ type }) => type === 'conversation_filter_options'],
  customers: ['{"type":"get_filter_options"}', ({ type }) => type === 'filter_options'],
  modern: ['{"id":"probe","type":"unsubscribe","topic":"conversation:none"}', ({ re }) => re === 'probe'],
}

const frameOf = (text: string): Frame => {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

const openSocket = (url: string, protocol: string | undefined): Promise<RealSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], { perMessageDeflate: false })
    const frames: Frame[] = []
    let code: number | undefined
    let changed = (): void => undefined
    socket.on('message', (data: Buffer) => {
      frames.push(frameOf(data.toString()))
      changed()
    })
    socket.on('close', (closeCode) => {
      code = closeCode
      changed()
    })
    socket.on('error', reject)
    socket.on('unexpected-response', (_request, response) => {
      reject(new Error(`refused with ${String(response.statusCode)}`))
    })
    const until = async (matches: (frame: Frame) => boolean): Promise<Frame> => {
      for (;;) {
        const found = frames.find(matches)
        if (found !== undefined) return found
        if (code !== undefined) throw new Error(`The socket closed with ${String(code)}`)
        await new Promise<void>((woken) => {
          changed = woken
        })
      }
    }
    const kind = protocol === undefined ? (/\/ws\/(\w+)/.exec(url)?.[1] ?? 'chat') : 'modern'
    const [probe = '', isAnswer = (): boolean => true] = probes[kind] ?? []
    socket.on('open', () => {
      resolve({
        frames,
        code: () => code,
        send: (message) => {
          socket.send(message, { binary: false })
        },
        async ask(message) {
          frames.length = 0
          socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message), { binary: false })
          socket.send(probe)
          const answer = await until(isAnswer)
          return frames.slice(0, frames.indexOf(answer))
        },
        until,
        close: () => {
          socket.close()
        },
      })
    })
  })

const million = '1000000'

/** Starts `serve` on the sample, with classic tokens and limits out of the way. */
export const served = async (env: Environment = {}): Promise<Served> => {
  const secret = randomBytes(64).toString('base64url')
  const all: Environment = {
    SALLYPORT_TOKENS_PROFILE: 'classic',
    SALLYPORT_TOKENS_SECRET: secret,
    SALLYPORT_LIMITS_USER_CONNECTS_MAX: million,
    SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: million,
    SALLYPORT_LIMITS_MESSAGES_MAX: million,
    ...env,
  }
  const { cwd, remove } = await temporaryFolder()
  await seedFolder(cwd)
  const server = await serve(['serve'], cwd, all)
  const tokenOf = (subject: string): Promise<string> => mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject, lifetimeMs: 600_000, at: Date.now() })
  return {
    server,
    cwd,
    tokenOf,
    open: async (path, user, protocol) => openSocket(`${server.socketUrl}${path}${path.includes('?') ? '&' : '?'}token=${await tokenOf(user)}`, protocol),
    async stop() {
      await server.stop()
      await remove()
    },
  }
}

/** Ids of the newest conversations a user sees. */
export const conversationsOf = async (place: Served, user: string): Promise<readonly string[]> => {
  const socket = await place.open('/ws/conversations/', user)
  const list = await socket.until(({ type }) => type === 'conversations_list')
  socket.close()
  const rows: unknown = list['conversations']
  return Array.isArray(rows) ? rows.map((row: unknown) => String(typeof row === 'object' && row !== null ? Reflect.get(row, 'id') : '')) : []
}
