import { connect, type Socket } from 'node:net'

/** One frame of the server, taken apart. */
export interface Frame {
  readonly opcode: number
  readonly fin: boolean
  readonly masked: boolean
  readonly payload: Buffer
}

/** What the server has said so far. */
export interface Answer {
  /** 0 until a status line and its header block are there. */
  readonly status: number
  readonly head: string
  /** Body of an HTTP answer. */
  readonly body: string
  readonly bodyIsWhole: boolean
  readonly frames: readonly Frame[]
  /** Code of the server's close frame; `undefined` while there is none, 1005 when it names none. */
  readonly closeCode: number | undefined
  readonly closeReason: string
  /** Texts of the text frames. */
  readonly texts: readonly string[]
  /** Whether the connection is gone. */
  readonly ended: boolean
}

/** A client that writes bytes, as they are, and waits for things and never for time. */
export interface RawClient {
  readonly socket: Socket
  write(bytes: string | Uint8Array): void
  readonly answer: Answer
  /** All that came, as latin1. */
  readonly received: string
  /** Waits until `holds` is true of the answer, or until the connection is gone. */
  until(holds: (answer: Answer) => boolean): Promise<Answer>
  /** Waits until an HTTP answer is whole or the socket is open. */
  answered(): Promise<Answer>
  /** Waits for the server's close frame, or for the end of the connection. */
  closed(): Promise<Answer>
  /** Waits until the connection is gone. */
  gone(): Promise<Answer>
  /** Says a ping and waits for its pong, twice: everything the server said before is there then. */
  roundTrip(): Promise<Answer>
  /** Drops the connection with a reset. */
  reset(): void
  end(): void
}

/** A frame as a client sends it, masked with zeros. */
export const clientFrame = (opcode: number, payload: string | Uint8Array = '', fin = true): Buffer => {
  const body = Buffer.from(payload)
  const length = body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, ...length, 0, 0, 0, 0]), body])
}

export const textFrame = (text: string): Buffer => clientFrame(1, text)

/**
 * @param localAddress - Address to call from, such as 127.0.0.2.
 */
export const rawClient = async (port: number, options: { readonly host?: string; readonly localAddress?: string } = {}): Promise<RawClient> => {
  const { host = '127.0.0.1', localAddress } = options
  const socket = connect({ port, host, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) })
  let bytes = Buffer.alloc(0)
  let ended = false
  const waiting = new Set<() => void>()
  const news = (): void => {
    for (const look of waiting) look()
  }
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    news()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    ended = true
    news()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })

  const answer = (): Answer => ({ ...parse(bytes), ended })
  const until = (holds: (answer: Answer) => boolean): Promise<Answer> =>
    new Promise((resolve) => {
      const look = (): void => {
        const now = answer()
        if (!now.ended && !holds(now)) return
        waiting.delete(look)
        resolve(now)
      }
      waiting.add(look)
      look()
    })
  const write = (data: string | Uint8Array): void => {
    if (socket.writable) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }
  let pings = 0
  const pong = async (): Promise<Answer> => {
    pings += 1
    const mark = `mark ${String(pings)}`
    write(clientFrame(9, mark))
    return until(({ frames, closeCode }) => closeCode !== undefined || frames.some(({ opcode, payload }) => opcode === 10 && payload.toString() === mark))
  }

  return {
    socket,
    write,
    get answer() {
      return answer()
    },
    get received() {
      return bytes.toString('latin1')
    },
    until,
    answered: () => until(({ status, bodyIsWhole }) => status === 101 || bodyIsWhole),
    closed: () => until(({ closeCode }) => closeCode !== undefined),
    gone: () => until(() => false),
    async roundTrip() {
      await pong()
      return pong()
    },
    reset() {
      socket.resetAndDestroy()
    },
    end() {
      socket.destroy()
    },
  }
}

const nothing = { status: 0, head: '', body: '', bodyIsWhole: false, frames: [], closeCode: undefined, closeReason: '', texts: [] }

const parse = (bytes: Buffer): Omit<Answer, 'ended'> => {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return nothing
  const head = bytes.subarray(0, headEnd).toString('latin1')
  const rest = bytes.subarray(headEnd + 4)
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0)
  if (status !== 101) {
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
    return { ...nothing, status, head, body: rest.subarray(0, length).toString(), bodyIsWhole: rest.length >= length }
  }
  const frames = parseFrames(rest)
  const close = frames.find(({ opcode }) => opcode === 8)
  return {
    ...nothing,
    status,
    head,
    frames,
    texts: frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString()),
    closeCode: close === undefined ? undefined : close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005,
    closeReason: close?.payload.subarray(2).toString() ?? '',
  }
}

const parseFrames = (bytes: Buffer): readonly Frame[] => {
  const frames: Frame[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const [first = 0, second = 0] = bytes.subarray(at, at + 2)
    let length = second & 0x7f
    let start = at + 2
    if (length === 126) {
      if (start + 2 > bytes.length) break
      length = bytes.readUInt16BE(start)
      start += 2
    } else if (length === 127) {
      if (start + 8 > bytes.length) break
      length = Number(bytes.readBigUInt64BE(start))
      start += 8
    }
    if (start + length > bytes.length) break
    frames.push({ opcode: first & 0x0f, fin: first >= 0x80, masked: second >= 0x80, payload: bytes.subarray(start, start + length) })
    at = start + length
  }
  return frames
}
