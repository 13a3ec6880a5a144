// What does the verification of one token cost, beside `jose` bare and `node:crypto` direct, and what does a burst of handshakes do to the loop?
//
//   npm run build && node bench/verify.mjs [rounds] [tokens, or `burst` for the second part alone]
//
// All variants of an algorithm are interleaved within a round, every token is verified once per variant and round, and every ratio is taken
// inside its round. `crypto` is the signature alone, called so that it blocks; `jose` is its `jwtVerify` on an imported key. The burst opens 2,000
// handshakes at once against a gate in a process of its own, and reads the delay of that process's loop, idle and under the burst; a bare `ws`
// server that checks nothing stands beside it.
import { fork } from 'node:child_process'
import { createHmac, createSecretKey, generateKeyPair as generateWithCallback, hash, sign, verify as cryptoVerify } from 'node:crypto'
import { promisify } from 'node:util'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { importSPKI, jwtVerify } from 'jose'
import { WebSocketServer } from 'ws'
import { createVerifier } from '../dist/admission/token/create-verifier.js'
import { createGate } from '../dist/index.js'

const generateKeyPair = promisify(generateWithCallback)
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const pairs = {
  RS256: () => generateKeyPair('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPair('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPair('ed25519'),
}
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const exp = Math.floor(Date.now() / 1000) + 3600

const issuerOf = async (algorithm) => {
  const body = (jti) => `${part({ alg: algorithm, typ: 'JWT' })}.${part({ sub: '1', iat: exp - 3601, exp, jti: String(jti) })}`
  const cut = (token) => [token.slice(0, token.lastIndexOf('.')), Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')]
  if (algorithm === 'HS512') {
    const key = createSecretKey(Buffer.from(secret))
    return {
      mint: (jti) => `${body(jti)}.${createHmac('sha512', secret).update(body(jti)).digest('base64url')}`,
      config: { profile: 'standard', algorithms: ['HS512'], secret },
      jose: (token) => jwtVerify(token, key, { algorithms: ['HS512'] }),
      crypto(token) {
        const [input, signature] = cut(token)
        if (!createHmac('sha512', key).update(input).digest().equals(signature)) throw new Error('a good token was refused')
      },
    }
  }
  const { publicKey, privateKey } = await pairs[algorithm]()
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const joseKey = await importSPKI(pem, algorithm)
  return {
    mint: (jti) => `${body(jti)}.${sign(digest, Buffer.from(body(jti)), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`,
    config: { profile: 'standard', algorithms: [algorithm], keys: [{ publicKey: pem }] },
    jose: (token) => jwtVerify(token, joseKey, { algorithms: [algorithm] }),
    crypto(token) {
      const [input, signature] = cut(token)
      if (!cryptoVerify(digest, Buffer.from(input), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('a good token was refused')
    },
  }
}

const summary = (values, digits = 2) => {
  const sorted = [...values].sort((a, b) => a - b)
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(digits)).join(' / ')
}

/** Microseconds per token. */
const timed = async (tokens, work) => {
  const startedAt = performance.now()
  for (const token of tokens) await work(token)
  return ((performance.now() - startedAt) * 1000) / tokens.length
}
const timedAtOnce = (tokens, work) => {
  const startedAt = performance.now()
  for (const token of tokens) work(token)
  return ((performance.now() - startedAt) * 1000) / tokens.length
}

const measureAlgorithm = async (algorithm, rounds, count) => {
  const issuer = await issuerOf(algorithm)
  const tokens = Array.from({ length: count }, (_, index) => issuer.mint(index))
  const at = Date.now()
  const cold = await createVerifier({ issuers: [issuer.config], cacheEntries: 0 })
  const warm = await createVerifier({ issuers: [issuer.config], cacheEntries: count })
  const accepted = (answer) => {
    if (!answer.ok) throw new Error('a good token was refused')
  }
  for (const token of tokens) accepted(await warm.verify(token, at))
  const variants = {
    crypto: () => timedAtOnce(tokens, issuer.crypto),
    jose: () => timed(tokens, issuer.jose),
    cold: () => (algorithm === 'HS512' ? timedAtOnce(tokens, (token) => accepted(cold.verify(token, at))) : timed(tokens, async (token) => accepted(await cold.verify(token, at)))),
    cached: () => timedAtOnce(tokens, (token) => accepted(warm.verify(token, at))),
    hash: () => timedAtOnce(tokens, (token) => hash('sha256', token, 'base64url')),
  }
  const took = Object.fromEntries(Object.keys(variants).map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) for (const [name, run] of Object.entries(variants)) {
    const us = await run()
    if (round >= 0) took[name].push(us)
  }
  for (const [name, values] of Object.entries(took)) console.log(`${algorithm} ${name.padEnd(7)} ${summary(values)} us; of crypto ${summary(values.map((us, round) => us / took.crypto[round]), 3)}`)
  console.log(`${algorithm} cold of jose ${summary(took.cold.map((us, round) => us / took.jose[round]))}`)
  if (algorithm === 'HS512') console.log(`cached beyond a hash of the token, of crypto HS512: ${summary(took.cached.map((us, round) => (us - took.hash[round]) / took.crypto[round]), 3)}`)
}

const measureMemory = async (entries) => {
  const issuer = await issuerOf('HS512')
  const verifier = await createVerifier({ issuers: [issuer.config], cacheEntries: entries })
  global.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < entries; index += 1) await verifier.verify(issuer.mint(index), Date.now())
  global.gc?.()
  const bytes = process.memoryUsage().heapUsed - before
  if (verifier.cached(issuer.mint(0), Date.now()) === undefined) throw new Error('the first token was forgotten')
  console.log(`${entries} remembered tokens: ${(bytes / 1048576).toFixed(0)} MiB, ${Math.round(bytes / entries)} bytes each${global.gc === undefined ? ' (run with --expose-gc to leave garbage out)' : ''}`)
}

const serveBurst = async (kind, pem) => {
  const wss = new WebSocketServer({ noServer: true, clientTracking: false })
  const window = { max: 1_000_000, windowMs: 60_000 }
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['ES256'], keys: [{ publicKey: pem }] }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userConnects: window, addressConnects: window, userSockets: 1e6, addressSockets: 1e6, nodeSockets: 1e6 },
    addressBudget: { capacity: 1e9, refillPerSecond: 1e9 },
    capacity: { maxInFlight: 100_000, maxLoopDelayMs: 60_000 },
  })
  const server = http.createServer()
  const guarded = gate.upgrade(wss, () => undefined)
  const bare = (request, socket, head) => wss.handleUpgrade(request, socket, head, (ws) => ws.on('error', () => undefined))
  server.on('upgrade', kind === 'bare' ? bare : guarded)
  let delay = monitorEventLoopDelay({ resolution: 10 })
  process.on('message', (word) => {
    if (word === 'begin') {
      delay = monitorEventLoopDelay({ resolution: 10 })
      delay.enable()
    } else {
      delay.disable()
      process.send({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 })
    }
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send({ port: server.address().port }))
}

