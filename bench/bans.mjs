// How long does it take to look an address up among many bans, and what do they weigh?
// node --expose-gc bench/bans.mjs [single bans, default 100000] [ranges, default 10000]
import { cpus } from 'node:os'
import { createBanSet } from '../dist/admission/ban-set.js'

const singles = Number(process.argv[2] ?? 100_000)
const ranges = Number(process.argv[3] ?? 10_000)
const lookUps = 1_000_000

const ipv4 = (number) => `${1 + ((number >>> 24) % 120)}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
const scattered = (index) => Math.imul(index + 1, 0x9e37_79b1) >>> 0
// Through JSON, as they come from a store: texts that were put together weigh more.
const banOf = (index, network) => JSON.parse(JSON.stringify({
  id: `018bcfe5-6800-7000-8000-${String(index).padStart(12, '0')}`, subject: { kind: 'network', network }, reason: 'import', actor: 'bench', source: 'import',
  createdAt: 0, expiresAt: 1_800_000_000_000,
}))

console.log(`${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${singles} single bans, ${ranges} ranges`)
const resident = () => {
  globalThis.gc?.()
  return process.memoryUsage().rss
}
const before = resident()
const bans = createBanSet()
const beganAt = performance.now()
for (let index = 0; index < singles; index++) bans.add(banOf(index, ipv4(scattered(index))))
for (let index = 0; index < ranges; index++) bans.add(banOf(singles + index, `${ipv4(scattered(index + singles))}/${16 + (index % 13)}`))
console.log(`adding: ${(performance.now() - beganAt).toFixed(0)} ms, ${((resident() - before) / 2 ** 20).toFixed(0)} MiB more, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB in all`)

const report = (name, addressOf) => {
  const addresses = Array.from({ length: 10_000 }, (_, index) => addressOf(index))
  let found = 0
  const rounds = [1, 2, 3].map(() => {
    const startedAt = performance.now()
    found = 0
    for (let index = 0; index < lookUps; index++) if (bans.findAddress(addresses[index % addresses.length], 1) !== undefined) found += 1
    return ((performance.now() - startedAt) * 1e6) / lookUps
  })
  console.log(`${name}: ${Math.min(...rounds).toFixed(0)} ns, ${((found / lookUps) * 100).toFixed(0)} % found`)
}
report('banned address', (index) => ipv4(scattered(index % singles)))
report('other address', (index) => `200.${index & 255}.${(index >>> 8) & 255}.7`)
