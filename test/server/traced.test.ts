import { spawnSync } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { startServer } from '../cli/sallyport.js'
import { bearer, knock } from './knock.js'
import { seedFolder, temporaryFolder, type Environment } from './run-cli.js'

// A container may forbid tracing though the tracer is there: then nothing can be seen here, and the skip says so.
const traces = (): boolean => spawnSync('strace', ['-D', '-o', '/dev/null', process.execPath, '--version'], { timeout: 30_000 }).status === 0
const installed = traces()

const secret = randomBytes(64).toString('base64url')
const env: Environment = {
  SALLYPORT_TOKENS_SECRET: secret,
  SALLYPORT_REFUSALS: 'http',
  SALLYPORT_BANS_LADDER_MODE: 'off',
  SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '1000000',
  SALLYPORT_LISTEN_PORT: '0',
  SALLYPORT_INTERNAL_PORT: '0',
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token whose header names a key, signed with `key`. */
const naming = (kid: string, key: string): string => {
  const now = Math.floor(Date.now() / 1_000)
  const input = `${encode({ alg: 'HS512', typ: 'JWT', kid })}.${encode({ sub: '1', iat: now, exp: now + 600 })}`
  return `${input}.${createHmac('sha512', key).update(input).digest('base64url')}`
}

describe.skipIf(!installed)('a server under strace (when skipped: apt-get install strace, and allow ptrace)', () => {
  test('[T2] [T4] A4: of what a token names as its key no file is opened, no connection made, nothing asked of the database and nothing logged', async () => {
    const { cwd, remove } = await temporaryFolder()
    const trap = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
    const address = trap.address()
    const port = address === null || typeof address === 'string' ? 0 : address.port
    const mark = 'kid-of-a-stranger'
    const kids = [`../../../../tmp/${mark}`, `/etc/${mark}`, `file:///etc/${mark}`, `x' UNION SELECT '${mark}'--`, `http://127.0.0.1:${String(port)}/${mark}`, `${mark}\0/dev/null`, mark, `${mark}${'A'.repeat(3_000)}`, mark.repeat(700)]
    const file = join(cwd, 'trace')
    try {
      await seedFolder(cwd)
      // -D: the server is our own child, and stops by our signal.
      const under = ['strace', '-D', '-f', '-q', '-s', '20000', '-e', 'trace=%file,connect,write,writev,pwrite64,sendto,sendmsg', '-o', file]
      const server = await startServer(['serve'], { cwd, env, under })
      const ask = async (path: string, token: string): Promise<number> => {
        const answer = await knock(`${server.url.replace('http', 'ws')}${path}`, bearer(token))
        if ('next' in answer) await answer.close()
        return answer.status
      }
      try {
        for (const kid of kids) for (const key of ['', secret, `${secret}x`]) expect([400, 401, 414, 431], kid.slice(0, 40)).toContain(await ask('/ws/', naming(kid, key)))
        // What the trace would show: this path is in the log, and a good token still opens a socket.
        expect(await ask('/ws/shown-by-the-trace/', naming(mark, secret))).toBe(404)
        expect(await ask('/ws/', await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() }))).toBe(101)
      } finally {
        server.signal('SIGTERM')
        await server.ended
      }
      // The tracer writes the last lines when the server is gone.
      await expect.poll(() => readFile(file, 'utf8')).toContain('+++ exited with 0 +++')
      const trace = await readFile(file, 'utf8')
      expect(trace).toMatch(/openat\(.*sallyport\.db/)
      expect(trace).toContain('shown-by-the-trace')
      expect(trace.split('\n').filter((line) => line.includes(mark))).toEqual([])
      expect(trace).not.toContain(`sin_port=htons(${String(port)})`)
      for (const line of server.stdout().split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(1_024)
    } finally {
      trap.close()
      await remove()
    }
  })
})
