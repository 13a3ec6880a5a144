import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { freePort } from '../cli/sallyport.js'
import { startGateServer, type GateServer } from '../wire/gate-server.js'
import { proxiesInstalled, proxiesRemedy, startNginx, upgradeLines, type Proxy } from './proxy.js'

const run = promisify(execFile)
const name = `sallyport-${String(process.pid)}`
const link = `sp${String(process.pid)}`
// 198.18.0.0/15 is for measurements between machines of one's own (RFC 2544) and routed nowhere.
const net = `198.18.${String(process.pid % 256)}`
const net6 = `fd5a:11e7:${(process.pid % 65_536).toString(16)}`

const succeeds = (words: readonly string[]): boolean => spawnSync('ip', words, { timeout: 30_000 }).status === 0
/** A namespace of its own for the clients, which only root may make; the link is made with it, and goes with it. */
const permitted = succeeds(['netns', 'add', name]) && succeeds(['link', 'add', link, 'type', 'veth', 'peer', 'name', 'client', 'netns', name])
const hasCurl = spawnSync('curl', ['--version'], { timeout: 30_000 }).status === 0
const remedy = `run as root where network namespaces are allowed; ${proxiesRemedy} iproute2 curl`

const removeNamespace = (): void => {
  spawnSync('ip', ['netns', 'delete', name], { timeout: 30_000 })
}
if (!permitted) removeNamespace()

const problem = z.object({ code: z.string(), decisionId: z.string() })

describe.skipIf(!proxiesInstalled || !permitted || !hasCurl)(`clients in a network of their own behind nginx (when skipped: ${remedy})`, () => {
  let gate: GateServer
  let proxy: Proxy | undefined
  let port = 0
  beforeAll(async () => {
    await run('ip', ['address', 'add', `${net}.1/24`, 'dev', link])
    await run('ip', ['address', 'add', `${net6}::1/48`, 'dev', link, 'nodad'])
    await run('ip', ['link', 'set', link, 'up'])
    await run('ip', ['-n', name, 'link', 'set', 'client', 'up'])
    for (const address of [`${net}.2/24`, `${net}.3/24`]) await run('ip', ['-n', name, 'address', 'add', address, 'dev', 'client'])
    for (const address of [`${net6}:1::2/48`, `${net6}:1:aaaa::3/48`, `${net6}:2::2/48`]) await run('ip', ['-n', name, 'address', 'add', address, 'dev', 'client', 'nodad'])
    gate = await startGateServer({
      proxies: { trustedProxies: ['127.0.0.1'], forwarding: 'x-forwarded-for' },
      addressBudget: { capacity: 10, refillPerSecond: 0.001 },
    })
    port = await freePort()
    const listen = ['127.0.0.1', `${net}.1`, `[${net6}::1]`].map((host) => `listen ${host}:${String(port)};`).join(' ')
    const append = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'
    proxy = await startNginx(` server { ${listen} location / { proxy_pass http://127.0.0.1:${String(gate.port)}; ${upgradeLines} ${append} } }`, [port])
  })
  afterAll(async () => {
    await proxy?.stop()
    await gate.close()
    removeNamespace()
  })

  /** A handshake without a token from one of the addresses; curl stays on the line only until it is refused. */
  const see = async (from: string): Promise<{ readonly code: string; readonly address: string | undefined; readonly key: string | undefined }> => {
    const host = from.includes(':') ? `[${net6}::1]` : `${net}.1`
    const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'X-Forwarded-For: 192.0.2.66']
    const words = ['netns', 'exec', name, 'curl', '-s', '--noproxy', '*', '--max-time', '10', '--interface', from, ...headers.flatMap((header) => ['-H', header])]
    const { stdout } = await run('ip', [...words, `http://${host}:${String(port)}/ws/`])
    const { code, decisionId } = problem.parse(JSON.parse(stdout))
    const client = gate.gate.decisions.find(decisionId)?.client
    return { code, address: client?.address, key: client?.key }
  }

  test('[A4] E2: each machine is its own client, over both families, whatever it forges', async () => {
    expect(await see(`${net}.2`)).toEqual({ code: 'token_missing', address: `${net}.2`, key: `${net}.2` })
    expect(await see(`${net}.3`)).toEqual({ code: 'token_missing', address: `${net}.3`, key: `${net}.3` })
    expect(await see(`${net6}:2::2`)).toEqual({ code: 'token_missing', address: `${net6}:2::2`, key: `${net6}:2::/64` })
  })

  test('[A7] machines of one /64 share a bucket, those of another one do not', async () => {
    const [first, neighbour, stranger] = [`${net6}:1::2`, `${net6}:1:aaaa::3`, `${net6}:2::2`]
    const codes: string[] = []
    for (let times = 0; times < 11; times++) codes.push((await see(first)).code)
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 'token_missing'), 'rate_limited'])
    expect(await see(neighbour)).toMatchObject({ code: 'rate_limited' })
    expect(await see(stranger)).toMatchObject({ code: 'token_missing' })
  })
})
