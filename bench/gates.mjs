// How many handshakes a second does one core refuse, as a ratio to gates as they are usually written?
//
//   npm run build && node bench/gates.mjs [rounds] [seconds]
//
// `ws gate` is a ws server with jsonwebtoken, Redis and PostgreSQL as people write it; `Channels` is bench/channels_gate.py under daphne (Debian's
// Django Channels and django-redis). Both ask Redis whether the address is banned, verify the token, look the user up and count the connect. `gate`
// is createGate on a hardened server, `serve` the whole server with its users in the same PostgreSQL. Each server has one core (Linux `taskset`)
// and the load (bench/knock.c) the other; PostgreSQL and Redis, which on this machine must be there, are not pinned. Forged tokens come from one
// address, a banned address is another; all servers take turns within each round, and `ws gate again` is the null pair. Beside the rates stand the
// share of the time in which the load waited for the server (near 0 the load is the limit, and the rate says less than the server can), and refusals
// per second of processor time of the server (all its threads; not PostgreSQL's and Redis's), which hardly depend on what else the machine does.
import { execFile, fork, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createClient } from '@redis/client'
import jwt from 'jsonwebtoken'
import { Pool } from 'pg'
import { WebSocketServer } from 'ws'
import { createGate } from '../dist/index.js'
import { createHardenedServer } from '../dist/node/hardened-server.js'
import { knockOnce, openLoad } from './knock.mjs'

const run = promisify(execFile)
const self = fileURLToPath(import.meta.url)
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const redisUrl = 'redis://127.0.0.1:6379/13'
const million = '1000000'
const inFlight = 64
const warm = 20_000
const tokens = 20_000
const addresses = { forged: '127.0.0.2', banned: '127.0.0.3' }
const floods = Object.keys(addresses)

const usualGate = async (database) => {
  const pool = new Pool({ host: '127.0.0.1', user: 'postgres', database })
  const redis = await createClient({ url: redisUrl }).connect()
  const wss = new WebSocketServer({ noServer: true })
  const server = http.createServer()
  const refuse = (socket, status) => {
    socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    socket.destroy()
  }
  const admit = async (request, socket, head) => {
    socket.on('error', () => undefined)
    if (await redis.get(`blacklist_${request.socket.remoteAddress}`)) return refuse(socket, '403 Forbidden')
    let claims
    try {
      claims = jwt.verify(new URL(request.url, 'http://localhost').searchParams.get('token'), secret, { algorithms: ['HS512'] })
    } catch {
      return refuse(socket, '401 Unauthorized')
    }
    const { rows } = await pool.query('select id from accounts_user where id = $1 and is_active', [claims.user_id])
    if (rows.length === 0) return refuse(socket, '401 Unauthorized')
    const connects = await redis.incr(`connects_${claims.user_id}`)
    if (connects === 1) await redis.expire(`connects_${claims.user_id}`, 60)
    wss.handleUpgrade(request, socket, head, (ws) => ws.on('error', () => undefined))
  }
  server.on('upgrade', (...upgrade) => void admit(...upgrade))
  return server
}

const ourGate = async (database) => {
  const pool = new Pool({ host: '127.0.0.1', user: 'postgres', database })
  const wide = { max: 1_000_000, windowMs: 60_000 }
  const gate = await createGate({
    issuers: [{ profile: 'classic', algorithms: ['HS512'], secret }],
    lookupUser: async (id) => {
      const { rows } = await pool.query('select is_active from accounts_user where id = $1', [id])
      return rows[0] && { id, active: rows[0].is_active }
    },
    limits: { userConnects: wide, addressConnects: wide, userSockets: 1e6, addressSockets: 1e6, nodeSockets: 1e6 },
    addressBudget: { capacity: 1e9, refillPerSecond: 1e9 },
    ladder: { mode: 'off' },
    refusals: 'http',
  })
  await gate.bans.add({ kind: 'network', network: addresses.banned }, { reason: 'bench', actor: 'bench', force: true })
  return createHardenedServer({ onRequest: (_request, response) => response.end(), onUpgrade: gate.upgrade(new WebSocketServer({ noServer: true }), () => undefined) })
}

