// Do log-ins slow the verification of tokens? Both use the four threads of libuv's pool.
//
//   npm run build && node bench/login.mjs [rounds]
//
// One ES256 token that nobody has seen is verified every 2 ms, and timed from its turn to its answer: first calm, then while 16 log-ins are under way,
// as the server's hasher does them (one at a time) and as they would be without it (16 calls of argon2id at once). Calm again is the null pair.
// Modes are interleaved within a round, a mode lasts as long as three bursts of 16 log-ins take, and every ratio is taken inside its round.
import { generateKeyPair as generateWithCallback, sign } from 'node:crypto'
import os from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hash, verify } from '@node-rs/argon2'
import { createVerifier } from '../dist/admission/token/create-verifier.js'
import { createPasswordHasher } from '../dist/server/login/password-hasher.js'

const rounds = Number(process.argv[2] ?? 5)
const [bursts, atOnce] = [3, 16]
const { publicKey, privateKey } = await promisify(generateWithCallback)('ec', { namedCurve: 'P-256' })
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const exp = Math.floor(Date.now() / 1000) + 3600
let minted = 0
const mint = () => {
  const body = `${part({ alg: 'ES256' })}.${part({ sub: '1', exp, jti: String((minted += 1)) })}`
  return `${body}.${sign('sha256', Buffer.from(body), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['ES256'], keys: [{ publicKey: publicKey.export({ type: 'spki', format: 'pem' }) }] }], cacheEntries: 0 })
const password = 'correct horse battery staple'
const stored = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
const hasher = createPasswordHasher()
const logIns = (one) => async () => {
  for (let burst = 0; burst < bursts; burst += 1) await Promise.all(Array.from({ length: atOnce }, one))
}
let burstsTookMs = 1_500
const calm = () => wait(burstsTookMs)
const modes = {
  calm,
  'calm again': calm,
  'log-ins one at a time': logIns(() => hasher.verify(stored, password)),
  'log-ins 16 at once': logIns(() => verify(stored, password)),
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
const measure = async (work) => {
  const took = []
  let on = true
  const verifying = (async () => {
    while (on) {
      const token = mint()
      const startedAt = performance.now()
      const answer = await verifier.verify(token, Date.now())
      took.push(performance.now() - startedAt)
      if (!answer.ok) throw new Error('a good token was refused')
      await wait(2)
    }
  })()
  await work()
  on = false
  await verifying
  took.sort((one, other) => one - other)
  return { count: took.length, p50: at(took, 0.5), p99: at(took, 0.99) }
}

const summary = (values, digits = 2) => {
  const sorted = values.toSorted((one, other) => one - other)
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value.toFixed(digits)).join(' / ')
}

console.log(`${os.cpus()[0]?.model ?? 'unknown processor'}, ${os.cpus().length} cores, Node ${process.version}, ${rounds} rounds; min / median / max`)
const results = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]))
for (let round = -1; round < rounds; round += 1) for (const [mode, work] of Object.entries(modes)) {
  const startedAt = performance.now()
  const result = await measure(work)
  if (mode === 'log-ins one at a time') burstsTookMs = performance.now() - startedAt
  if (round >= 0) results[mode].push(result)
}
for (const [mode, list] of Object.entries(results)) {
  console.log(`${mode.padEnd(22)} ${list[0].count} verified a round; p50 ${summary(list.map(({ p50 }) => p50))} ms; p99 ${summary(list.map(({ p99 }) => p99))} ms; p99 of calm ${summary(list.map(({ p99 }, round) => p99 / results.calm[round].p99))}`)
}
