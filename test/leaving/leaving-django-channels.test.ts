import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { freePort } from '../cli/sallyport.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const example = join(root, 'examples/leaving-django-channels')
const guide = await readFile(join(root, 'docs/leaving-django-channels.md'), 'utf8')
const blocks = new Map([...guide.matchAll(/^```\w+ (?:step|example)=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]))

const modules = 'import django, channels, daphne, channels_redis, psycopg2, jwt'
const works = (command: string, words: readonly string[]): boolean => spawnSync(command, words, { timeout: 30_000 }).status === 0
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createConnection(port, '127.0.0.1')
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => {
      resolve(false)
    })
  })
const installed = works('/usr/bin/python3', ['-c', modules]) && works('nginx', ['-v']) && (await answers(5432)) && (await answers(6379))
const remedy =
  'apt-get install python3-django python3-django-channels daphne python3-channels-redis python3-psycopg2 python3-jwt nginx postgresql redis-server, and start PostgreSQL and Redis'

test.runIf(process.env['CI'] !== undefined)('Django Channels, nginx, PostgreSQL and Redis are there where nothing may be skipped', () => {
  expect(installed, remedy).toBe(true)
})

test('the nginx configuration of the guide is the one of the example', async () => {
  expect(blocks.get('leaving-django-channels/nginx.conf')).toBe(await readFile(join(example, 'nginx.conf'), 'utf8'))
})

const page = z.looseObject({
  type: z.literal('customers_list'),
  customers: z.array(z.looseObject({ id: z.number(), conversations: z.array(z.looseObject({ id: z.string() })) })),
  pagination: z.looseObject({ page_size: z.number(), count: z.number() }),
})
const echo = z.looseObject({ type: z.literal('chat_message'), message: z.looseObject({ type: z.string(), content: z.string() }), external_send_result: z.unknown() })

/** What arrives is kept until somebody asks for it. */
const open = (url: string, origin: string) => {
  const socket = new WebSocket(url, { origin })
  const frames: unknown[] = []
  const waiting: ((frame: unknown) => void)[] = []
  const ended = new Promise<string>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(`HTTP ${String(response.statusCode)}`)
      response.destroy()
    })
    socket.on('close', (code) => {
      resolve(`close ${String(code)}`)
    })
    socket.on('error', () => undefined)
  })
  socket.on('message', (data: Buffer) => {
    const frame: unknown = JSON.parse(data.toString())
    const next = waiting.shift()
    if (next === undefined) frames.push(frame)
    else next(frame)
  })
  const next = (): Promise<unknown> => (frames.length > 0 ? Promise.resolve(frames.shift()) : new Promise((resolve) => waiting.push(resolve)))
  return { socket, next, ended }
}
type Client = ReturnType<typeof open>

const nextOf = async (client: Client, type: string): Promise<unknown> => {
  for (;;) {
    const frame = await client.next()
    if (z.looseObject({ type: z.string() }).parse(frame).type === type) return frame
  }
}

describe.skipIf(!installed)(`the guide for leaving Django Channels (when skipped: ${remedy})`, () => {
  const children: ChildProcess[] = []
  const database = `leaving_${String(process.pid)}`
  let folder = ''
  let ports: Readonly<Record<string, number>> = {}
  let env: NodeJS.ProcessEnv = {}
  let token = ''

  const local = (text: string): string => Object.entries(ports).reduce((changed, [port, own]) => changed.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(own)), text)
  const step = (name: string): string => {
    const text = blocks.get(name)
    if (text === undefined) throw new Error(`The guide has no step "${name}"`)
    return local(text)
  }
  const toEnd = (name: string) => run('bash', ['-euc', step(name)], { cwd: folder, env })
  const start = async (name: string, port: string): Promise<void> => {
    const child = spawn('bash', ['-euc', step(name)], { cwd: folder, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
    children.push(child)
    let said = ''
    child.stderr?.on('data', (data: Buffer) => (said = `${said}${data.toString()}`.slice(-4_000)))
    while (!(await answers(ports[port] ?? 0))) {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const connect = (path: string, credential = token): Client => open(`ws://127.0.0.1:${String(ports['8080'])}${path}?token=${credential}`, 'https://app.example')

  /** The one client of both sides; answers which side it met. */
  const useService = async (): Promise<'old' | 'new'> => {
    const list = connect('/ws/customers/')
    expect(await list.next()).toMatchObject({ type: 'connection_established' })
    expect(page.parse(await list.next()).customers).toHaveLength(10)
    list.socket.send(JSON.stringify({ type: 'get_customers', filters: { page: 2, page_size: '3' } }))
    const { customers, pagination } = page.parse(await nextOf(list, 'customers_list'))
    expect(customers).toHaveLength(3)
    expect(pagination).toMatchObject({ page: 2, page_size: 3, offset: 3, limit: 3, has_previous: true, has_next: true })
    const conversation = customers[0]?.conversations[0]?.id ?? ''
    list.socket.close()

    const chat = connect(`/ws/chat/${conversation}/`)
    expect(await chat.next()).toMatchObject({ type: 'connection_established', conversation_id: conversation })
    expect(await chat.next()).toMatchObject({ type: 'recent_messages' })
    chat.socket.send(JSON.stringify({ type: 'chat_message', content: '  درود  ' }))
    expect(echo.parse(await nextOf(chat, 'chat_message')).message).toMatchObject({ type: 'support', content: 'درود' })
    chat.socket.close()

    const end = await refusal(`${token.slice(0, -4)}AAAA`)
    if (end === 'HTTP 403') return 'old'
    expect(end).toBe('close 4001')
    return 'new'
  }
  const refusal = (credential: string): Promise<string> => connect('/ws/customers/', credential).ended

  /** Workers of nginx that take new connections, by pid; one that finishes its old ones says so in its title. */
  const workers = async (): Promise<readonly string[]> => {
    const master = (await readFile(join(folder, 'nginx.pid'), 'utf8')).trim()
    const { stdout } = await run('ps', ['--ppid', master, '-o', 'pid=,args='])
    return [...stdout.matchAll(/^ *(\d+) nginx: worker process *$/gm)].map(([, pid = '']) => pid)
  }

  /** Does a step that reloads nginx, and waits until only new workers take connections. */
  const move = async (name: 'over' | 'back'): Promise<void> => {
    const before = await workers()
    await toEnd(name)
    for (;;) {
      const now = await workers()
      if (now.length > 0 && now.every((pid) => !before.includes(pid))) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-leaving-'))
    await cp(example, folder, { recursive: true })
    await chmod(folder, 0o755)
    ports = { 8000: await freePort(), 4400: await freePort(), 8080: await freePort() }
    await writeFile(join(folder, 'nginx.conf'), local(await readFile(join(folder, 'nginx.conf'), 'utf8')))
    const command = join(folder, 'sallyport')
    await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`)
    await chmod(command, 0o755)
    env = {
      PATH: `${folder}:${process.env['PATH'] ?? ''}:/usr/sbin`,
      SECRET_KEY: 'leaving-secret-'.padEnd(64, 'k2Wd'),
      DB_NAME: database,
      REDIS_URL: 'redis://127.0.0.1:6379/11',
      SALLYPORT_LISTEN_PORT: String(ports['4400']),
      SALLYPORT_INTERNAL_PORT: '0',
    }
    await toEnd('prepare')
    await start('old', '8000')
    await start('nginx', '8080')
    await start('new', '4400')
    token = (await run('/usr/bin/python3', ['manage.py', 'mint', '1'], { cwd: folder, env })).stdout.trim()
  })

  afterAll(async () => {
    for (const child of children) {
      if (child.pid === undefined || child.exitCode !== null) continue
      const over = new Promise((resolve) => child.once('close', resolve))
      // The whole group that this test started: the shell and what it runs.
      process.kill(-child.pid, 'SIGTERM')
      await over
    }
    execFileSync('dropdb', ['--host', '127.0.0.1', '--username', 'postgres', '--if-exists', '--force', database])
    await rm(folder, { recursive: true, force: true })
  })

  test('one client with one token works on the old side, on the new one, and on the old one again', async () => {
    expect(await useService()).toBe('old')
    await move('over')
    expect(await useService()).toBe('new')
    await move('back')
    expect(await useService()).toBe('old')
  })

  test('a user who is disabled in the old table is refused by the new side', async () => {
    execFileSync('psql', ['--host', '127.0.0.1', '--username', 'postgres', '--quiet', '--command', 'update accounts_user set is_active = false where id = 2', database])
    await move('over')
    const disabled = (await run('/usr/bin/python3', ['manage.py', 'mint', '2'], { cwd: folder, env })).stdout.trim()
    const enabled = (await run('/usr/bin/python3', ['manage.py', 'mint', '3'], { cwd: folder, env })).stdout.trim()
    expect(await refusal(disabled)).toBe('close 4001')
    const client = connect('/ws/customers/', enabled)
    expect(await client.next()).toMatchObject({ type: 'connection_established' })
    client.socket.close()
  })
})
