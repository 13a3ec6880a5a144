// How much processor time do idle authenticated sockets take, which say something once and then only answer the heartbeat?
// node bench/idle-cpu.mjs [sockets, default 10000] [seconds, default 50: two heartbeats]
import { fork } from 'node:child_process'
import http from 'node:http'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import { mint, next, roomyGate } from './stage.mjs'

const self = fileURLToPath(import.meta.url)

const serve = async () => {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const server = http.createServer()
  const gate = await roomyGate()
  server.on('upgrade', gate.upgrade(wss, (ws) => ws.on('message', () => undefined)))
  process.on('message', () => process.send({ open: gate.sessions.count, cpu: process.cpuUsage() }))
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

const peers = async (port, count, from) => {
  const open = (index) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws/?token=${mint(`user-${from}-${Math.floor(index / 2)}`)}`, { perMessageDeflate: false, localAddress: `127.0.0.${2 + from}` })
      ws.on('open', () => {
        ws.send('hello')
        resolve(ws)
      })
      ws.on('error', reject)
    })
  for (let begun = 0; begun < count; begun += 100) await Promise.all(Array.from({ length: Math.min(100, count - begun) }, (_, index) => open(begun + index)))
  process.send('open')
}

const main = async () => {
  const count = Number(process.argv[2] ?? 10_000)
  const seconds = Number(process.argv[3] ?? 50)
  const server = fork(self, ['serve'])
  const { port } = await next(server)
  const ask = () => {
    const answered = next(server)
    server.send('cpu')
    return answered
  }
  /** Percent of a core over so many seconds. */
  const over = async (wait) => {
    const [{ cpu: before }, beganAt] = [await ask(), performance.now()]
    await new Promise((resolve) => setTimeout(resolve, wait * 1_000))
    const { cpu: after, open } = await ask()
    const percent = ((after.user + after.system - before.user - before.system) / 1_000 / (performance.now() - beganAt)) * 100
    return { open, percent }
  }
  const empty = await over(10)
  const crowds = [0, 1].map((from) => fork(self, ['peers', String(port), String(count / 2), String(from)]))
  await Promise.all(crowds.map(next))
  const full = await over(seconds)
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, load ${os.loadavg()[0].toFixed(1)}`)
  console.log(`no socket: ${empty.percent.toFixed(2)} % of a core over 10 s; ${full.open} sockets, a ping and a pong each 25 s: ${full.percent.toFixed(2)} % over ${seconds} s`)
  for (const child of [server, ...crowds]) child.kill()
}

const [role, first, second, third] = process.argv.slice(2)
await (role === 'serve' ? serve() : role === 'peers' ? peers(Number(first), Number(second), Number(third)) : main())
