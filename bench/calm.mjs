// How long do messages of live sockets take, and how late is the server's loop, while far more want in than get in?
//
//   npm run build && node bench/calm.mjs [rounds] [seconds] [servers, as a regular expression]
//
// Fifty live sockets say something ten times a second each and wait for its echo, first on a calm server, then under floods of connects that are let in
// and leave (good), carry a forged token (bad) or come from a banned address (banned). 64 in flight fill a server; each flood keeps 640 in flight,
// so that its accept queue (511) is always full, which is all a server ever sees of ten times its capacity. The server has one core (Linux
// `taskset`), load and live sockets the other: the load takes what the live sockets leave of it (`chrt --idle`), and they have priority when run as root. `bare` is a ws server that checks nothing and lets
// in every flood; `bare again` is the null pair. `4 MiB young` runs with --max-semi-space-size=4: less garbage at once, so shorter pauses for it.
import { execFile, fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket, WebSocketServer } from 'ws'
import { createGate } from '../dist/index.js'
import { openFastLane } from '../dist/node/fast-lane.js'

const run = promisify(execFile)
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const huge = 1_000_000_000
const millions = { max: 1_000_000, windowMs: 60_000 }
const live = 50
const inFlight = 640
const floods = ['calm', 'good', 'bad', 'banned']
const attackers = { good: '127.0.0.1', bad: '127.0.0.2', banned: '127.0.0.3' }

const serve = async (kind) => {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const server = http.createServer()
  const echo = (ws) => ws.on('message', (data) => ws.send(data, { binary: false }))
  if (kind.startsWith('bare')) {
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined)
      wss.handleUpgrade(request, socket, head, (ws) => {
        ws.on('error', () => undefined)
        echo(ws)
      })
    })
  } else {
    const gate = await createGate({
      issuers: [{ profile: 'classic', algorithms: ['HS512'], secret }],
      lookupUser: async (id) => ({ id, active: true }),
      limits: { userConnects: millions, addressConnects: millions, userSockets: 1_000_000, addressSockets: 1_000_000, nodeSockets: 1_000_000 },
      addressBudget: { capacity: huge, refillPerSecond: huge },
      ladder: { mode: 'off' },
    })
    server.on('upgrade', gate.upgrade(wss, echo))
    if (kind.startsWith('gate, fast lane')) openFastLane(server)
    await gate.bans.add({ kind: 'network', network: attackers.banned }, { reason: 'bench', actor: 'bench', force: true })
  }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  process.on('message', (asked) => {
    if (asked === 'reset') delay.reset()
    process.send({ p50: delay.percentile(50) / 1e6 - 1, p99: delay.percentile(99) / 1e6 - 1, max: delay.max / 1e6 - 1 })
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mint = (user) => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ user_id: String(user), type: 'access', created_at: `${new Date().toISOString().slice(0, 19).replace('T', ' ')} +0000` })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}

/** Live sockets: each says something every 100 ms, at moments of its own. */
const talk = async (port) => {
  const times = []
  const sockets = await Promise.all(
    Array.from({ length: live }, (_, index) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws/?token=${mint(`live${index}`)}`, { perMessageDeflate: false })
      let sentAt = 0
      ws.on('message', () => {
        times.push(performance.now() - sentAt)
        sentAt = 0
      })
      return new Promise((resolve, reject) => {
        ws.on('error', reject)
        ws.on('open', () =>
          setTimeout(() => {
            setInterval(() => {
              // Whoever waits for an echo yet says nothing new; its time counts when it comes.
              if (sentAt !== 0) return
              sentAt = performance.now()
              ws.send('{"hello":"world"}')
            }, 100)
            resolve(ws)
          }, index * 2),
        )
      })
    }),
  )
  process.on('message', (asked) => {
    if (asked === 'times') process.send(times.splice(0))
    else for (const ws of sockets) ws.terminate()
  })
  process.send('talking')
}

const closeFrame = Buffer.from('88820000000003e8', 'hex')
/** Keeps connecting from one address with one handshake after another. */
const flood = async (kind, port) => {
  let done = 0
  const token = mint('1')
  const sent = kind === 'bad' ? `${token.slice(0, -6)}AAAAAA` : token
  const handshake = `GET /ws/?token=${sent} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  const knock = () => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: attackers[kind] }, () => socket.write(handshake))
    let answered = false
    socket.on('data', (data) => {
      if (!answered && data.toString('latin1', 0, 12).endsWith('101')) socket.write(closeFrame)
      answered = true
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (answered) done += 1
      knock()
    })
  }
  for (let index = 0; index < inFlight; index += 1) knock()
  process.on('message', () => {
    process.send(done)
    done = 0
  })
  process.send('flooding')
}

