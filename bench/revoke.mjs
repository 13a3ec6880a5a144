// How soon are the 1,000 live sockets of a revoked user closed, and do others notice?
//
//   npm run build && node bench/revoke.mjs [rounds] [sockets]
//
// The gate runs in a process of its own. Beside the user's sockets 50 of other users say something every 20 ms and are answered; the time of each
// answer is taken while nothing happens, again (the null pair), and in the second that begins with the revocation. Every ratio is taken inside its
// round. The user's sockets belong to the same client process, which has to read all their closes; that is in the numbers.
import { fork } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import http from 'node:http'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import { createGate } from '../dist/index.js'

const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const mint = (user) => {
  const now = Math.floor(Date.now() / 1000)
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ sub: user, iat: now - 5, exp: now + 3600, jti: randomUUID() })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}

const serve = async () => {
  const many = 1_000_000
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userConnects: { max: many, windowMs: 60_000 }, addressConnects: { max: many, windowMs: 60_000 }, userSockets: many, addressSockets: many, nodeSockets: many },
    addressBudget: { capacity: 1e9, refillPerSecond: 1e9 },
    capacity: { maxLoopDelayMs: 60_000, maxInFlight: 100_000 },
  })
  const server = http.createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false }), (ws) => ws.on('message', (data) => ws.send(data))))
  const revoke = async (userId) => {
    const now = Date.now()
    const startedAt = performance.now()
    const { sockets } = await gate.revocations.add({ kind: 'user', userId, before: now, until: now + 3_600_000 }, 'bench')
    process.send({ sockets, tookMs: performance.now() - startedAt })
  }
  process.on('message', (userId) => void revoke(userId))
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
const summary = (values, digits = 2) => {
  const sorted = values.toSorted((one, other) => one - other)
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(digits)).join(' / ')
}

const measure = async (rounds, count) => {
  const child = fork(fileURLToPath(import.meta.url), ['serve'])
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const { port } = await next()
  const open = (user) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false, headers: { authorization: `Bearer ${mint(user)}` } })
      ws.on('open', () => resolve(ws))
      ws.on('error', reject)
    })
  const openMany = async (users) => {
    const sockets = []
    for (let first = 0; first < users.length; first += 50) sockets.push(...(await Promise.all(users.slice(first, first + 50).map(open))))
    return sockets
  }
  let samples = []
  const others = await openMany(Array.from({ length: 50 }, (_, index) => `other-${index}`))
  const saidAt = new Map()
  others.forEach((ws, index) => ws.on('message', () => samples.push(performance.now() - saidAt.get(index))))
  others.forEach((ws, index) => setTimeout(() => setInterval(() => {
    saidAt.set(index, performance.now())
    ws.send('hello')
  }, 20), index * 0.4))
  const p99During = async (work) => {
    samples = []
    await Promise.all([work(), wait(1_000)])
    return at(samples.toSorted((one, other) => one - other), 0.99)
  }

  console.log(`${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds, ${count} sockets of the user, 50 of others; min / median / max`)
  const results = []
  for (let round = -1; round < rounds; round += 1) {
    const user = `user-${round}`
    const sockets = await openMany(Array.from({ length: count }, () => user))
    await wait(500)
    const calm = await p99During(() => undefined)
    const again = await p99During(() => undefined)
    let [allClosedMs, closed, tookMs] = [0, 0, 0]
    const codes = new Set()
    const during = await p99During(async () => {
      const startedAt = performance.now()
      const gone = sockets.map((ws) => new Promise((resolve) => ws.on('close', (code) => {
        codes.add(code)
        allClosedMs = performance.now() - startedAt
        resolve()
      })))
      child.send(user)
      const answer = await next()
      closed = answer.sockets
      tookMs = answer.tookMs
      await Promise.all(gone)
    })
    if (closed !== count || codes.size !== 1 || !codes.has(4401)) throw new Error(`${closed} of ${count} were closed, with ${[...codes].join()}`)
    if (round >= 0) results.push({ calm, again, during, allClosedMs, tookMs })
  }
  console.log(`the call was answered after ${summary(results.map(({ tookMs }) => tookMs), 0)} ms, the last of ${count} sockets was closed after ${summary(results.map(({ allClosedMs }) => allClosedMs), 0)} ms`)
  for (const name of ['calm', 'again', 'during']) console.log(`others, ${name.padEnd(6)}: p99 ${summary(results.map((result) => result[name]))} ms; of calm ${summary(results.map((result) => result[name] / result.calm))}`)
  for (const ws of others) ws.terminate()
  child.kill()
  process.exit(0)
}

if (process.argv[2] === 'serve') await serve()
else await measure(Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 1_000))