const burst = async (kind, rounds, handshakes) => {
  const { publicKey, privateKey } = await pairs.ES256()
  const mint = (jti) => {
    const body = `${part({ alg: 'ES256' })}.${part({ sub: String(jti), exp, jti: String(jti) })}`
    return `${body}.${sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const child = fork(fileURLToPath(import.meta.url), ['serve', kind, publicKey.export({ type: 'spki', format: 'pem' })])
  const next = () => new Promise((resolve) => child.once('message', resolve))
  const { port } = await next()
  const delayOf = async (work) => {
    child.send('begin')
    await work()
    child.send('end')
    return next()
  }
  let minted = 0
  const connect = (token) =>
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${token}\r\n\r\n`))
      let status = 0
      socket.on('data', (data) => {
        status ||= Number(data.toString('latin1', 9, 12))
        socket.destroy()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(status))
    })
  const ratios = []
  // The first bursts warm the code up.
  for (let round = -6; round < rounds; round += 1) {
    const tokens = Array.from({ length: handshakes }, () => mint((minted += 1)))
    const idle = await delayOf(() => new Promise((resolve) => setTimeout(resolve, 1500)))
    let answers = []
    let tookMs = 0
    const busy = await delayOf(async () => {
      const startedAt = performance.now()
      answers = await Promise.all(tokens.map(connect))
      tookMs = performance.now() - startedAt
    })
    const let101 = answers.filter((status) => status === 101).length
    if (round < 0) continue
    ratios.push(busy.p99 / idle.p99)
    console.log(`${kind} burst ${round + 1}: ${let101} of ${handshakes} let in; loop delay p99 idle ${idle.p99.toFixed(1)} ms, burst ${busy.p99.toFixed(1)} ms (max ${busy.max.toFixed(1)}), all answered after ${tookMs.toFixed(0)} ms`)
  }
  console.log(`${kind} burst p99 of idle p99: ${summary(ratios)}`)
  child.kill()
}

if (process.argv[2] === 'serve') await serveBurst(process.argv[3], process.argv[4])
else {
  const rounds = Number(process.argv[2] ?? 5)
  if (process.argv[3] === 'burst') {
    for (const kind of ['bare', 'gate']) await burst(kind, rounds, 2000)
    process.exit(0)
  }
  const count = Number(process.argv[3] ?? 2000)
  console.log(`${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds of ${count} tokens; min / median / max`)
  for (const algorithm of ['HS512', 'RS256', 'ES256', 'EdDSA']) await measureAlgorithm(algorithm, rounds, count)
  await measureMemory(100_000)
  for (const kind of ['bare', 'gate']) await burst(kind, rounds, 2000)
}