const pin = async (pid, core, nice) => {
  await run('taskset', ['-acp', String(core), String(pid)]).catch(() => console.log('taskset is not here: everything shares the cores'))
  if (nice !== undefined) await run('renice', ['-n', String(nice), '-p', String(pid)]).catch(() => undefined)
}
const self = fileURLToPath(import.meta.url)
const begin = async (words, core, nice) => {
  const child = fork(self, words, { execArgv: words[1]?.endsWith('4 MiB young') ? ['--max-semi-space-size=4'] : [] })
  const first = once(child, 'message')
  await pin(child.pid, core, nice)
  // A flood is no neighbour of whoever waits for an answer: it takes what the live sockets leave of their core.
  if (words[0] === 'flood') await run('chrt', ['--all-tasks', '--idle', '--pid', '0', String(child.pid)]).catch(() => console.log('chrt is not here: the flood takes its share of the core'))
  return { child, first: (await first)[0] }
}
const ask = (child, question) =>
  new Promise((resolve) => {
    child.once('message', resolve)
    child.send(question)
  })
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
const spread = (values) => [0, 0.5, 1].map((share) => quantile(values, share).toFixed(2)).join(' / ')

const main = async () => {
  const rounds = Number(process.argv[2] ?? 3)
  const seconds = Number(process.argv[3] ?? 3)
  const chosen = new RegExp(process.argv[4] ?? '')
  await pin(process.pid, 1)
  const kinds = ['bare', 'bare again', 'gate, fast lane', 'gate, fast lane, 4 MiB young', 'gate'].filter((kind) => chosen.test(kind))
  const seen = Object.fromEntries(kinds.map((kind) => [kind, Object.fromEntries(floods.map((name) => [name, { p50: [], p99: [], rate: [], loop50: [], loop99: [], loopMax: [] }]))]))
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const { child: server, first } = await begin(['serve', kind], 0)
      // A process that has just started is late, and a gate refuses while it is.
      await sleep(1_000)
      const { child: talkers } = await begin(['talk', String(first.port)], 1, -10)
      await sleep(500)
      for (const name of floods) {
        const flooding = name === 'calm' ? undefined : (await begin(['flood', name, String(first.port)], 1)).child
        await sleep(500)
        await ask(talkers, 'times')
        await ask(server, 'reset')
        if (flooding) await ask(flooding, 'count')
        await sleep(seconds * 1_000)
        const count = flooding ? await ask(flooding, 'count') : 0
        const [times, loop] = [await ask(talkers, 'times'), await ask(server, 'delay')]
        flooding?.kill()
        const row = seen[kind][name]
        row.p50.push(quantile(times, 0.5))
        row.p99.push(quantile(times, 0.99))
        row.rate.push(count / seconds)
        row.loop50.push(loop.p50)
        row.loop99.push(loop.p99)
        row.loopMax.push(loop.max)
        await sleep(300)
      }
      talkers.kill()
      server.kill()
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`)
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${seconds} s, ${live} live sockets, ${inFlight} connects in flight`)
  console.log('min / median / max over the rounds; times in ms; ratios of the same round')
  for (const kind of kinds) {
    for (const name of floods) {
      const { p50, p99, rate, loop50, loop99, loopMax } = seen[kind][name]
      const calm = p99.map((value, round) => value / seen[kind].calm.p99[round])
      const bare = loop99.map((value, round) => value / (seen.bare?.[name].loop99[round] ?? Number.NaN))
      console.log(`${kind.padEnd(28)} ${name.padEnd(7)} connects/s ${spread(rate)}  message p50 ${spread(p50)}  p99 ${spread(p99)}  p99 to calm ${spread(calm)}  loop p50 ${spread(loop50)} p99 ${spread(loop99)} max ${spread(loopMax)}  loop p99 to bare ${spread(bare)}`)
    }
  }
}

const [, , role, ...words] = process.argv
if (role === 'serve') await serve(words[0])
else if (role === 'talk') await talk(words[0])
else if (role === 'flood') await flood(words[0], words[1])
else await main()
