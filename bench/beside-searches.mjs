// What do handshakes and echoes of others notice of one session that pipelines 500 searches in a large database?
//
//   npm run build && node bench/pages.mjs l <folder> && node bench/beside-searches.mjs <folder> [rounds, default 3] [seconds, default 5] [at once, default 1] [ways]
//
// `serve` on the database that bench/pages.mjs left in the folder, with every limit out of the way. One user connects and leaves every 20 ms, one sends a
// message every 20 ms and waits for its echo; calm and beside the searches of a third, in turn within each round. With more than one at once, so many of
// each do so without a pause, and the machine has no time to spare. Sends stay in the folder.
//
// `ways` gives the thread that searches another priority from outside (Linux; as root, or it can't be given back): such as `nice0,nice10,nice19,idle`, each a time in each round,
// `idle` being the scheduling class SCHED_IDLE. How long all other threads of both processes had to wait for a processor is read from /proc and shown where it is known.
import { execFile, spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'

const database = resolve(process.argv[2], 'pages.db')
const rounds = Number(process.argv[3] ?? 3)
const seconds = Number(process.argv[4] ?? 5)
const atOnce = Number(process.argv[5] ?? 1)
const ways = process.argv[6]?.split(',') ?? ['as it is']
const pauseMs = atOnce === 1 ? 20 : 0
const pipelined = 500
const words = ['courier', 'refund', 'invoice', 'chocolate', 'سفارش', 'negar', 'th', 'zq']

const secret = randomBytes(64).toString('hex')
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (userId) => {
  const at = new Date()
  const body = `${encoded({ alg: 'HS512', typ: 'JWT' })}.${encoded({ user_id: userId, created_at: `${at.toISOString().slice(0, 19).replace('T', ' ')} +0000`, type: 'access' })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}
const freePort = () =>
  new Promise((found) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => found(port))
    })
  })

const folder = await mkdtemp(join(os.tmpdir(), 'sallyport-bench-'))
const port = await freePort()
const out = Object.fromEntries(
  ['USER_CONNECTS_MAX', 'ADDRESS_CONNECTS_MAX', 'USER_SOCKETS', 'ADDRESS_SOCKETS', 'MESSAGES_MAX', 'SESSION_FRAMES_MAX', 'USER_BYTES_MAX', 'ADDRESS_BUDGET_CAPACITY']
    .map((name) => [`SALLYPORT_LIMITS_${name}`, '1000000']),
)
const server = spawn(process.execPath, [fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)), 'serve'], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env, ...out, SALLYPORT_STORAGE_URL: `file:${database}`, SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_SECRET: secret,
    SALLYPORT_LISTEN_PORT: String(port), SALLYPORT_INTERNAL_PORT: '0', SALLYPORT_LOG_LEVEL: 'error',
  },
})

const open = (userId, path) =>
  new Promise((opened, failed) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}?token=${tokenOf(userId)}`, { perMessageDeflate: false })
    ws.on('open', () => opened(ws))
    ws.on('error', failed)
  })

const first = (ws, wanted) =>
  new Promise((found) => {
    const hear = (data) => {
      const frame = JSON.parse(String(data))
      if (!wanted(frame)) return
      ws.off('message', hear)
      found(frame)
    }
    ws.on('message', hear)
  })

const paced = async (until, times, ask) => {
  while (performance.now() < until) {
    const startedAt = performance.now()
    await ask()
    times.push(performance.now() - startedAt)
    await sleep(pauseMs)
  }
}

/** Sends 500 at once, and the next 500 when all are answered. */
const searches = (ws, until) => {
  let answered = 0
  let asked = 0
  const more = () => {
    for (let index = 0; index < pipelined; index += 1, asked += 1) ws.send(JSON.stringify({ type: 'search_conversations', search_term: words[asked % words.length] }))
  }
  const hear = (data) => {
    if (!String(data).startsWith('{"type":"conversations_list"')) return
    answered += 1
    if (answered >= asked && performance.now() < until) more()
  }
  ws.on('message', hear)
  more()
  return () => answered
}

const run = promisify(execFile)

