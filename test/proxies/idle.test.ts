import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../cli/sallyport.js'
import { clientFrame, rawClient, textFrame, type RawClient } from '../wire/raw-client.js'
import { handshakeText, startGateServer, tokenFor, type GateServer } from '../wire/gate-server.js'
import { proxiesInstalled, proxiesRemedy, startHaproxy, startNginx, upgradeLines, type Proxy } from './proxy.js'

/** How long both proxies wait while nothing passes, against our pulse. */
const proxyIdleMs = 1_500

describe.skipIf(!proxiesInstalled)(`long silence behind nginx and HAProxy (when skipped: ${proxiesRemedy})`, () => {
  let eager: GateServer
  let lazy: GateServer
  let proxies: readonly Proxy[] = []
  const at = { eagerNginx: 0, eagerHaproxy: 0, lazyNginx: 0, lazyHaproxy: 0 }
  beforeAll(async () => {
    const proxied = { trustedProxies: ['127.0.0.1'], forwarding: 'x-forwarded-for' } as const
    eager = await startGateServer({ proxies: proxied, sessions: { heartbeatMs: 250, pongMs: 600 } })
    lazy = await startGateServer({ proxies: proxied, sessions: { heartbeatMs: 25_000 } })
    at.eagerNginx = await freePort()
    at.eagerHaproxy = await freePort()
    at.lazyNginx = await freePort()
    at.lazyHaproxy = await freePort()
    const nginx = (port: number, to: number): string =>
      ` server { listen 127.0.0.1:${String(port)}; location / { proxy_pass http://127.0.0.1:${String(to)}; ${upgradeLines} proxy_set_header X-Forwarded-For $remote_addr; proxy_read_timeout ${String(proxyIdleMs)}ms; } }`
    const haproxy = (port: number, to: number): string =>
      `listen p${String(port)}\n bind 127.0.0.1:${String(port)}\n option forwardfor\n timeout tunnel ${String(proxyIdleMs)}ms\n server gate 127.0.0.1:${String(to)}`
    proxies = await Promise.all([
      startNginx([nginx(at.eagerNginx, eager.port), nginx(at.lazyNginx, lazy.port)].join('\n'), [at.eagerNginx, at.lazyNginx]),
      startHaproxy([haproxy(at.eagerHaproxy, eager.port), haproxy(at.lazyHaproxy, lazy.port)].join('\n'), [at.eagerHaproxy, at.lazyHaproxy]),
    ])
  })
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()))
    await Promise.all([eager.close(), lazy.close()])
  })

  const enter = async (port: number): Promise<RawClient> => {
    const client = await rawClient(port)
    client.write(handshakeText({ token: await tokenFor() }))
    await client.until(({ texts }) => texts.length > 0)
    expect(client.answer.status).toBe(101)
    return client
  }

  test('[S2] a silent socket outlives the idle timeout of both proxies while our pings come sooner', async () => {
    const outlive = async (port: number): Promise<void> => {
      const client = await enter(port)
      const since = Date.now()
      let answered = 0
      // A client that answers pings and says nothing else, for twice as long as the proxy would wait.
      await client.until(({ frames }) => {
        const pings = frames.filter(({ opcode }) => opcode === 9)
        for (const { payload } of pings.slice(answered)) client.write(clientFrame(10, payload))
        answered = pings.length
        return Date.now() - since > 2 * proxyIdleMs
      })
      client.write(textFrame(`"${String(port)}"`))
      expect(await client.roundTrip()).toMatchObject({ ended: false, closeCode: undefined })
      expect(eager.received).toContain(`"${String(port)}"`)
      client.end()
    }
    await Promise.all([outlive(at.eagerNginx), outlive(at.eagerHaproxy)])
  })

  test.each(['lazyNginx', 'lazyHaproxy'] as const)('[S14] a proxy that waits less than our ping cuts the socket without a close frame, and nothing stays counted (%s)', async (way) => {
    const client = await enter(at[way])
    const { closeCode, ended } = await client.gone()
    expect({ closeCode, ended }).toEqual({ closeCode: undefined, ended: true })
    while (lazy.gate.sessions.count > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(lazy.limits.openSockets).toBe(0)
    expect(lazy.ended.at(-1)?.[0]).toBe(1006)
  })
})
