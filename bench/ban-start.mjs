// How long does a server take to start with many bans, and how late is its event loop meanwhile?
// node bench/ban-start.mjs [bans, default 510000, one in 51 of them a range]
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { loadConfig, startServer } from '../dist/server/index.js'
import { openSqlite } from '../dist/stores/sqlite/engine.js'
import { migrate } from '../dist/stores/sqlite/migrate.js'
import { createSqliteBans } from '../dist/stores/sqlite/sqlite-bans.js'

const rounds = 3
const resolutionMs = 5

/** In a process of its own, from the configuration to the moment at which it is ready. */
const start = async () => {
  const { config } = await loadConfig({ mode: 'serve', env: process.env, cwd: process.cwd() })
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const beganAt = performance.now()
  const server = await startServer({ config, mode: 'serve' })
  const tookMs = performance.now() - beganAt
  // A delay is what is over the distance of two samples.
  const over = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs)
  process.send?.({ tookMs, p99: over(delay.percentile(99)), max: over(delay.max), rss: process.memoryUsage().rss })
  await server.stop('bench')
  process.exit(0)
}

const scattered = (index) => Math.imul(index + 1, 0x9e37_79b1) >>> 0
const ipv4 = (number) => `${1 + ((number >>> 24) % 120)}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
const networkOf = (index) => (index % 51 === 50 ? `${ipv4(scattered(index))}/${16 + (index % 13)}` : ipv4(scattered(index)))

const fill = async (path, count) => {
  const engine = await openSqlite({ path, deadlineMs: 120_000 })
  await migrate(engine)
  const bans = createSqliteBans(engine)
  const createdAt = Date.now()
  for (let from = 0; from < count; from += 5_000) {
    const part = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => ({
      subject: { kind: 'network', network: networkOf(from + index) }, reason: 'list', actor: 'bench', source: 'import', createdAt, expiresAt: createdAt + 86_400_000,
    }))
    await bans.addAll(part)
  }
  await engine.close()
}

const measure = async (count) => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await fill(join(cwd, 'bans.db'), count)
    console.log(`${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)}, ${count} bans`)
    const env = { ...process.env, SALLYPORT_STORAGE_URL: 'file:bans.db', SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('hex'), SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: '0', SALLYPORT_LOG_LEVEL: 'error' }
    for (let round = 0; round < rounds; round++) {
      const { tookMs, p99, max, rss } = await new Promise((resolve) => fork(fileURLToPath(import.meta.url), ['start'], { cwd, env }).once('message', resolve))
      console.log(`ready after ${(tookMs / 1_000).toFixed(2)} s; delay of the loop p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms; ${(rss / 2 ** 20).toFixed(0)} MiB`)
    }
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

await (process.argv[2] === 'start' ? start() : measure(Number(process.argv[2] ?? 510_000)))
