// How long does a running server take to import a list of bans, and how late is its event loop meanwhile?
// node bench/ban-import.mjs [bans, default 100000]
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { loadConfig, startServer } from '../dist/server/index.js'

const resolutionMs = 10

/** In a process of its own: a server that says after the import how late its loop was, and by how much the import made it grow. */
const serve = async () => {
  const { config } = await loadConfig({ mode: 'serve', env: process.env, cwd: process.cwd() })
  const server = await startServer({ config, mode: 'serve' })
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  process.on('message', (asked) => {
    if (asked === 'begin') {
      delay.reset()
      delay.enable()
      process.send?.(process.memoryUsage().rss)
      return
    }
    // A delay is what is over the distance of two samples.
    const over = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs)
    process.send?.({ p50: over(delay.percentile(50)), p99: over(delay.percentile(99)), max: over(delay.max), rss: process.memoryUsage().rss })
    void server.stop('bench').then(() => process.exit(0))
  })
  process.send?.('ready')
}

const measure = async (count) => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
  const listed = Array.from({ length: count }, (_, index) => `${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${index % 200}`)
  await writeFile(join(cwd, 'bans.txt'), listed.join('\n'))
  const ports = 20_000 + Math.floor(Math.random() * 20_000)
  const env = { ...process.env, SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('hex'), SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: String(ports), SALLYPORT_LOG_LEVEL: 'error' }
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve'], { cwd, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const answer = () => new Promise((resolve) => server.once('message', resolve))
  const ask = (what) => {
    const answered = answer()
    server.send(what)
    return answered
  }
  try {
    await answer()
    const rssBefore = await ask('begin')
    const beganAt = performance.now()
    const code = await new Promise((resolve) => {
      const importing = spawn(process.execPath, [cli, 'ban', 'import', 'bans.txt', '--forever', '--reason', 'scanner'], { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
      importing.on('exit', resolve)
    })
    const seconds = (performance.now() - beganAt) / 1_000
    const { p50, p99, max, rss } = await ask('end')
    console.log(`import of ${count}: ${seconds.toFixed(1)} s, exit ${code}; ${((rss - rssBefore) / 2 ** 20).toFixed(0)} MiB more`)
    console.log(`delay of the server's loop meanwhile: median ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`)
  } finally {
    server.kill()
    await rm(cwd, { recursive: true, force: true })
  }
}

if (process.argv[2] === 'serve') await serve()
else {
  console.log(`${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}`)
  await measure(Number(process.argv[2] ?? 100_000))
}
