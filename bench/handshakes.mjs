// How many authenticated handshakes a second does one core carry, as a ratio to a bare `ws` server that checks nothing?
//
//   npm run build && node bench/handshakes.mjs [rounds] [seconds] [variants, as a regular expression] [generations]
//
// Servers run on one core, the load (bench/knock.c) on the other (Linux `taskset`); variants are interleaved within a round, and every ratio is taken
// inside its round. Two processes of one program differ by up to a third for as long as they live, so each generation has servers of its own: the medians of
// the generations stand beside that of all rounds. Beside the rates stands the share of the time in which the load waited for the server: near 0 the load is the limit. `bare again` is the null pair: the same server twice. Part of the gate's ratio comes from its close guards and from the shared
// shapes of its sockets and ticks, so a bare server with both stands beside it, `bare guarded`.
import { execFile, fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocketServer } from 'ws'
import { createGate } from '../dist/index.js'
import { guardClose, guardReceiver } from '../dist/node/close-guards.js'
import { openFastLane } from '../dist/node/fast-lane.js'
import { shareSocketShapes } from '../dist/node/share-socket-shapes.js'
import { shareTickShapes } from '../dist/node/share-tick-shapes.js'
import { createMemoryLimits } from '../dist/stores/memory/memory-limits.js'
import { knockOnce, openLoad } from './knock.mjs'

const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const run = promisify(execFile)
const users = 10_000
const inFlight = 64
const warm = 30_000
const huge = 1_000_000_000
const loopTickMs = 10

