import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { freePort, jsonOf, type Ended } from '../cli/sallyport.js'
import { proxiesInstalled, proxiesRemedy, startHaproxy, startNginx, upgradeLines, type Proxy } from '../proxies/proxy.js'
import { runToEnd, seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'
import { slowWay, type SlowWay } from './slow-way.js'

test.runIf(process.env['CI'] !== undefined)('nginx and HAProxy are installed where nothing may be skipped', () => {
  expect(proxiesInstalled, proxiesRemedy).toBe(true)
})

const secret = randomBytes(64).toString('base64url')
const trust = { SALLYPORT_TRUSTED_PROXIES: '127.0.0.1' }

/** The servers, by name; each row of the table is about one of them. */
const servers = {
  trusting: { words: ['serve'], env: trust },
  distrusting: { words: ['serve'], env: {} },
  choosy: { words: ['serve'], env: { SALLYPORT_HOSTS: 'gate.example' } },
  development: { words: ['dev'], env: {} },
  careless: {
    words: ['serve'],
    env: {
      SALLYPORT_TOKENS_PROFILE: 'classic',
      SALLYPORT_TOKENS_SECRET: randomBytes(25).toString('hex'),
      SALLYPORT_TOKENS_ALLOW_SHORT_SECRET_UNTIL: '2999-01-01',
      SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,0.0.0.0/0',
      SALLYPORT_PUBLIC_URL: 'http://chat.example',
    },
    openFiles: 4_096,
  },
} as const satisfies Readonly<Record<string, { readonly words: readonly string[]; readonly env: Environment; readonly openFiles?: number }>>

type ServerName = keyof typeof servers

const append = 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'

interface Row {
  readonly server: ServerName
  /** Lines of an nginx location in front of it. */
  readonly nginx?: string
  /** Lines of a HAProxy in front of it. */
  readonly haproxy?: string
  /** Where neither is in front: the server itself, nothing at all, TLS of nobody's, or a middlebox. */
  readonly front?: 'none' | 'nobody' | 'tls' | 'slow'
  readonly withToken?: boolean
  readonly found: readonly string[]
}

const rows: Readonly<Record<string, Row>> = {
  'nginx that appends to X-Forwarded-For': { server: 'trusting', nginx: `${upgradeLines} ${append}`, withToken: true, found: [] },
  'HAProxy with option forwardfor': { server: 'trusting', haproxy: 'option forwardfor', withToken: true, found: [] },
  'no proxy, and none is expected': { server: 'distrusting', front: 'none', withToken: true, found: [] },
  'nobody listens': { server: 'trusting', front: 'nobody', found: ['unreachable'] },
  'a certificate that nobody signed': { server: 'trusting', front: 'tls', found: ['tls_failed'] },
  'nginx that answers itself': { server: 'trusting', nginx: 'return 301 https://chat.example/;', found: ['not_this_server'] },
  'nginx as it comes': { server: 'trusting', nginx: append, found: ['upgrade_stripped'] },
  'nginx that puts its upstream in Host': { server: 'choosy', nginx: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";', found: ['host_refused'] },
  'nginx that puts a prefix before the path': { server: 'trusting', nginx: `${upgradeLines} ${append} rewrite ^(.*)$ /chat$1 break;`, found: ['path_not_served'] },
  'nginx that breaks the key': { server: 'trusting', nginx: `${upgradeLines} ${append} proxy_set_header Sec-WebSocket-Key "broken";`, found: ['handshake_changed'] },
  'the port of the gate itself': { server: 'trusting', front: 'none', found: ['past_the_proxy'] },
  'nginx that nobody trusts': { server: 'distrusting', nginx: `${upgradeLines} ${append}`, found: ['proxy_not_trusted'] },
  'nginx that sends another header': { server: 'trusting', nginx: `${upgradeLines} proxy_set_header X-Forwarded-For ""; proxy_set_header X-Real-IP $remote_addr;`, found: ['forwarding_missing'] },
  'nginx that hands on what clients write': { server: 'trusting', nginx: upgradeLines, found: ['forwarding_missing', 'address_spoofable'] },
  'nginx that writes no address': { server: 'trusting', nginx: `${upgradeLines} proxy_set_header X-Forwarded-For unknown;`, found: ['forwarding_unreadable'] },
  'nginx that prefers what clients write': { server: 'trusting', nginx: `${upgradeLines} proxy_set_header X-Forwarded-For $preferred;`, found: ['address_spoofable'] },
  'HAProxy without option forwardfor': { server: 'distrusting', haproxy: '', found: ['shared_bucket'] },
  'nginx that names another proxy': { server: 'trusting', nginx: `${upgradeLines} proxy_set_header X-Forwarded-For 198.51.100.7;`, found: ['shared_bucket'] },
  'nginx without the sub-protocol': { server: 'trusting', nginx: `${upgradeLines} ${append} proxy_set_header Sec-WebSocket-Protocol "";`, found: ['subprotocol_stripped'] },
  'nginx without Authorization': { server: 'trusting', nginx: `${upgradeLines} ${append} proxy_set_header Authorization "";`, withToken: true, found: ['authorization_stripped'] },
  'development behind a proxy': { server: 'development', nginx: upgradeLines.replace('$host', '$proxy_host'), found: ['development_reachable'] },
  'development behind a proxy that names its client': { server: 'development', nginx: `${upgradeLines} ${append}`, found: ['development_reachable'] },
  'a clock that stands still': { server: 'trusting', haproxy: 'option forwardfor\n http-response set-header Date "Wed, 25 Nov 2020 00:00:00 GMT"', found: ['clock_skew'] },
  'HAProxy that agrees to compress': { server: 'trusting', haproxy: 'option forwardfor\n http-response set-header Sec-WebSocket-Extensions permessage-deflate if { status 101 }', withToken: true, found: ['compression_on'] },
  'a middlebox that holds frames back': { server: 'distrusting', front: 'slow', withToken: true, found: ['frames_delayed'] },
  'nginx that waits for a second': { server: 'trusting', nginx: `${upgradeLines} ${append} proxy_read_timeout 1s;`, withToken: true, found: ['idle_timeout_short'] },
  'a careless configuration': { server: 'careless', nginx: `${upgradeLines} ${append}`, found: ['open_files_low', 'weak_secret', 'trust_too_wide', 'not_https'] },
}

const report = z.looseObject({
  address: z.string().optional(),
  why: z.string().optional(),
  added: z.array(z.tuple([z.string(), z.string()])),
  findings: z.array(z.object({ code: z.string(), what: z.string().min(20), remedy: z.string().min(10) })),
  unchecked: z.array(z.object({ check: z.string(), why: z.string() })),
})

describe.skipIf(!proxiesInstalled)(`the doctor (when skipped: ${proxiesRemedy})`, () => {
  const running = new Map<string, { readonly serving: Serving; readonly remove: () => Promise<void> }>()
  const urls = new Map<string, string>()
  let proxies: readonly Proxy[] = []
  let slow: SlowWay | undefined
  let token = ''
  let certificates = ''

  const start = async (name: ServerName): Promise<void> => {
    const { cwd, remove } = await temporaryFolder()
    const { words, env: own, openFiles }: { readonly words: readonly string[]; readonly env: Environment; readonly openFiles?: number } = servers[name]
    const env: Environment = { ...(name === 'development' ? {} : { SALLYPORT_TOKENS_SECRET: secret }), SALLYPORT_LOG_LEVEL: 'error', SALLYPORT_LIMITS_NODE_SOCKETS: '10000', ...own }
    if (name === 'trusting' || name === 'distrusting') await seedFolder(cwd)
    running.set(name, { serving: await serve(words, cwd, env, openFiles), remove })
  }
  const of = (name: ServerName): Serving => {
    const found = running.get(name)
    if (found === undefined) throw new Error(`${name} is not running`)
    return found.serving
  }

  beforeAll(async () => {
    await Promise.all([start('trusting'), start('distrusting'), start('choosy'), start('development'), start('careless')])
    token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() })
    certificates = await mkdtemp(join(tmpdir(), 'sallyport-certificate-'))
    const [key, certificate] = [join(certificates, 'key.pem'), join(certificates, 'certificate.pem')]
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate])
    slow = await slowWay(Number(new URL(of('distrusting').publicUrl).port), 1_500)

    const nginx: string[] = [' map $http_x_forwarded_for $preferred { "" $remote_addr; default $http_x_forwarded_for; }']
    const haproxy: string[] = []
    const ports: { readonly nginx: number[]; readonly haproxy: number[] } = { nginx: [], haproxy: [] }
    for (const [name, { server, front, nginx: location, haproxy: lines }] of Object.entries(rows)) {
      const { publicUrl } = of(server)
      const port = await freePort()
      urls.set(name, front === 'none' ? publicUrl : front === 'slow' ? `http://127.0.0.1:${String(slow.port)}` : `${front === 'tls' ? 'https' : 'http'}://127.0.0.1:${String(port)}`)
      if (front === 'tls') nginx.push(` server { listen 127.0.0.1:${String(port)} ssl; ssl_certificate ${certificate}; ssl_certificate_key ${key}; location / { proxy_pass ${publicUrl}; ${upgradeLines} ${append} } }`)
      if (location !== undefined) nginx.push(` server { listen 127.0.0.1:${String(port)}; location / { ${location} proxy_pass ${publicUrl}; } }`)
      if (lines !== undefined) haproxy.push(`listen p${String(port)}\n bind 127.0.0.1:${String(port)}\n ${lines}\n server gate ${new URL(publicUrl).host}`)
      if (front === 'tls' || location !== undefined) ports.nginx.push(port)
      if (lines !== undefined) ports.haproxy.push(port)
    }
    proxies = await Promise.all([startNginx(nginx.join('\n'), ports.nginx), startHaproxy(haproxy.join('\n'), ports.haproxy)])
  })
  afterAll(async () => {
    slow?.close()
    await Promise.all(proxies.map((proxy) => proxy.stop()))
    await Promise.all([...running.values()].map(async ({ serving, remove }) => serving.stop().then(remove)))
    await rm(certificates, { recursive: true, force: true })
  })

  const examine = async (name: string, words: readonly string[] = [], json = true): Promise<Ended> => {
    const row = rows[name]
    if (row === undefined) throw new Error(`There is no row ${name}`)
    const held = row.withToken === true ? ['--token', '-', '--wait', '4'] : []
    return of(row.server).run([...(json ? ['--json'] : []), 'doctor', urls.get(name) ?? '', ...held, ...words], row.withToken === true ? token : '')
  }

  test.concurrent.each(Object.entries(rows))('finds what is wrong, and no more: %s', async (name, { found }) => {
    const { code, stdout, stderr } = await examine(name)
    expect(stdout, stderr).not.toBe('')
    const { findings } = report.parse(jsonOf(stdout))
    expect(findings.map((each) => each.code), stdout + stderr).toEqual(found)
    expect(code).toBe(found.length === 0 ? 0 : 4)
    expect(stdout).not.toContain(token)
  })

  test('it says who the client is and why, which header the proxy added, and what could not be looked at', async () => {
    const { stdout } = await examine('nginx that appends to X-Forwarded-For', ['--wait', '0'])
    expect(report.parse(jsonOf(stdout))).toMatchObject({
      address: '127.0.0.2',
      why: 'named in x-forwarded-for by 127.0.0.1, a trusted proxy',
      added: [['x-forwarded-for', '127.0.0.2']],
      unchecked: [{ check: 'the idle timeout' }],
    })
    const text = await examine('nginx that nobody trusts', [], false)
    expect(text.stdout).toMatch(/^ {2}client address {2}127\.0\.0\.1: the other end of the connection, and no trusted proxy$/m)
    expect(text.stdout).toMatch(/^ {2}added {11}x-forwarded-for: 127\.0\.0\.2$/m)
    expect(text.stdout).toMatch(/^proxy_not_trusted {2}The proxy 127\.0\.0\.1 says x-forwarded-for: 127\.0\.0\.2, and is not believed/m)
    expect(text.stdout).toMatch(/^not checked: an open socket.* --token$/m)
    expect(text.stdout).toMatch(/found: proxy_not_trusted\n$/)
  })

  test('it needs an address and a server, and says so', async () => {
    const server = of('trusting')
    expect(await server.run(['doctor'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('SALLYPORT_PUBLIC_URL') as unknown })
    expect(await server.run(['doctor', 'ftp://chat.example'])).toMatchObject({ code: 2, stdout: '' })
    expect(await server.run(['doctor', server.publicUrl, '--token', token])).toMatchObject({ code: 2, stdout: '' })
    const { cwd, remove } = await temporaryFolder()
    expect((await runToEnd(['doctor', server.publicUrl], cwd)).code).toBe(5)
    await remove()
  })

  test('every finding there is has a set-up that brings it, or a test of its own', async () => {
    const { remedies } = await import('../../dist/cli/doctor/findings.js')
    expect(new Set(Object.values(rows).flatMap(({ found }) => found))).toEqual(new Set(Object.keys(remedies)))
  })
})
