import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import Libsql from 'libsql'
import { expect, test } from 'vitest'
import { createBanSet } from '../../dist/admission/ban-set.js'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { seesProcesses } from '../abuse/stage.js'
import { freePort } from '../cli/sallyport.js'
import { bearer, knock } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder } from '../server/run-cli.js'

const collectOnSignal = new URL('../abuse/collect-on-signal.mjs', import.meta.url).href

const collect = (): void => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
}

test('[B1] F10: 500,000 addresses and 10,000 ranges are held in under 60 MiB and looked up in under 50 µs each at the 99th percentile', () => {
  const weigh = (): number => {
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const addressAt = (index: number): string => `${11 + (index >>> 16)}.${(index >>> 8) & 255}.${index & 255}.${(index * 7) & 255}`
  const before = weigh()
  const bans = createBanSet()
  for (let index = 0; index < 510_000; index++) {
    const network = index < 500_000 ? addressAt(index) : `${100 + (index & 63)}.${(index >>> 6) & 255}.0.0/${16 + (index % 9)}`
    bans.add({ id: `018bcfe5-6800-7000-8000-${String(index).padStart(12, '0')}`, subject: { kind: 'network', network }, reason: 'list', actor: 'cli', source: 'import', createdAt: 0, expiresAt: 2_000 })
  }
  expect((weigh() - before) / 2 ** 20).toBeLessThan(60)
  const times: number[] = []
  let found = 0
  for (let index = 0; index < 20_000; index++) {
    const address = index % 2 === 0 ? addressAt(index * 23) : `9.${index & 255}.1.1`
    const from = performance.now()
    if (bans.findAddress(address, 1_000) !== undefined) found += 1
    times.push(performance.now() - from)
  }
  expect(found).toBe(10_000)
  times.sort((a, b) => a - b)
  expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(0.05)
})

test.skipIf(!seesProcesses)(
  '[B14] F10: a server that starts with 510,000 bans admits nobody and is not ready before it knows all of them, says how far it is, and then holds under 200 MiB of memory (when skipped: it reads /proc, which only Linux has)',
  { timeout: 240_000 },
  async () => {
    const secret = randomBytes(64).toString('base64url')
    const { cwd, remove } = await temporaryFolder()
    const ports = { SALLYPORT_LISTEN_PORT: String(await freePort()), SALLYPORT_INTERNAL_PORT: String(await freePort()) }
    const env = { ...ports, NODE_OPTIONS: `--import=${collectOnSignal}`, SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_REFUSALS: 'http', SALLYPORT_TRUSTED_PROXIES: '127.0.0.1', SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '1000000' }
    await seedFolder(cwd)
    const database = new Libsql(`${cwd}/.sallyport/sallyport.db`)
    // 10,000 ranges and then 500,000 addresses, in the order in which they are loaded.
    database.exec(`insert into bans (id, kind, subject, reason, actor, source, created_ms)
      with recursive n (i) as (select 0 union all select i + 1 from n where i < 509999)
      select printf('018bcfe5-6800-7000-8000-%012x', i), 'network',
        case when i < 10000 then printf('%d.%d.0.0/%d', 100 + (i & 63), i >> 6, 16 + (i % 9)) else printf('11.%d.%d.%d', (i - 10000) >> 16, ((i - 10000) >> 8) & 255, (i - 10000) & 255) end,
        'list', 'grace', 'import', ${String(Date.now())} from n`)
    database.close()
    const addressOf = (index: number): string => `11.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`

    const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() })
    const seen: (number | 'nobody')[] = []
    let last = false
    // The last that is loaded is asked about, from before there is a port until long after.
    const watch = async (): Promise<void> => {
      while (!last) {
        const ready = await fetch(`http://127.0.0.1:${ports.SALLYPORT_INTERNAL_PORT}/readyz`).then(({ status }) => status, () => undefined)
        const answer = await knock(`ws://127.0.0.1:${ports.SALLYPORT_LISTEN_PORT}/ws/`, { headers: { ...bearer(token).headers, 'x-forwarded-for': addressOf(499_999) } }).catch(() => undefined)
        seen.push(answer?.status ?? 'nobody')
        if (ready === 200) expect(answer?.status).toBe(403)
      }
    }
    const watching = watch()
    const server = await serve(['serve'], cwd, env)
    try {
      await expect.poll(() => seen.filter((status) => status === 403).length).toBeGreaterThan(3)
      last = true
      await watching
      expect(seen.filter((status) => status !== 503 && status !== 403 && status !== 'nobody')).toEqual([])
      for (const loaded of ['100000', '500000']) expect(server.stdout() + server.stderr()).toContain(`${loaded} bans so far`)
      expect((await knock(`${server.socketUrl}/ws/`, { headers: { ...bearer(token).headers, 'x-forwarded-for': '12.0.0.1' } })).status).toBe(101)
      expect((await knock(`${server.socketUrl}/ws/`, { headers: { ...bearer(token).headers, 'x-forwarded-for': '100.0.200.1' } })).status).toBe(403)
      // What was garbage at the start goes back to the system within seconds.
      const resident = async (): Promise<number> => {
        server.signal('SIGUSR2')
        // Whoever answers has handled its signal.
        await fetch(`${server.internalUrl}/readyz`)
        return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]) / 1_024
      }
      await expect.poll(resident, { interval: 500 }).toBeLessThan(200)
    } finally {
      last = true
      await server.stop()
      await remove()
    }
  },
)