const serve = async (kind) => {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const server = http.createServer()
  const counts = { limits: 0, lookups: 0, decided: 0 }
  if (kind.startsWith('gate')) {
    const table = new Map(Array.from({ length: users }, (_, index) => [String(index), { id: String(index), active: true }]))
    const window = { max: 1_000_000, windowMs: 60_000 }
    const limits = createMemoryLimits({ userConnects: window, addressConnects: window, userSockets: 1e6, addressSockets: 1e6, nodeSockets: 1e6 })
    const gate = await createGate({
      issuers: [{ profile: 'classic', algorithms: ['HS512'], secret }],
      userCache: kind.startsWith('gate cold') ? { entries: 1, maxStaleMs: 0 } : {},
      lookupUser: async (id) => {
        counts.lookups += 1
        return table.get(id)
      },
      limitsStore: {
        take(ask, deadline) {
          counts.limits += 1
          return limits.take(ask, deadline)
        },
        peek: (ask, deadline) => limits.peek(ask, deadline),
        release: (lease) => limits.release(lease),
      },
      addressBudget: { capacity: huge, refillPerSecond: huge },
      capacity: { maxLoopDelayMs: 10_000 },
      events: {
        decided() {
          counts.decided += 1
        },
      },
    })
    server.on('upgrade', gate.upgrade(wss, () => undefined))
    if (kind.endsWith('lane')) openFastLane(server)
    if (kind.startsWith('gate banned')) await gate.bans.add({ kind: 'network', network: '127.0.0.1' }, { reason: 'bench', actor: 'bench', force: true })
  } else {
    const guarded = kind.startsWith('bare guarded')
    if (guarded) {
      shareTickShapes()
      shareSocketShapes()
    }
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined)
      if (guarded) guardClose(socket)
      wss.handleUpgrade(request, socket, head, (ws) => {
        if (guarded) guardReceiver(ws)
        ws.on('error', () => undefined)
      })
    })
    if (kind.endsWith('lane')) openFastLane(server)
  }
  const delay = monitorEventLoopDelay({ resolution: loopTickMs })
  delay.enable()
  process.on('message', (asked) => {
    if (asked === 'exit') process.exit(0)
    const cpu = process.cpuUsage()
    process.send({ counts: { ...counts }, cpuMs: (cpu.user + cpu.system) / 1000, lateMs: delay.percentile(99) / 1e6 - loopTickMs })
    delay.reset()
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = b64({ alg: 'HS512', typ: 'JWT' })
let minted = 0
const mint = (user, unique) => {
  const createdAt = `${new Date().toISOString().slice(0, 19).replace('T', ' ')} +0000`
  const body = `${header}.${b64({ user_id: String(user), type: 'access', created_at: createdAt, ...(unique ? { jti: String((minted += 1)) } : {}) })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
}

const summary = (values) => `${Math.min(...values).toFixed(2)} / ${median(values).toFixed(2)} / ${Math.max(...values).toFixed(2)}`



const pin = async (pid, core) => {
  try {
    await run('taskset', ['-acp', String(core), String(pid)])
  } catch {
    console.log('taskset is not here: servers and load share the cores')
  }
}

const main = async () => {
  const rounds = Number(process.argv[2] ?? 7)
  const seconds = Number(process.argv[3] ?? 2)
  const generations = Number(process.argv[5] ?? 1)
  await pin(process.pid, 1)
  const folder = await mkdtemp(join(os.tmpdir(), 'sallyport-bench-'))
  const load = await openLoad(folder, inFlight)
  const held = Array.from({ length: users }, (_, user) => `/ws/?token=${mint(user, false)}`)
  let turn = 0
  const fresh = () => `/ws/?token=${mint((turn += 1) % users, true)}`
  const forged = () => `${fresh().slice(0, -4)}AAAA`
  // Tokens of a slice are ready before it, more of them than any server takes in its time; the slice ends when they do.
  const many = (make) => () => Array.from({ length: Math.ceil(30_000 * seconds) }, make)
  const chosen = new RegExp(process.argv[4] ?? '')
  const all = {
    bare: () => ['/ws/'],
    'bare again': () => ['/ws/'],
    'bare guarded': () => ['/ws/'],
    'bare guarded, fast lane': () => ['/ws/'],
    'gate cold': many(fresh),
    'gate cached': () => held,
    'gate cold, fast lane': many(fresh),
    'gate cached, fast lane': () => held,
    'gate refused': many(forged),
    'gate refused, fast lane': many(forged),
    'gate banned': () => held.slice(0, 1),
    'gate banned, fast lane': () => held.slice(0, 1),
  }
  const variants = Object.fromEntries(Object.entries(all).filter(([kind]) => kind === 'bare' || chosen.test(kind)))
  let servers = {}
  const raise = async (kind) => {
    const child = fork(fileURLToPath(import.meta.url), ['serve', kind])
    // Listened for before anything else is waited for: a message that nobody listens for is lost.
    const listening = new Promise((resolve) => child.once('message', resolve))
    await pin(child.pid, 0)
    const { port } = await listening
    servers[kind] = { child, port }
    // A server that has seen few connections still runs code that nobody has optimised: every variant has seen as many before it is measured.
    for (let seen = 0; seen < warm; ) seen += (await drive(kind, variants[kind]())).count
    // Every token has to be known before the cached variant is measured.
    if (kind.startsWith('gate cached'))
      for (let from = 0; from < users; from += inFlight) await Promise.all(held.slice(from, from + inFlight).map((target) => knockOnce(port, '127.0.0.1', target)))
    process.stderr.write(`${kind} is warm\n`)
  }
  const ask = (child) =>
    new Promise((resolve) => {
      child.once('message', resolve)
      child.send('counts')
    })
  const drive = async (kind, targets) => {
    const once = kind.startsWith('gate cold') || kind.startsWith('gate refused')
    const { statuses, elapsed, waited } = await load.knock(servers[kind].port, '127.0.0.1', seconds, targets, !once)
    const count = Object.values(statuses).reduce((sum, each) => sum + each, 0)
    return { count, refused: count - (statuses[101] ?? 0), rate: count / elapsed, waited: waited ?? Number.NaN }
  }
  const rates = Object.fromEntries(Object.keys(variants).map((kind) => [kind, []]))
  // What a connect costs the server in processor time hardly depends on what else the machine does.
  const perCpuSecond = Object.fromEntries(Object.keys(variants).map((kind) => [kind, []]))
  const lateMs = Object.fromEntries(Object.keys(variants).map((kind) => [kind, []]))
  const waited = Object.fromEntries(Object.keys(variants).map((kind) => [kind, []]))
  for (let round = 0; round < rounds * generations; round += 1) {
    if (round % rounds === 0) {
      for (const { child } of Object.values(servers)) child.kill()
      servers = {}
      for (const kind of Object.keys(variants)) await raise(kind)
    }
    // Every other round goes the other way, so that none of them is always the one that begins.
    const order = Object.entries(variants)
    for (const [kind, targets] of round % 2 === 0 ? order : order.toReversed()) {
      const ready = targets()
      const start = await ask(servers[kind].child)
      const before = start.counts
      const result = await drive(kind, ready)
      const end = await ask(servers[kind].child)
      const after = end.counts
      if (kind.startsWith('gate c')) {
        const took = after.limits - before.limits
        const looked = after.lookups - before.lookups
        if (result.refused > 0) throw new Error(`${kind}: ${result.refused} were refused`)
        if (took !== result.count) throw new Error(`${kind}: ${took} limits calls for ${result.count} admissions`)
        if (kind.startsWith('gate cold') && looked !== result.count) throw new Error(`${kind}: ${looked} look-ups for ${result.count} admissions`)
      }
      rates[kind].push(result.rate)
      perCpuSecond[kind].push((result.count * 1000) / (end.cpuMs - start.cpuMs))
      lateMs[kind].push(end.lateMs)
      waited[kind].push(result.waited)
    }
    process.stderr.write(`round ${round + 1} of ${rounds * generations}\n`)
  }
  for (const { child } of Object.values(servers)) child.kill()
  await rm(folder, { recursive: true, force: true })

  const byGeneration = (ratios) => Array.from({ length: generations }, (_, index) => median(ratios.slice(index * rounds, (index + 1) * rounds)).toFixed(2)).join(' ')
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${generations} generations of ${rounds} rounds of ${seconds} s, ${inFlight} in flight; ${load.words}`)
  console.log('variant: connects a second (min / median / max), ratio to bare of the same round, the median of it in each generation, share of the time in which the load waited')
  for (const kind of Object.keys(variants)) {
    const ratios = rates[kind].map((rate, round) => rate / rates.bare[round])
    console.log(`${kind.padEnd(24)} ${summary(rates[kind])}   ${summary(ratios)}   ${byGeneration(ratios)}   ${summary(waited[kind])}`)
  }
  console.log('the same for connects per second of processor time of the server')
  for (const kind of Object.keys(variants)) {
    const ratios = perCpuSecond[kind].map((rate, round) => rate / perCpuSecond.bare[round])
    console.log(`${kind.padEnd(24)} ${summary(perCpuSecond[kind])}   ${summary(ratios)}   ${byGeneration(ratios)}`)
  }
  console.log('p99 of the delay of the event loop of the server, ms (min / median / max)')
  for (const kind of Object.keys(variants)) console.log(`${kind.padEnd(24)} ${summary(lateMs[kind])}`)
  for (const lane of ['', ', fast lane']) {
    const over = (kind) => summary(rates[`${kind}${lane}`].map((rate, round) => rate / rates[`gate cached${lane}`][round]))
    if ([`gate refused${lane}`, `gate banned${lane}`, `gate cached${lane}`].every((kind) => kind in variants))
      console.log(`refused token / admitted (cached)${lane}: ${over('gate refused')}; banned address / admitted (cached)${lane}: ${over('gate banned')}`)
  }
}

await (process.argv[2] === 'serve' ? serve(process.argv[3]) : main())
