import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIssuerKey, json, startKeyServer, type IssuerKey, type KeyServer } from '../../dist/admission/token/testing/key-server.js'
import { examination } from '../exam/set-up.js'
import { knock } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Serving } from './run-cli.js'

/** What becomes of a key server once its keys were fetched, and what a token with a key that it may have is told from then on. */
const faults: Readonly<Record<string, { readonly begin: (server: KeyServer, other: IssuerKey) => void; readonly status: number }>> = {
  'answers 500': { begin: (server) => (server.answer = (_request, response) => response.writeHead(500).end()), status: 503 },
  'never answers': { begin: (server) => (server.answer = () => undefined), status: 503 },
  'breaks off': { begin: (server) => (server.answer = undefined), status: 503 },
  'drips': {
    begin: (server) => {
      server.answer = (_request, response) => {
        const timer = setInterval(() => response.write(' '), 50)
        response.on('close', () => {
          clearInterval(timer)
        })
      }
    },
    status: 503,
  },
  'sends no end': { begin: (server) => (server.answer = (_request, response) => void response.write('['.repeat(1_000_000))), status: 503 },
  'sends elsewhere': { begin: (server) => (server.answer = (_request, response) => response.writeHead(302, { location: '/keys' }).end()), status: 503 },
  'serves no set': { begin: (server) => (server.answer = json({ keys: 'none' })), status: 503 },
  'lacks the key': { begin: (server, other) => { server.serve(other) }, status: 401 },
}

let server: Serving
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let stopped: ChildProcess
const keyServers: KeyServer[] = []
const issuers: { readonly name: string; readonly key: IssuerKey; readonly next: IssuerKey; readonly begin: () => void; readonly status: number }[] = []

const claimsOf = (name: string) => ({ iss: `https://${name.replaceAll(' ', '-')}.example`, sub: '1', exp: Math.floor(Date.now() / 1_000) + 600, jti: String(Math.random()) })

const statusOf = async (token: string): Promise<number> => {
  const answer = await knock(`${server.socketUrl}/ws/`, { headers: { authorization: `Bearer ${token}` } })
  if ('close' in answer) await answer.close()
  return answer.status
}

/** A key server in a process of its own, which can be stopped as a whole. */
const startProcess = async (key: IssuerKey): Promise<{ readonly child: ChildProcess; readonly url: string }> => {
  const program = `const server = require('node:http').createServer((_, response) => response.end(process.argv[1])).listen(0, '127.0.0.1', () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['--eval', program, JSON.stringify({ keys: [key.jwk] })], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: readonly unknown[] = await once(child.stdout, 'data')
  return { child, url: `http://127.0.0.1:${String(said[0]).trim()}` }
}

beforeAll(async () => {
  const configured = []
  const own = createIssuerKey('now')
  const { child, url } = await startProcess(own)
  stopped = child
  issuers.push({ name: 'is stopped', key: own, next: createIssuerKey('next'), begin: () => void child.kill('SIGSTOP'), status: 503 })
  configured.push({ name: 'is stopped', profile: 'standard', algorithms: ['ES256'], issuer: claimsOf('is stopped').iss, jwksUrl: `${url}/keys` })
  for (const [name, { begin, status }] of Object.entries(faults)) {
    const [key, next] = [createIssuerKey('now'), createIssuerKey('next')]
    const keyServer = await startKeyServer(key)
    keyServers.push(keyServer)
    issuers.push({ name, key, next, begin: () => { begin(keyServer, createIssuerKey('other')) }, status })
    configured.push({ name, profile: 'standard', algorithms: ['ES256'], issuer: claimsOf(name).iss, jwksUrl: `${keyServer.url}/keys` })
  }
  folder = await temporaryFolder()
  await seedFolder(folder.cwd)
  server = await serve(['serve'], folder.cwd, { ...examination('http'), SALLYPORT_TOKENS_ISSUERS: JSON.stringify(configured) })
  for (const { name, key } of issuers) expect(await statusOf(key.sign(claimsOf(name))), name).toBe(101)
  for (const { begin } of issuers) begin()
})
afterAll(async () => {
  stopped.kill('SIGCONT')
  stopped.kill()
  await server.stop()
  for (const each of keyServers) await each.close()
  await folder.remove()
})

describe('a key server that fails while its keys are held', () => {
  test('[K3] [K4] [A21] costs those a second who bring a key it may have, as its own reason, and nobody else a moment', async () => {
    // The first of each issuer asks its server; the others come while it is asked, and after.
    const unknown = issuers.flatMap(({ name, next, status }) => Array.from({ length: 20 }, async () => {
      const at = performance.now()
      const answer = await statusOf(next.sign(claimsOf(name)))
      return { name, right: answer === status, late: performance.now() - at > 3_000 }
    }))
    const known = []
    for (let turn = 0; turn < 10; turn++) {
      for (const { name, key } of issuers) {
        // What lost its key in the set has lost it here, which is K5.
        if (name === 'lacks the key') continue
        const at = performance.now()
        known.push({ name, status: await statusOf(key.sign(claimsOf(name))), late: performance.now() - at > 900 })
      }
    }
    expect(known.filter(({ status }) => status !== 101)).toEqual([])
    const asked = await Promise.all(unknown)
    expect(asked.filter(({ right }) => !right)).toEqual([])
    // A machine that is busy makes one or another wait; who waited for a key server would be late with all of its issuer.
    for (const told of [known, asked]) expect(told.filter(({ late }) => late).length).toBeLessThan(told.length / 10)
  })

  test('[K4] [K5] is asked once, however many came, and one that has lost a key has lost it here as well', async () => {
    for (const { asked } of keyServers) expect(asked).toHaveLength(2)
    const lost = issuers.find(({ name }) => name === 'lacks the key')
    expect(await statusOf(lost?.key.sign(claimsOf(lost.name)) ?? '')).toBe(401)
    expect(server.stdout()).not.toContain('"reason":"internal_error"')
  })
})
