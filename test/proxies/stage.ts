import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { freePort } from '../cli/sallyport.js'
import { serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'
import { handshakeText } from '../wire/gate-server.js'
import { rawClient } from '../wire/raw-client.js'
import { startHaproxy, startNginx, upgradeLines, type Proxy } from './proxy.js'

const problem = z.object({ code: z.string(), decisionId: z.string().optional() })
const report = z.looseObject({ address: z.string().optional(), steps: z.array(z.looseObject({ name: z.string(), durationMs: z.number(), detail: z.string().optional() })) })

/** One of the servers behind the proxies, and its operator. */
export interface Backend {
  readonly port: number
  readonly serving: Serving
  decision(id: string): Promise<z.infer<typeof report>>
}

const startBackend = async (env: Environment): Promise<{ readonly backend: Backend; readonly stop: () => Promise<void> }> => {
  const { cwd, remove } = await temporaryFolder()
  const serving = await serve(['serve'], cwd, { SALLYPORT_TOKENS_SECRET: randomBytes(64).toString('base64url'), ...env })
  const key = (await readFile(join(cwd, '.sallyport/operator.key'), 'utf8')).trim()
  return {
    backend: {
      port: Number(new URL(serving.publicUrl).port),
      serving,
      async decision(id) {
        const response = await fetch(`${serving.internalUrl}/api/v1/decisions/${id}`, { headers: { Authorization: `Bearer ${key}` } })
        return report.parse(await response.json())
      },
    },
    async stop() {
      await serving.stop()
      await remove()
    },
  }
}

export interface Knock {
  /** Header lines of the client. */
  readonly lines?: readonly string[]
  /** Address the client calls from. */
  readonly from?: string
  readonly host?: string
}

/** What became of a handshake without a token: nobody is let in, so that only the address decides about its reason. */
export interface Seen {
  readonly status: number
  readonly code: string
  /** The client address the server decided about. */
  readonly address: string | undefined
  /** What it had to say of it. */
  readonly detail: string | undefined
  /** What finding it out took. */
  readonly durationMs: number
}

export const see = async (backend: Backend, port: number, { lines = [], from, host = '127.0.0.1' }: Knock = {}): Promise<Seen> => {
  const client = await rawClient(port, { host, ...(from === undefined ? {} : { localAddress: from }) })
  client.write(handshakeText({ lines }))
  const { status, body } = await client.answered()
  client.end()
  const { code, decisionId } = problem.parse(JSON.parse(body))
  if (decisionId === undefined) throw new Error(`No decision: ${body}`)
  const { address, steps } = await backend.decision(decisionId)
  const step = steps.find(({ name }) => name === 'client_address')
  return { status, code, address, detail: step?.detail, durationMs: step?.durationMs ?? 0 }
}

/** Ports of the proxies, by what they do. */
export interface Ways {
  /** nginx appends to X-Forwarded-For. */
  readonly nginx: number
  /** nginx says nothing of the client and hands on what the client wrote. */
  readonly mute: number
  /** nginx appends, in front of the server that trusts nobody. */
  readonly distrusted: number
  /** nginx appends an element of Forwarded. */
  readonly forwarded: number
  /** HAProxy adds a line of X-Forwarded-For. */
  readonly haproxy: number
  /** HAProxy adds a line of Forwarded. */
  readonly haproxyForwarded: number
  /** nginx, then HAProxy. */
  readonly nginxHaproxy: number
  /** HAProxy, then nginx. */
  readonly haproxyNginx: number
  /** nginx with an address that is in no list, then HAProxy. */
  readonly strangerHaproxy: number
  /** HAProxy speaks the PROXY protocol. */
  readonly proxyV1: number
  readonly proxyV2: number
}

export interface Stage {
  /** Believes 127.0.0.1 about X-Forwarded-For; an address may cost 10 at once. */
  readonly trusting: Backend
  readonly trustingNobody: Backend
  /** Listens on `::` and believes 127.0.0.1 about Forwarded. */
  readonly dualStack: Backend
  readonly at: Ways
  stop(): Promise<void>
}

/** Three servers, and an nginx and a HAProxy in front of them that know each way there is. */
export const openStage = async (): Promise<Stage> => {
  const tight = { SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '10', SALLYPORT_LIMITS_ADDRESS_BUDGET_REFILL_PER_SECOND: '0.1' }
  const started = await Promise.all([
    startBackend({ SALLYPORT_TRUSTED_PROXIES: '127.0.0.1', ...tight }),
    startBackend({}),
    startBackend({ SALLYPORT_TRUSTED_PROXIES: '127.0.0.1', SALLYPORT_FORWARDING: 'forwarded', SALLYPORT_LISTEN_HOST: '::' }),
  ])
  const [{ backend: trusting }, { backend: trustingNobody }, { backend: dualStack }] = started
  const at = {
    nginx: await freePort(),
    mute: await freePort(),
    distrusted: await freePort(),
    forwarded: await freePort(),
    haproxy: await freePort(),
    haproxyForwarded: await freePort(),
    nginxHaproxy: await freePort(),
    haproxyNginx: await freePort(),
    strangerHaproxy: await freePort(),
    proxyV1: await freePort(),
    proxyV2: await freePort(),
  }
  const port = (way: keyof Ways): number => at[way]

  const nginxServer = (way: keyof Ways, to: number, lines: string): string =>
    ` server { listen 127.0.0.1:${String(port(way))}; listen [::1]:${String(port(way))}; location / { proxy_pass http://127.0.0.1:${String(to)}; ${upgradeLines} ${lines} } }`
  const append = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'
  const nginx = [
    ' map $remote_addr $element { ~^[0-9.]+$ "for=$remote_addr"; default "for=\\"[$remote_addr]\\""; }',
    ' map $http_forwarded $elements { "" "$element"; default "$http_forwarded, $element"; }',
    nginxServer('nginx', trusting.port, append),
    nginxServer('mute', trusting.port, ''),
    nginxServer('distrusted', trustingNobody.port, append),
    nginxServer('forwarded', dualStack.port, 'proxy_set_header Forwarded $elements;'),
    nginxServer('nginxHaproxy', port('haproxy'), append),
    nginxServer('strangerHaproxy', port('haproxy'), `${append} proxy_bind 127.0.0.90;`),
  ].join('\n')
  const haproxyProxy = (way: keyof Ways, to: number, lines: string, words = ''): string =>
    `listen ${way}\n bind 127.0.0.1:${String(port(way))}\n bind [::1]:${String(port(way))}\n ${lines}\n server gate 127.0.0.1:${String(to)} ${words}`
  const haproxy = [
    haproxyProxy('haproxy', trusting.port, 'option forwardfor'),
    haproxyProxy('haproxyForwarded', dualStack.port, 'http-request add-header Forwarded for=%[src] unless { src -m sub : }\n http-request add-header Forwarded for=\\"[%[src]]\\" if { src -m sub : }'),
    haproxyProxy('haproxyNginx', port('nginx'), 'option forwardfor'),
    haproxyProxy('proxyV1', trustingNobody.port, '', 'send-proxy'),
    haproxyProxy('proxyV2', trustingNobody.port, '', 'send-proxy-v2'),
  ].join('\n')

  const proxies: readonly Proxy[] = await Promise.all([
    startNginx(nginx, (['nginx', 'mute', 'distrusted', 'forwarded', 'nginxHaproxy', 'strangerHaproxy'] as const).map(port)),
    startHaproxy(haproxy, (['haproxy', 'haproxyForwarded', 'haproxyNginx', 'proxyV1', 'proxyV2'] as const).map(port)),
  ])
  return {
    trusting,
    trustingNobody,
    dualStack,
    at,
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.stop()))
      await Promise.all(started.map(({ stop }) => stop()))
    },
  }
}
