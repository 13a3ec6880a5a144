// How much memory do a million strangers leave behind: IPv4 hosts and IPv6 networks, forged tokens, users and senders?
//
//   npm run build && node --expose-gc bench/addresses.mjs [strangers, default 1000000]
//
// Resident memory after a full collection, before and after each kind of stranger came once, and how long one took; each kind in a process of its own.
// They come within one window of every limit, so that nothing they leave is over meanwhile.
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createFrameRates } from '../dist/session/frame-rates.js'
import { createMessageRate } from '../dist/conversation/message-rate.js'
import { createGate } from '../dist/index.js'
import { createMemoryLimits } from '../dist/stores/memory/memory-limits.js'

const count = Number(process.argv[2] ?? 1_000_000)
const chosen = process.argv[3]
const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const start = Date.now()
const window = { max: 60, windowMs: 60_000 }

const hex = (number) => number.toString(16)
/** Every second one in IPv6, each with a network of his own. */
const addressOf = (index) =>
  index % 2 === 0 ? `2001:db8:${hex(index >>> 16)}:${hex(index & 0xffff)}::7` : `${11 + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}.9`
const atOf = (index) => start + Math.floor((index * 60_000) / count)

const resident = () => {
  globalThis.gc?.()
  return process.memoryUsage().rss / 2 ** 20
}

/** @param {string} name @param {(index: number) => unknown} come */
const measure = async (name, come, held = () => '') => {
  const before = resident()
  const beganAt = performance.now()
  const grown = []
  for (let index = 0; index < count; index++) {
    const answer = come(index)
    if (answer instanceof Promise) await answer
    if ((index + 1) % (count / 4) === 0) grown.push(resident() - before)
  }
  const microseconds = ((performance.now() - beganAt) * 1_000) / count
  console.log(`${name}: after each quarter ${grown.map((mib) => mib.toFixed(0)).join(', ')} MiB more, ${microseconds.toFixed(1)} µs each${held()}`)
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const kinds = {
  async forgers() {
    const gate = await createGate({
      issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }],
      lookupUser: (id) => ({ id, active: true }),
      ladder: { mode: 'dry-run' },
      capacity: { maxLoopDelayMs: 1_000_000 },
    })
    const forged = `${encoded({ alg: 'HS512', typ: 'JWT' })}.${encoded({ sub: '1', exp: 4_000_000_000 })}.`
    const headers = { host: ['gate.example'], connection: ['Upgrade'], upgrade: ['websocket'], 'sec-websocket-version': ['13'], 'sec-websocket-key': ['dGhlIHNhbXBsZSBub25jZQ=='] }
    await measure('forged tokens through the gate (budgets, ladder, decisions)', (index) =>
      gate.admit({
        receivedAt: atOf(index),
        method: 'GET',
        httpVersion: '1.1',
        target: '/ws/',
        peerAddress: addressOf(index),
        headers: { ...headers, authorization: [`Bearer ${forged}${String(index).padStart(86, 'A')}`] },
      }),
    )
    gate.stop()
  },
  async users() {
    const limits = createMemoryLimits({ userConnects: window, addressConnects: { max: 1_200, windowMs: 60_000 }, userSockets: 60, addressSockets: 2_000, nodeSockets: 20_000 })
    await measure(
      'connects of as many users from as many addresses, who left again',
      (index) => {
        const allowance = limits.take({ userId: `user-${index}`, addressKey: addressOf(index), endpoint: 'any', at: atOf(index) }, 0)
        if (allowance.granted) limits.release(allowance.lease)
      },
      () => `; ${limits.size} keys held`,
    )
  },
  async messages() {
    const messages = createMessageRate(window)
    await measure('chat messages of as many users', (index) => messages.take(`user-${index}`, atOf(index)))
  },
  async frames() {
    const rates = createFrameRates({ sessionFrames: { max: 30_000, windowMs: 60_000 }, userBytes: { max: 67_108_864, windowMs: 60_000 } })
    await measure('messages on as many sockets of as many users', (index) => rates.take({ id: `session-${index}`, user: { id: `user-${index}`, active: true } }, 100, atOf(index)))
  },
}

if (chosen !== undefined) await kinds[chosen]()
else {
  console.log(`${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${count} strangers of each kind`)
  for (const kind of Object.keys(kinds)) {
    await new Promise((resolve) => spawn(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), String(count), kind], { stdio: 'inherit' }).on('exit', resolve))
  }
}