const serve = async (kind, port, database) => {
  const server = await (kind === 'gate' ? ourGate : usualGate)(database)
  server.listen(Number(port), '127.0.0.1', () => process.send('listening'))
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const targetOf = (token) => `/ws/customers/?token=${token}`
let minted = 0
const mint = () => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ user_id: '1', type: 'access', exp: Math.floor(Date.now() / 1000) + 3600, jti: String((minted += 1)), created_at: `${new Date().toISOString().slice(0, 19).replace('T', ' ')} +0000` })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}

/** Seconds of processor time that a process has used, in ticks of 10 ms. */
const usedSeconds = async (pid) => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
const listens = (port) =>
  new Promise((resolve) => {
    const probe = net.connect(port, '127.0.0.1', () => resolve(!probe.destroy().connecting)).on('error', () => resolve(false))
  })
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]
const spread = (values, digits) => [0, 0.5, 1].map((share) => quantile(values, share).toFixed(digits)).join(' / ')

const main = async () => {
  const rounds = Number(process.argv[2] ?? 5)
  const seconds = Number(process.argv[3] ?? 1.5)
  const database = `bench_gates_${process.pid}`
  const folder = await mkdtemp(join(os.tmpdir(), 'sallyport-bench-'))
  const kinds = ['ws gate', 'ws gate again', 'gate', 'serve', 'Channels']
  const ports = Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await freePort()])))
  const redis = await createClient({ url: redisUrl }).connect()
  const internal = await freePort()
  const wide = Object.fromEntries(
    ['USER_CONNECTS_MAX', 'ADDRESS_CONNECTS_MAX', 'USER_SOCKETS', 'ADDRESS_SOCKETS', 'ADDRESS_BUDGET_CAPACITY', 'ADDRESS_BUDGET_REFILL_PER_SECOND'].map((key) => [`SALLYPORT_LIMITS_${key}`, million]),
  )
  const env = {
    ...process.env,
    ...wide,
    PYTHONDONTWRITEBYTECODE: '1',
    SECRET_KEY: secret,
    DB_NAME: database,
    REDIS_URL: redisUrl,
    SALLYPORT_TOKENS_PROFILE: 'classic',
    SALLYPORT_TOKENS_SECRET: secret,
    SALLYPORT_REFUSALS: 'http',
    SALLYPORT_BANS_LADDER_MODE: 'off',
    SALLYPORT_USERS_URL: `postgres://postgres@127.0.0.1:5432/${database}`,
    SALLYPORT_USERS_QUERY: 'select id, is_active from accounts_user where id = $1',
    SALLYPORT_LISTEN_PORT: String(ports.serve),
    SALLYPORT_INTERNAL_PORT: String(internal),
  }
  const children = []
  const pids = {}
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
  try {
    await run('taskset', ['-acp', '1', String(process.pid)])
    await run('createdb', ['-h', '127.0.0.1', '-U', 'postgres', database])
    await run('psql', ['-qh', '127.0.0.1', '-U', 'postgres', '-c', "create table accounts_user (id text primary key, is_active boolean); insert into accounts_user select n::text, true from generate_series(1, 1000) n", database])
    // As django-redis names and packs it, and as the ws gate does.
    await redis.set(`blacklist_${addresses.banned}`, '1')
    await redis.set(`:1:blacklist_${addresses.banned}`, '1')
    const begin = (kind, child) => {
      children.push(child)
      pids[kind] = child.pid
    }
    for (const kind of kinds.slice(0, 3)) begin(kind, fork(self, ['serve', kind, String(ports[kind]), database]))
    begin('Channels', spawn('/usr/bin/python3', ['-m', 'daphne', '--bind', '127.0.0.1', '--port', String(ports.Channels), 'channels_gate:application'], { cwd: dirname(self), env, stdio: 'ignore' }))
    begin('serve', spawn(process.execPath, [cli, 'serve'], { cwd: folder, env, stdio: 'ignore' }))
    for (const kind of kinds) while (!(await listens(ports[kind]))) await new Promise((resolve) => setTimeout(resolve, 50))
    while (!(await listens(internal))) await new Promise((resolve) => setTimeout(resolve, 50))
    await run(process.execPath, [cli, 'ban', 'add', addresses.banned, '--hours', '1', '--reason', 'bench', '--yes', '--force'], { cwd: folder, env })
    for (const { pid } of children) await run('taskset', ['-acp', '0', String(pid)])
    for (const kind of kinds) {
      const good = await knockOnce(ports[kind], '127.0.0.1', targetOf(mint()))
      if (good !== 101) throw new Error(`${kind} answered a good handshake with ${good}`)
    }

    const load = await openLoad(folder, inFlight)
    const targets = { banned: Array.from({ length: tokens }, () => targetOf(mint())), forged: Array.from({ length: tokens }, () => targetOf(`${mint().slice(0, -6)}AAAAAA`)) }
    const drive = async (kind, flood) => {
      const { statuses, elapsed, waited } = await load.knock(ports[kind], addresses[flood], seconds, targets[flood], true)
      const others = Object.keys(statuses).filter((status) => status !== '401' && status !== '403')
      if (others.length > 0) throw new Error(`${kind}, ${flood}: answered ${JSON.stringify(statuses)}`)
      return { refused: Object.values(statuses).reduce((sum, count) => sum + count, 0), elapsed, waited }
    }
    // A server that has seen few connections runs code that nobody has optimised: all have seen as many of each flood, but Python, which gains nothing by it.
    for (const kind of kinds)
      for (const flood of floods) for (let seen = 0; seen < (kind === 'Channels' ? 1 : warm); ) seen += (await drive(kind, flood)).refused
    const rates = Object.fromEntries(kinds.map((kind) => [kind, { forged: [], banned: [], cpu: { forged: [], banned: [] }, waited: { forged: [], banned: [] } }]))
    for (let round = 1; round <= rounds; round += 1) {
      for (const flood of floods) {
        for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
          const before = await usedSeconds(pids[kind])
          const { refused, elapsed, waited } = await drive(kind, flood)
          rates[kind][flood].push(refused / elapsed)
          rates[kind].cpu[flood].push(refused / ((await usedSeconds(pids[kind])) - before))
          rates[kind].waited[flood].push(waited ?? Number.NaN)
        }
      }
      process.stderr.write(`round ${round} of ${rounds}\n`)
    }
    console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s, ${inFlight} in flight; ${load.words}`)
    console.log('refused a second (min / median / max); ratio to the ws gate, and to Channels, of the same round; share of the time in which the load waited')
    for (const flood of floods) {
      for (const kind of kinds) {
        const own = rates[kind][flood]
        const to = (peer) => spread(own.map((rate, round) => rate / rates[peer][flood][round]), 2)
        console.log(`${flood.padEnd(7)} ${kind.padEnd(14)} ${spread(own, 0)}   ${to('ws gate')}   ${to('Channels')}   ${spread(rates[kind].waited[flood], 2)}`)
      }
    }
    console.log('the same for refusals per second of processor time of the server')
    for (const flood of floods) {
      for (const kind of kinds) {
        const own = rates[kind].cpu[flood]
        const to = (peer) => spread(own.map((rate, round) => rate / rates[peer].cpu[flood][round]), 2)
        console.log(`${flood.padEnd(7)} ${kind.padEnd(14)} ${spread(own, 0)}   ${to('ws gate')}   ${to('Channels')}`)
      }
    }
  } finally {
    for (const child of children) {
      const over = new Promise((resolve) => child.once('close', resolve))
      if (child.exitCode === null && child.kill()) await over
    }
    await redis.flushDb()
    await redis.close()
    await run('dropdb', ['-h', '127.0.0.1', '-U', 'postgres', '--if-exists', '--force', database])
    await rm(folder, { recursive: true, force: true })
  }
}

await (process.argv[2] === 'serve' ? serve(...process.argv.slice(3)) : main())
