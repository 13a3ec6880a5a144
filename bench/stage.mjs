// What the benches of open sockets have in common: a gate whose limits nobody meets, tokens for it, and what a child process says next.
import { createHmac } from 'node:crypto'
import { createGate } from '../dist/index.js'

const secret = 'bench-secret-'.padEnd(64, 'x7Qp')
const many = 1_000_000

export const roomyGate = () =>
  createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userConnects: { max: many, windowMs: 60_000 }, addressConnects: { max: many, windowMs: 60_000 }, addressSockets: many, nodeSockets: many },
    addressBudget: { capacity: 1_000_000_000, refillPerSecond: 1_000_000_000 },
    capacity: { maxLoopDelayMs: 10_000 },
  })

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

export const mint = (user) => {
  const body = `${part({ alg: 'HS512', typ: 'JWT' })}.${part({ sub: user, exp: Math.floor(Date.now() / 1000) + 3600 })}`
  return `${body}.${createHmac('sha512', secret).update(body).digest('base64url')}`
}

export const next = (child) =>
  new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)))
  })
