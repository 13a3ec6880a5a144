import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { envName } from '../../dist/server/config/leaf.js'
import { keys } from '../../dist/server/config/keys.js'
import { knock } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'
import { runScript } from './run-script.js'

const page = await readFile(new URL('../../docs/replay.md', import.meta.url), 'utf8')
const secret = randomBytes(64).toString('base64url')
const env: Environment = { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_LIMITS_USER_CONNECTS_MAX: '1000000', SALLYPORT_DRY_RUN: 'origin', SALLYPORT_ORIGINS: 'https://app.example' }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let server: Serving
let over = false
let visits: Promise<void>

beforeAll(async () => {
  folder = await temporaryFolder()
  await seedFolder(folder.cwd)
  server = await serve(['serve'], folder.cwd, env)
  const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 3_600_000, at: Date.now() })
  const visit = async (): Promise<void> => {
    while (!over) {
      const socket = await knock(`${server.socketUrl}/ws/`, { origin: 'https://app.example', headers: { authorization: `Bearer ${token}` } })
      if ('close' in socket) await socket.close()
    }
  }
  visits = visit()
})
afterAll(async () => {
  over = true
  await visits
  await server.stop()
  await folder.remove()
})

const output = (script: string): Promise<string> => {
  const [SALLYPORT_LISTEN_PORT, SALLYPORT_INTERNAL_PORT] = [new URL(server.publicUrl).port, new URL(server.internalUrl).port]
  return runScript(script, folder.cwd, { ...env, SALLYPORT_LISTEN_PORT, SALLYPORT_INTERNAL_PORT })
}

test('[E1] [E2] a recording is made again as the page says, by another configuration and by its own', async () => {
  const [, script = '', expected = ''] = /^```sh\n([\s\S]*?)^```\n```text\n([\s\S]*?)^```/m.exec(page) ?? []
  const text = await output(script)
  let from = 0
  for (const part of expected.trim().split('\n')) {
    expect(text.slice(from)).toContain(part)
    from = text.indexOf(part, from) + part.length
  }
})

test('the table of the record names every member that a decision has, and none besides', async () => {
  const named = [...page.split('## The record')[1]?.matchAll(/^\| (`.*?) \|/gm) ?? []].flatMap(([, cell = '']) => [...cell.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name))
  const shape = z.looseObject({ items: z.array(z.looseObject({ inputs: z.looseObject({}) })) })
  const key = (await readFile(`${folder.cwd}/.sallyport/operator.key`, 'utf8')).trim()
  await knock(`${server.socketUrl}/ws/`, { origin: 'https://other.example', headers: { authorization: 'Bearer x' } })
  const answer = await fetch(`${server.internalUrl}/api/v1/decisions?limit=1000`, { headers: { authorization: `Bearer ${key}` } })
  const seen = shape.parse(await answer.json()).items.flatMap(({ inputs, ...rest }) => [...Object.keys(rest), ...Object.keys(inputs).map((name) => `inputs.${name}`)])
  // What is said of a reason in PROTOCOL.md, for readers of one decision, and the version, which the page tells above its table.
  const told = ['recordVersion', 'told', 'sentence', 'remedy', 'retry', 'closeCode', 'development']
  expect([...new Set(seen)].filter((name) => !named.includes(name) && !told.includes(name))).toEqual([])
  // Those that only some decisions have are in the shape that is read again.
  const some = new Set(['retryAfterMs', 'inputs.forwarded'])
  expect(named.filter((name) => name.includes('.') || !['name', 'outcome', 'durationMs', 'detail', 'step', 'rule'].includes(name)).filter((name) => !seen.includes(name) && !some.has(name))).toEqual([])
})

test('the keys that are judged are keys of the configuration', () => {
  const known = new Set(Object.values(keys).map(({ path }) => path))
  const [, list = ''] = /^These keys are judged: ([\s\S]*?)\. Those under/m.exec(page) ?? []
  const names = [...list.matchAll(/`([^`]+)`/g)].flatMap(([, text = '']) => {
    const [, group, members] = /^(.*)\{(.*)\}$/.exec(text) ?? []
    return members === undefined ? [text] : members.split(',').map((member) => `${group ?? ''}${member}`)
  })
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => ![...known].some((path) => path === name || path.startsWith(`${name}.`)))).toEqual([])
  expect(names.map((name) => envName(name)).every((name) => /^SALLYPORT_[A-Z_]+$/.test(name))).toBe(true)
})
