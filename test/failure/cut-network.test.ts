import { execFile, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { handshakeText, startGateServer, tokenFor, type GateServer } from '../wire/gate-server.js'

const run = promisify(execFile)
const name = `sallyport-cut-${String(process.pid)}`
const link = `sc${String(process.pid)}`
// 198.18.0.0/15 is for measurements between machines of one's own (RFC 2544) and routed nowhere.
const net = `198.19.${String(process.pid % 256)}`
const clients = fileURLToPath(new URL('cut-off-clients.mjs', import.meta.url))

const succeeds = (words: readonly string[]): boolean => spawnSync('ip', words, { timeout: 30_000 }).status === 0
/** A namespace of its own for the clients, which only root may make; the link is made with it, and goes with it. */
const permitted = succeeds(['netns', 'add', name]) && succeeds(['link', 'add', link, 'type', 'veth', 'peer', 'name', 'client', 'netns', name])
const removeNamespace = (): void => {
  spawnSync('ip', ['netns', 'delete', name], { timeout: 30_000 })
}
if (!permitted) removeNamespace()

const counts = z.object({ open: z.number(), closed: z.number() })

describe.skipIf(!permitted)('clients whose network is cut (when skipped: run as root where network namespaces are allowed; apt-get install iproute2)', () => {
  let server: GateServer
  beforeAll(async () => {
    await run('ip', ['address', 'add', `${net}.1/24`, 'dev', link])
    await run('ip', ['link', 'set', link, 'up'])
    await run('ip', ['-n', name, 'link', 'set', 'client', 'up'])
    await run('ip', ['-n', name, 'address', 'add', `${net}.2/24`, 'dev', 'client'])
    server = await startGateServer({ host: `${net}.1`, sessions: { heartbeatMs: 500, pongMs: 6_000 } })
  })
  afterAll(async () => {
    await server.close()
    removeNamespace()
  })

  test('[S3] [S14] H13: 200 sockets of a network that is gone, which says nothing and resets nothing, are found by the heartbeat and given back', async () => {
    const handshake = Buffer.from(handshakeText({ host: `${net}.1`, token: await tokenFor() })).toString('base64')
    const child = spawn('ip', ['netns', 'exec', name, process.execPath, clients, `${net}.1`, String(server.port), '200', handshake], { stdio: ['pipe', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
    const told = (): z.infer<typeof counts> => counts.parse(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '{"open":0,"closed":0}'))
    try {
      await expect.poll(async () => (await server.counted()).sockets).toBe(200)
      await expect.poll(() => told().open).toBe(200)
      // Who answers the heartbeat stays, however often it comes.
      const stay = server.ended.length
      await run('ip', ['link', 'set', link, 'down'])
      await expect.poll(() => server.counted()).toEqual({ sockets: 0, leases: 0, inFlight: 0, connections: 0 })
      expect(server.ended.slice(stay).map(([, reason]) => reason)).toEqual(Array.from({ length: 200 }, () => 'idle_timeout'))
      // Nothing reached the other side: to it, all of them are open still.
      expect(told()).toEqual({ open: 200, closed: 0 })
    } finally {
      child.stdin.end()
      child.kill('SIGKILL')
    }
  })
})
