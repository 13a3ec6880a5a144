// How much does the same classic conversation cost here and on a Django Channels service of the same shape?
//
//   npm run build && node bench/channels.mjs [rounds] [seconds]
//
// The old service is examples/leaving-django-channels under daphne, with PostgreSQL and Redis; ours is `serve` with its embedded database and
// the users of the same PostgreSQL. Both servers are pinned to one core and the load to the other; PostgreSQL and Redis are not pinned. Each holds
// 200 customers with a conversation of three messages, and both are measured in turn within each round.
import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { openSqlite } from '../dist/stores/sqlite/engine.js'
import { migrate } from '../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../dist/stores/sqlite/sqlite-conversations.js'

const run = promisify(execFile)
const rounds = Number(process.argv[2] ?? 3)
const seconds = Number(process.argv[3] ?? 2)
const lanes = 8
const peers = 1_000
const many = '1000000'
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const database = `bench_channels_${process.pid}`
const project = fileURLToPath(new URL('../examples/leaving-django-channels/', import.meta.url))
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const folder = await mkdtemp(join(os.tmpdir(), 'sallyport-bench-'))
const idOf = (number) => `c${String(number).padStart(5, '0')}`

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ user_id: '1', type: 'access', created_at: `${new Date().toISOString().slice(0, 19).replace('T', ' ')} +0000` })}`
const token = `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
const answers = (port) =>
  new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => resolve(!probe.destroy().connecting)).on('error', () => resolve(false))
  })
const psql = (sql) => run('psql', ['-qv', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-U', 'postgres', '-c', sql, database])

const ports = { old: await freePort(), new: await freePort() }
const env = {
  ...process.env,
  PYTHONDONTWRITEBYTECODE: '1',
  SECRET_KEY: secret,
  DB_NAME: database,
  REDIS_URL: 'redis://127.0.0.1:6379/12',
  SALLYPORT_TOKENS_PROFILE: 'classic',
  SALLYPORT_TOKENS_SECRET: secret,
  SALLYPORT_USERS_URL: `postgres://postgres@127.0.0.1:5432/${database}`,
  SALLYPORT_USERS_QUERY: 'select id, is_active from accounts_user where id = $1',
  SALLYPORT_ORIGINS: 'http://127.0.0.1',
  SALLYPORT_LISTEN_PORT: String(ports.new),
  SALLYPORT_INTERNAL_PORT: '0',
  SALLYPORT_LIMITS_USER_CONNECTS_MAX: many,
  SALLYPORT_LIMITS_ADDRESS_CONNECTS_MAX: many,
  SALLYPORT_LIMITS_USER_SOCKETS: many,
  SALLYPORT_LIMITS_ADDRESS_SOCKETS: many,
  SALLYPORT_LIMITS_MESSAGES_MAX: many,
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: many,
}

const fillOld = async () => {
  await run('createdb', ['-h', '127.0.0.1', '-U', 'postgres', database])
  await run('/usr/bin/python3', ['manage.py', 'migrate', '--run-syncdb'], { cwd: project, env })
  await psql(`insert into accounts_user (id, email, is_active) values (1, 'a@app.example', true);
    insert into message_customer (id, first_name, source, source_id, created_at, updated_at) select n, 'Customer ' || n, 'unknown', 's' || n, now(), now() from generate_series(1, 200) n;
    insert into message_conversation (id, user_id, customer_id, title, status, created_at, updated_at) select 'c' || lpad(n::text, 5, '0'), 1, n, 'unknown - ' || n, 'active', now(), now() from generate_series(1, 200) n;
    insert into message_message (id, conversation_id, customer_id, type, content, is_answered, created_at) select 'm' || (n * 10 + k), 'c' || lpad(n::text, 5, '0'), n, 'customer', 'Message ' || k, false, now() from generate_series(1, 200) n, generate_series(1, 3) k;
    analyze;`)
}
const fillNew = async () => {
  const engine = await openSqlite({ path: join(folder, '.sallyport', 'sallyport.db') })
  await migrate(engine)
  const at = Date.now()
  const numbers = Array.from({ length: 200 }, (_, index) => index + 1)
  await createSqliteConversations(engine).importWorkspace({
    id: '1', name: 'Bench', createdAt: at, tags: [],
    members: [{ userId: '1', email: 'a@app.example', username: 'a', firstName: 'A', lastName: 'B', role: 'owner', active: true }],
    customers: numbers.map((n) => ({ firstName: `Customer ${n}`, source: 'unknown', sourceId: `s${n}`, tags: [], data: {}, createdAt: at, updatedAt: at })),
    conversations: numbers.map((n) => ({
      id: idOf(n), customer: n - 1, title: `unknown - ${n}`, status: 'active', isActive: true, source: 'unknown', priority: 1, createdAt: at, updatedAt: at,
      messages: [1, 2, 3].map((k) => ({ id: `m${n * 10 + k}`, type: 'customer', content: `Message ${k}`, contentType: 'text', isAnswered: false, feedback: 'none', feedbackComment: '', createdAt: at })),
    })),
  })
  await engine.close()
}

const children = []
const start = async (side, command, words, cwd) => {
  const child = spawn('taskset', ['-c', '0', command, ...words], { cwd, env, stdio: 'ignore' })
  children.push(child)
  while (!(await answers(ports[side]))) {
    if (child.exitCode !== null) throw new Error(`the ${side} server ended`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** An open socket that has had its first two frames; `heard` gets every later one. */
const connect = (side, path) =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://127.0.0.1:${ports[side]}${path}?token=${token}`, { origin: 'http://127.0.0.1', perMessageDeflate: false })
    const client = { ws, heard: () => undefined }
    let frames = 0
    ws.on('message', (data) => {
      frames += 1
      if (frames > 2) client.heard(data)
      else if (frames === 2) resolve(client)
    })
    ws.on('error', reject)
    ws.on('close', () => reject(new Error(`${side} closed ${path}`)))
  })

/** Every lane asks, waits for its answer and asks again. */
const drive = async (side, pathOf, question, isAnswer) => {
  const clients = await Promise.all(Array.from({ length: lanes }, (_, lane) => connect(side, pathOf(lane))))
  const times = []
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        const askedAt = performance.now()
        await new Promise((resolve) => {
          client.heard = (data) => {
            if (isAnswer(String(data))) resolve()
          }
          client.ws.send(question)
        })
        times.push(performance.now() - askedAt)
      }
    }),
  )
  const rate = (times.length * 1000) / (performance.now() - startedAt)
  for (const { ws } of clients) ws.close()
  return { rate, times }
}
const page = (size) => (side) =>
  drive(side, () => '/ws/customers/', JSON.stringify({ type: 'get_customers', filters: { page_size: size } }), (text) => {
    if (!/"page_count": ?(\d+)/.test(text) || Number(/"page_count": ?(\d+)/.exec(text)[1]) !== size) throw new Error(`${side} answered no page of ${size}`)
    return true
  })
