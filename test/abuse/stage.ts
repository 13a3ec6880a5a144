import { readdir, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { knock, modernBearer, type Knocked } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'
import { handshakeText, testSecret, type HandshakeParts } from '../wire/gate-server.js'
import { rawClient, type RawClient } from '../wire/raw-client.js'

const line = z.looseObject({ level: z.string(), event: z.string(), reason: z.string().optional(), detail: z.string().optional(), of: z.string().optional(), times: z.number().optional() })
export type Line = z.infer<typeof line>

/** What an attack must leave as it was. */
export interface Vitals {
  /** Open descriptors of the process. */
  readonly descriptors: number
  readonly sessions: number
  readonly inFlight: number
}

/** A server as operators run it, in a process of its own, to be attacked. */
export interface Stage {
  readonly server: Serving
  readonly port: number
  token(subject?: string): Promise<string>
  /** Writes a handshake with a good token and waits until the socket is open. */
  enter(parts?: HandshakeParts): Promise<RawClient>
  /** A connection on which nothing was said; for floods. */
  connect(): Promise<Socket>
  /** The lines of the log so far. */
  lines(): readonly Line[]
  /** How many events of a kind were logged, those that were only counted included. */
  logged(event: string, reason: string): number
  metric(name: string): Promise<number>
  vitals(): Promise<Vitals>
  /** Resident memory in MiB, as it is. */
  resident(): Promise<number>
  /** The same after a collection of garbage. */
  memory(): Promise<number>
  /**
   * Attacks while an honest client talks over a socket that is already open; then everything has to be as it was, and a new client gets in.
   *
   * @returns What the attack returned.
   */
  attack<T>(work: () => Promise<T>, allowedMiB?: number): Promise<T>
  /** Opens as many connections at once, with half a handshake each, and drops them. */
  warmUp(connections: number): Promise<void>
  close(): Promise<void>
}

const collectOnSignal = new URL('collect-on-signal.mjs', import.meta.url).href

const million = '1000000'
/** Limits that no flood from one address meets by accident. */
export const roomy: Environment = {
  SALLYPORT_LIMITS_USER_CONNECTS_MAX: million,
  SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: million,
  SALLYPORT_LIMITS_USER_SOCKETS: million,
  SALLYPORT_LIMITS_ADDRESS_SOCKETS: million,
  SALLYPORT_LIMITS_MESSAGES_MAX: million,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: million,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_REFILL_PER_SECOND: million,
}

export const startStage = async (env: Environment = {}, openFiles?: number): Promise<Stage> => {
  const { cwd, remove } = await temporaryFolder()
  const all = { NODE_OPTIONS: `--import=${collectOnSignal}`, SALLYPORT_TOKENS_SECRET: testSecret, SALLYPORT_REFUSALS: 'http', ...roomy, ...env }
  await seedFolder(cwd)
  const server = await serve(['serve'], cwd, all, openFiles)
  const port = Number(new URL(server.publicUrl).port)

  const token = (subject = '1'): Promise<string> => mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject, lifetimeMs: 3_600_000, at: Date.now() })
  const lines = (): readonly Line[] => server.stdout().split('\n').filter((text) => text !== '').map((text) => line.parse(JSON.parse(text)))
  const metric = async (name: string): Promise<number> => {
    const response = await fetch(`${server.internalUrl}/metrics`)
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await response.text())?.[1])
  }
  const vitals = async (): Promise<Vitals> => {
    const [sessions, inFlight] = [await metric('sallyport_sessions'), await metric('sallyport_handshakes_in_flight')]
    return { descriptors: (await readdir(`/proc/${String(server.pid)}/fd`)).length, sessions, inFlight }
  }
  const resident = async (): Promise<number> => Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]) / 1_024
  const memory = async (): Promise<number> => {
    server.signal('SIGUSR2')
    // Whoever answers has handled its signal.
    await metric('sallyport_sessions')
    return resident()
  }
  // A server whose loop is late says 503 and means it: on a machine with other work an honest client comes again.
  const welcomed = async (): Promise<Knocked> => {
    const client = await knock(`${server.socketUrl}/ws/`, modernBearer(await token('2')))
    if (client.status === 503) return welcomed()
    if (!('next' in client)) throw new Error(`not let in: ${client.body}`)
    expect(await client.next()).toMatchObject({ type: 'welcome' })
    return client
  }

  const attack = async <T>(work: () => Promise<T>, allowedMiB = 30): Promise<T> => {
    const honest = await welcomed()
    // Its first answer loads what every later one needs.
    await ask(honest, 0)
    const before = { vitals: await vitals(), memory: await memory() }
    let over = false
    const attacking = work().finally(() => {
      over = true
    })
    // Awaited below; a failure must not go unhandled while the honest client waits for its answer.
    attacking.catch(() => undefined)
    let asked = 0
    let answers = 0
    while (!over || answers === 0) {
      asked += 1
      if (await ask(honest, asked)) answers += 1
      // As somebody who works, and not as one more attacker.
      await pause(10)
    }
    const result = await attacking
    const late = await welcomed()
    await late.close()
    await expect.poll(vitals, { interval: 100 }).toEqual(before.vitals)
    await expect.poll(memory, { interval: 250 }).toBeLessThan(before.memory + allowedMiB)
    await honest.close()
    return result
  }

  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
        socket.off('error', reject)
        socket.on('error', () => undefined)
        resolve(socket)
      })
      socket.once('error', reject)
    })

  const enter = async (parts: HandshakeParts = {}): Promise<RawClient> => {
    const client = await rawClient(port)
    client.write(handshakeText({ token: await token(), ...parts }))
    const { status } = await client.answered()
    if (status === 503) return enter(parts)
    if (status !== 101) throw new Error(`not let in: ${client.received.slice(0, 400)}`)
    return client
  }

  return {
    server,
    port,
    token,
    enter,
    connect: open,
    lines,
    logged: (event, reason) =>
      lines().reduce((sum, { event: what, reason: why, of, times = 0 }) => sum + (what === event && why === reason ? 1 : what === 'repeated' && of === `${event} ${reason}` ? times : 0), 0),
    metric,
    vitals,
    resident,
    memory,
    attack,
    async warmUp(connections) {
      const sockets: Socket[] = []
      await inBatches(connections, 100, async () => {
        const socket = await open()
        socket.write(handshakeText().slice(0, 60))
        sockets.push(socket)
      })
      for (const socket of sockets) socket.resetAndDestroy()
      while ((await vitals()).descriptors >= connections) await pause(20)
    },
    async close() {
      await server.stop()
      await remove()
    },
  }
}

/** Whether a question on an open socket of sallyport.v1 got its answer; a store that is late on a busy machine says so instead. */
const ask = async (client: Knocked, id: number): Promise<boolean> => {
  client.send(JSON.stringify({ id, type: 'conversations.list' }))
  for (;;) {
    const frame = await client.next()
    if (frame['re'] === id) {
      if (frame.type !== 'ok') expect(frame).toMatchObject({ code: 'unavailable' })
      return frame.type === 'ok'
    }
  }
}

/** What a connection said until it was gone. */
export const heard = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('close', () => {
      resolve(text)
    })
  })

/** Does something for each of many, a few at a time. */
export const inBatches = async (count: number, size: number, work: (index: number) => Promise<void>): Promise<void> => {
  for (let from = 0; from < count; from += size) await Promise.all(Array.from({ length: Math.min(size, count - from) }, (_, index) => work(from + index)))
}

/** Whether the system shows what a process holds; where it does not, these tests are skipped. */
export const seesProcesses = process.platform === 'linux'
