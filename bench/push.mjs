// How much faster does one push reach 1,000 sockets than a loop of `ws.send`?
//
//   npm run build && node bench/push.mjs [sockets] [pushes] [rounds]
//
// The same server process holds the same sockets; rounds alternate between the ways, and a second loop stands as the null pair. Measured is
// the time of the server's main thread for a batch of pushes, until the operating system has taken them all. The server has one core and its peers the
// other (Linux `taskset`).
import { execFile, fork } from 'node:child_process'
import http from 'node:http'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket, WebSocketServer } from 'ws'
import { createPush } from '../dist/index.js'
import { mint, roomyGate } from './stage.mjs'

const pin = async (pid, core) => {
  try {
    await promisify(execFile)('taskset', ['-acp', String(core), String(pid)])
  } catch {
    console.log('taskset is not here: server and peers share the cores')
  }
}

if (process.argv[2] === 'peers') {
  const [, , , port, count] = process.argv
  let open = 0
  for (let index = 0; index < Number(count); index += 1) {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/?token=${mint(`user-${index}`)}`, { perMessageDeflate: false })
    ws.on('open', () => {
      open += 1
      if (open === Number(count)) process.send('open')
    })
    ws.on('message', () => undefined)
  }
} else {
  const count = Number(process.argv[2] ?? 1_000)
  const pushes = Number(process.argv[3] ?? 10)
  const rounds = Number(process.argv[4] ?? 60)
  const gate = await roomyGate()
  const sockets = []
  const server = http.createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false }), (ws) => sockets.push(ws)))
  const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
  const peers = fork(fileURLToPath(import.meta.url), ['peers', String(port), String(count)])
  const open = new Promise((resolve) => peers.once('message', resolve))
  await pin(process.pid, 0)
  await pin(peers.pid, 1)
  await open

  const message = (index) => ({ type: 'conversation.row', conversation: 'kH3x9QmZt1', unread: index, lastMessage: { content: 'x'.repeat(180), at: Date.now() } })
  const drained = async () => {
    while (sockets.some((ws) => ws.bufferedAmount > 0)) await new Promise((resolve) => setImmediate(resolve))
  }
  const everybody = gate.sessions.where(() => true)
  const ways = {
    loop: (index) => {
      const text = JSON.stringify(message(index))
      for (const ws of sockets) ws.send(text)
    },
    'loop again': (index) => {
      const text = JSON.stringify(message(index))
      for (const ws of sockets) ws.send(text)
    },
    'loop encoding each': (index) => {
      for (const ws of sockets) ws.send(JSON.stringify(message(index)))
    },
    // The least that a program on Node can do: a frame that is ready, one write for each socket, and nothing else.
    'bare write': (index) => {
      const { frame } = createPush('critical', message(index))
      for (const ws of sockets) ws._socket.write(frame)
    },
    push: (index) => {
      everybody.send(createPush('critical', message(index)))
    },
  }
  // Messages a millisecond of time, and of the processor's time, which hardly depends on what else the machine does.
  const rates = Object.fromEntries(Object.keys(ways).map((way) => [way, { time: [], processor: [] }]))
  for (let round = -10; round < rounds; round += 1) {
    for (const [way, send] of Object.entries(ways)) {
      const startedAt = performance.now()
      const before = process.cpuUsage()
      for (let index = 0; index < pushes; index += 1) {
        send(index)
        await drained()
      }
      // The first rounds warm the code up.
      if (round < 0) continue
      const { user, system } = process.cpuUsage(before)
      rates[way].time.push((count * pushes) / (performance.now() - startedAt))
      rates[way].processor.push((count * pushes * 1_000) / (user + system))
    }
  }
  const summary = (values) => {
    const sorted = [...values].sort((a, b) => a - b)
    return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(2)).join(' / ')
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${count} sockets, ${pushes} pushes a round, ${rounds} rounds`)
  for (const kind of ['time', 'processor']) {
    console.log(`messages a millisecond of ${kind === 'time' ? 'time' : 'processor time'} (min / median / max), ratio to the loop of the same round (min / median / max)`)
    for (const way of Object.keys(ways)) {
      const own = rates[way][kind]
      console.log(`${way.padEnd(18)} ${summary(own)}   ${summary(own.map((rate, round) => rate / rates.loop[kind][round]))}`)
    }
  }
  peers.kill()
  process.exit()
}
