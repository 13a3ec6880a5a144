// How much faster does one push reach 1,000 sockets than a loop of `ws.send`?
//
//   npm run build && node bench/push.mjs [sockets] [pushes]
//
// The same server process holds the same sockets; rounds alternate between the two ways, and a second loop stands as the null pair. Measured is
// the time of the server's main thread for a batch of pushes, until the operating system has taken them all.
import { fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import { createGate, createPush } from '../dist/index.js'

const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mint = (user) => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ sub: user, exp: Math.floor(Date.now() / 1000) + 3600 })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
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
  const pushes = Number(process.argv[3] ?? 30)
  const many = 1_000_000
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userConnects: { max: many, windowMs: 60_000 }, addressConnects: { max: many, windowMs: 60_000 }, addressSockets: many, nodeSockets: many },
    addressBudget: { capacity: 1_000_000_000, refillPerSecond: 1_000_000_000 },
    capacity: { maxLoopDelayMs: 10_000 },
  })
  const sockets = []
  const server = http.createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false }), (ws) => sockets.push(ws)))
  const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
  const peers = fork(fileURLToPath(import.meta.url), ['peers', String(port), String(count)])
  await new Promise((resolve) => peers.once('message', resolve))

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
    push: (index) => {
      everybody.send(createPush('critical', message(index)))
    },
  }
  const rates = Object.fromEntries(Object.keys(ways).map((way) => [way, []]))
  for (let round = 0; round < 12; round += 1) {
    for (const [way, send] of Object.entries(ways)) {
      const startedAt = performance.now()
      for (let index = 0; index < pushes; index += 1) {
        send(index)
        await drained()
      }
      // The first rounds warm the code up.
      if (round >= 2) rates[way].push((count * pushes) / (performance.now() - startedAt))
    }
  }
  const summary = (values) => {
    const sorted = [...values].sort((a, b) => a - b)
    return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(2)).join(' / ')
  }
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${count} sockets, ${pushes} pushes a round, 10 rounds`)
  console.log('messages a millisecond (min / median / max), ratio to the loop of the same round (min / median / max)')
  for (const way of Object.keys(ways)) console.log(`${way.padEnd(18)} ${summary(rates[way])}   ${summary(rates[way].map((rate, round) => rate / rates.loop[round]))}`)
  peers.kill()
  process.exit()
}
