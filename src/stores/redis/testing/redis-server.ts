import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { freePort } from '../../../admission/testing/free-port.js'

/** A Redis of a test's own, on a free port of loopback, that can be stopped, frozen and asked. */
export interface RedisServer {
  readonly url: string
  /** What `redis-cli` answers. */
  ask(...words: readonly string[]): string
  /** Lets it hang as a machine in trouble does: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
  /** Ends it; `start` begins again on the same port, with nothing in it. */
  stop(): Promise<void>
  start(): Promise<void>
}

const installed = spawnSync('redis-server', ['--version']).status === 0

/** Whether tests with a Redis run: always in CI, where a missing one is a failure. */
export const redisRuns = installed || process.env['CI'] !== undefined
if (!redisRuns) process.stderr.write('Skipped: tests with a Redis of their own. Install one (Debian: apt-get install redis-server).\n')

export const startRedis = async (): Promise<RedisServer> => {
  const port = await freePort()
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/tmp']
  const begin = async () => {
    const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<void>((resolve, reject) => {
      child.on('close', () => {
        resolve()
      })
      child.on('error', reject)
    })
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('Ready to accept connections')) resolve()
      })
      ended.then(() => {
        reject(new Error('redis-server ended before it was ready'))
      }, reject)
    })
    return { child, ended }
  }
  let running = await begin()
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    ask(...question) {
      const { stdout, status } = spawnSync('redis-cli', ['-p', String(port), ...question], { encoding: 'utf8', timeout: 30_000 })
      if (status !== 0) throw new Error(`redis-cli ${question.join(' ')}: ${stdout}`)
      return stdout.trim()
    },
    freeze: () => void running.child.kill('SIGSTOP'),
    thaw: () => void running.child.kill('SIGCONT'),
    async stop() {
      running.child.kill('SIGKILL')
      await running.ended
    },
    async start() {
      running = await begin()
    },
  }
}