const echo = (side) => drive(side, (lane) => `/ws/chat/${idOf(lane + 1)}/`, JSON.stringify({ type: 'chat_message', content: 'hello' }), (text) => /"type": ?"chat_message"/.test(text))

const receivers = { old: [], new: [] }
const push = async (side) => {
  const times = []
  const startedAt = performance.now()
  for (let turn = 0; turn < 5; turn += 1) {
    const sentAt = performance.now()
    const all = Promise.all(
      receivers[side].map(
        (client) =>
          new Promise((resolve) => {
            client.heard = (data) => {
              if (!/"type": ?"chat_message"/.test(String(data.subarray(0, 400)))) return
              times.push(performance.now() - sentAt)
              resolve()
            }
          }),
      ),
    )
    receivers[side][0].ws.send(JSON.stringify({ type: 'chat_message', content: 'to everybody' }))
    await all
  }
  return { rate: times.length / ((performance.now() - startedAt) / 1000), times }
}

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]
const spread = (values) => [0, 0.5, 1].map((share) => quantile(values, share).toFixed(1)).join(' / ')

try {
  await run('taskset', ['-acp', '1', String(process.pid)])
  await fillOld()
  await fillNew()
  await start('old', '/usr/bin/python3', ['-m', 'daphne', '--bind', '127.0.0.1', '--port', String(ports.old), 'project.asgi:application'], project)
  await start('new', process.execPath, [main, 'serve'], folder)
  const cases = { 'customers page of 10': page(10), 'customers page of 100': page(100), 'chat send to echo': echo, [`push to ${peers} sockets`]: push }
  for (const side of ['old', 'new']) while (receivers[side].length < peers) receivers[side].push(...(await Promise.all(Array.from({ length: 10 }, () => connect(side, `/ws/chat/${idOf(100)}/`)))))
  const kept = Object.fromEntries(Object.keys(cases).map((name) => [name, { old: [], new: [] }]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, measure] of Object.entries(cases)) {
      for (const side of round % 2 === 0 ? ['old', 'new'] : ['new', 'old']) {
        const result = await measure(side)
        // The first round warms both up.
        if (round > 0) kept[name][side].push(result)
      }
    }
    process.stderr.write(`round ${round} of ${rounds}\n`)
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s, ${lanes} in flight`)
  console.log('rates a second in the median; ratios new to old of the same round (min / median / max); p99 in ms over all rounds')
  for (const [name, { old, new: ours }] of Object.entries(kept)) {
    const p99 = [old, ours].map((results) => quantile(results.flatMap(({ times }) => times), 0.99))
    const ratios = ours.map(({ rate }, round) => rate / old[round].rate)
    console.log(`${name.padEnd(22)} old ${quantile(old.map(({ rate }) => rate), 0.5).toFixed(0)} new ${quantile(ours.map(({ rate }) => rate), 0.5).toFixed(0)} ratio ${spread(ratios)}; p99 old ${p99[0].toFixed(1)} new ${p99[1].toFixed(1)}, ${(p99[0] / p99[1]).toFixed(1)} times`)
  }
} finally {
  for (const side of ['old', 'new']) for (const { ws } of receivers[side]) ws.terminate()
  for (const child of children) {
    const over = new Promise((resolve) => child.once('close', resolve))
    if (child.exitCode === null && child.kill()) await over
  }
  await run('dropdb', ['-h', '127.0.0.1', '-U', 'postgres', '--if-exists', '--force', database])
  await rm(folder, { recursive: true, force: true })
}