/** The one thread of the server that has a low priority, if the system tells. */
const searchThread = async () => {
  for (const id of await readdir(`/proc/${server.pid}/task`).catch(() => [])) {
    const stat = await readFile(`/proc/${server.pid}/task/${id}/stat`, 'utf8')
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]) > 0) return id
  }
  return undefined
}

const give = async (thread, way) => {
  if (way === 'as it is') return
  if (thread === undefined) throw new Error('The thread that searches is not told apart here')
  await run('chrt', way === 'idle' ? ['--idle', '--pid', '0', thread] : ['--other', '--pid', '0', thread])
  if (way !== 'idle') await run('renice', ['-n', way.slice('nice'.length), '-p', thread])
}

/** Milliseconds that all threads but the one that searches have waited for a processor so far. */
const waitedMs = async (searching) => {
  let waited = 0
  for (const threads of [`/proc/${server.pid}/task`, '/proc/self/task']) {
    for (const id of await readdir(threads).catch(() => [])) {
      if (id === searching) continue
      const [, delay = '0'] = (await readFile(`${threads}/${id}/schedstat`, 'utf8').catch(() => '')).split(' ')
      waited += Number(delay) / 1_000_000
    }
  }
  return waited
}

const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]
const names = ['calm', ...ways, 'calm again (null pair)']
const kept = Object.fromEntries(names.map((name) => [name, { connect: [], echo: [], waited: 0, answered: 0 }]))

try {
  let list
  for (let tries = 0; list === undefined; tries += 1) {
    if (server.exitCode !== null || tries > 400) throw new Error('The server did not come up')
    await sleep(50)
    list = await open('2', '/ws/conversations/').catch(() => undefined)
  }
  const { conversations } = await first(list, ({ type }) => type === 'conversations_list')
  list.close()
  const chat = await open('2', `/ws/chat/${conversations[0].id}/`)
  let sent = 0
  const echo = async () => {
    const content = `On its way, number ${String((sent += 1))}`
    const echoed = first(chat, ({ type, message }) => type === 'chat_message' && message.content === content)
    chat.send(JSON.stringify({ type: 'chat_message', content }))
    await echoed
  }
  const connect = async () => (await open('3', `/ws/chat/${conversations[1].id}/`)).close()
  const thread = await searchThread()
  for (let round = 0; round <= rounds; round += 1) {
    for (const index of names.keys()) {
      // Everyone has each place of a round.
      const name = names[(index + round) % names.length]
      const part = kept[name]
      if (!name.startsWith('calm')) await give(thread, name)
      const waitedBefore = await waitedMs(thread)
      const until = performance.now() + seconds * 1_000
      const busy = !name.startsWith('calm') ? await open('1', '/ws/conversations/') : undefined
      const done = busy === undefined ? () => 0 : searches(busy, until)
      const times = { connect: [], echo: [] }
      await Promise.all(Array.from({ length: atOnce }, () => [paced(until, times.connect, connect), paced(until, times.echo, echo)]).flat())
      busy?.terminate()
      // The first round warms everything up.
      if (round === 0) continue
      part.waited += (await waitedMs(thread)) - waitedBefore
      part.answered += done()
      part.connect.push(...times.connect)
      part.echo.push(...times.echo)
    }
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s`)
  console.log('| while | connects | p50 ms | p90 ms | p99 ms | echoes | p50 ms | p90 ms | p99 ms | waited for a processor, ms | searches |\n|---|---|---|---|---|---|---|---|---|---|---|')
  for (const [name, { connect: connects, echo: echoes, waited, answered }] of Object.entries(kept)) {
    const cells = [connects, echoes].flatMap((times) => [times.length, ...[0.5, 0.9, 0.99].map((share) => quantile(times, share).toFixed(1))])
    console.log(`| ${name.startsWith('calm') ? name : `beside 500 searches, ${name}`} | ${cells.join(' | ')} | ${waited === 0 ? '–' : waited.toFixed(0)} | ${answered} |`)
  }
} finally {
  const over = new Promise((ended) => server.once('close', ended))
  if (server.exitCode === null && server.kill()) await over
  await rm(folder, { recursive: true, force: true })
}
process.exit()
