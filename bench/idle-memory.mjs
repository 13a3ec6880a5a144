// How much memory does an idle authenticated socket cost, beside a bare `ws` socket?
//
//   npm run build && node --expose-gc bench/idle-memory.mjs [sockets]
//
// Each kind runs in a process of its own; the peers live in another one. Measured is the server's resident memory, after a full collection,
// before and after the sockets opened, by socket. Rounds alternate.
import { fork } from 'node:child_process'
import http from 'node:http'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import { mint, next, roomyGate } from './stage.mjs'

const self = fileURLToPath(import.meta.url)

const serve = async (kind) => {
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const server = http.createServer()
  let open = 0
  if (kind === 'gate') {
    const gate = await roomyGate()
    server.on('upgrade', gate.upgrade(wss, () => { open += 1 }))
  } else {
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (ws) => {
        open += 1
        ws.on('error', () => undefined)
        ws.on('message', () => undefined)
        ws.on('close', () => undefined)
      })
    })
  }
  const answer = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    process.send({ open, rss: process.memoryUsage().rss })
  }
  process.on('message', () => void answer())
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

const peers = async (port, count) => {
  const open = (index) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/ws/?token=${mint(`user-${Math.floor(index / 2)}`)}`, { perMessageDeflate: false })
      ws.on('open', () => resolve(ws))
      ws.on('error', reject)
    })
  const kept = []
  for (let from = 0; from < count; from += 100) kept.push(...(await Promise.all(Array.from({ length: Math.min(100, count - from) }, (_, index) => open(from + index)))))
  process.send({ kept: kept.length })
}

const measure = async (kind, count) => {
  const child = fork(self, ['serve', kind], { execArgv: ['--expose-gc'] })
  const { port } = await next(child)
  // The first sockets warm the code up; they are part of the process, not of the price of a socket.
  const warm = fork(self, ['peers', String(port), '200'])
  await next(warm)
  child.send('rss')
  const before = await next(child)
  const crowd = fork(self, ['peers', String(port), String(count)])
  await next(crowd)
  child.send('rss')
  const after = await next(child)
  for (const process_ of [child, warm, crowd]) process_.kill()
  if (after.open - before.open !== count) throw new Error(`${after.open - before.open} of ${count} sockets are open`)
  return (after.rss - before.rss) / count / 1024
}

const main = async () => {
  const count = Number(process.argv[2] ?? 5_000)
  const kinds = ['bare', 'gate', 'bare again']
  const found = Object.fromEntries(kinds.map((kind) => [kind, []]))
  for (let round = 0; round < 3; round += 1) for (const kind of kinds) found[kind].push(await measure(kind, count))
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${count} sockets, 3 rounds; KiB of resident memory a socket (min / median / max)`)
  for (const kind of kinds) {
    const sorted = found[kind].sort((a, b) => a - b)
    console.log(`${kind.padEnd(11)} ${sorted.map((value) => value.toFixed(1)).join(' / ')}`)
  }
  console.log(`the gate over bare ws: ${(found.gate[1] - found.bare[1]).toFixed(1)} KiB a socket (median)`)
}

const [role, first, second] = process.argv.slice(2)
await (role === 'serve' ? serve(first) : role === 'peers' ? peers(Number(first), Number(second)) : main())
