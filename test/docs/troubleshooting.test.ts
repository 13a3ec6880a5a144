import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { bearer, opened } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const hasCurl = spawnSync('curl', ['--version'], { timeout: 30_000 }).status === 0
const secret = randomBytes(64).toString('base64url')

interface Setup {
  readonly env?: Environment
  /** How far ahead the clock of the issuer is. */
  readonly aheadMs?: number
  /** Whether somebody is connected already. */
  readonly occupied?: boolean
  /** Whether the page says that no decision is written. */
  readonly unwritten?: boolean
}

/** The trouble of each section, made on purpose. A section without an entry here fails. */
const setups: Readonly<Record<string, Setup>> = {
  'Test the connection': {},
  '401: the token is refused': {},
  '403: banned': {},
  '403: the Origin is refused': { env: { SALLYPORT_ORIGINS: 'https://app.example' } },
  '404: no such path or conversation': {},
  '421: the Host is not served': { env: { SALLYPORT_HOSTS: 'gate.example' } },
  '426: the upgrade was lost': { unwritten: true },
  '429: too many': { env: { SALLYPORT_LIMITS_USER_CONNECTS_MAX: '1' } },
  '503: overloaded, draining, or a store is away': { env: { SALLYPORT_LIMITS_NODE_SOCKETS: '1' }, occupied: true },
  'The client connects, gets 4001 or 4401, and connects again': { env: { SALLYPORT_REFUSALS: 'close' } },
  '"You cannot call this from an async context"': {},
  'The port is taken': {},
  'New tokens are refused, or end too early: the clocks differ': { aheadMs: 60_000 },
  'Behind nginx all clients have one address': { env: { SALLYPORT_TRUSTED_PROXIES: '127.0.0.1' } },
  'There is nothing in the log': { env: { SALLYPORT_LOG_LEVEL: 'warn' }, unwritten: true },
}

interface Step {
  readonly language: 'sh' | 'js'
  readonly script: string
  /** Lines of the block that follows, each of which is part of the output, in this order. */
  readonly expected: readonly string[]
}

interface Section {
  readonly title: string
  readonly text: string
  readonly steps: readonly Step[]
  /** Parts of lines that the log has to hold afterwards. */
  readonly logged: readonly object[]
}

const blocks = (text: string): readonly { readonly language: string; readonly body: string }[] =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({ language, body }))

const linesOf = (body: string): readonly string[] => body.split('\n').filter((line) => line !== '')

const readObject = (line: string): object => {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new TypeError(`No object: ${line}`)
  return value
}

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
const functions = blocks(page).find(({ language }) => language === 'sh')?.body ?? ''

const sections: readonly Section[] = page
  .split(/^## /m)
  .slice(1)
  .map((part) => {
    const [title = ''] = part.split('\n', 1)
    const found = blocks(part).filter(({ body }) => body !== functions)
    const steps = found.flatMap(({ language, body }, index): readonly Step[] => {
      const next = found[index + 1]
      return language === 'sh' || language === 'js' ? [{ language, script: body, expected: next?.language === 'text' ? linesOf(next.body) : [] }] : []
    })
    return { title, text: part, steps, logged: found.filter(({ language }) => language === 'json').flatMap(({ body }) => linesOf(body).map(readObject)) }
  })

const output = (command: string, words: readonly string[], input: string, cwd: string, env: Environment): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(command, words, { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
    child.on('close', () => {
      resolve(text)
    })
    child.stdin.end(input)
  })

const nodeHasWebSocket = 'WebSocket' in globalThis

/** Runs a step as it is printed, except for the ports, which are those of the server of this test. */
const runStep = ({ language, script }: Step, server: Serving, cwd: string, env: Environment): Promise<string> => {
  if (language === 'js') return output(process.execPath, ['--input-type=module'], script, root, {})
  const [listenPort, internalPort] = [new URL(server.publicUrl).port, new URL(server.internalUrl).port]
  const here = script.replaceAll('127.0.0.1:4400', `127.0.0.1:${listenPort}`).replaceAll('127.0.0.1:4480', `127.0.0.1:${internalPort}`)
  const command = `sallyport() { '${process.execPath}' '${main}' "$@"; }\n${functions}\n${here}`
  return output('sh', ['-s'], command, cwd, {
    ...env,
    SALLYPORT_LISTEN_PORT: listenPort,
    SALLYPORT_INTERNAL_PORT: internalPort,
    ...(nodeHasWebSocket ? {} : { NODE_OPTIONS: '--experimental-websocket --no-warnings' }),
  })
}

test.runIf(process.env['CI'] !== undefined)('curl is installed where nothing may be skipped', () => {
  expect(hasCurl, 'curl does not run: apt-get install curl').toBe(true)
})

test('the page has the sections that are tried here, each with symptom, cause, fix and something to run', async () => {
  expect(sections.map(({ title }) => title)).toEqual(Object.keys(setups))
  for (const { title, text, steps } of sections) {
    expect(steps.length, title).toBeGreaterThan(0)
    for (const { expected } of steps) expect(expected.length, title).toBeGreaterThan(0)
    if (title !== 'Test the connection') for (const word of ['**Symptom.**', '**Cause.**', '**Fix.**']) expect(text, title).toContain(word)
  }
  const anchors = sections.map(({ title }) => title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'))
  for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor)
  const { keys } = await import('../../dist/server/config/keys.js')
  const { envName } = await import('../../dist/server/config/leaf.js')
  const known = Object.values(keys).map(({ path }) => envName(path))
  for (const [name] of page.matchAll(/SALLYPORT_[A-Z_]+[A-Z]/g)) expect(known).toContain(name)
})

describe.skipIf(!hasCurl)('each step of the page does what it says (when skipped: apt-get install curl)', () => {
  test.each(sections)('$title', async ({ title, text: section, steps, logged }) => {
    const { env: own = {}, aheadMs = 0, occupied = false, unwritten = false } = setups[title] ?? {}
    const { cwd, remove } = await temporaryFolder()
    const base = { SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_SECRET: secret, ...own }
    try {
      await seedFolder(cwd)
      const server = await serve(['serve'], cwd, base)
      try {
        const token = await mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() + aheadMs })
        if (occupied) await opened(`${server.socketUrl}/ws/`, bearer(token))
        for (const step of steps) {
          const text = await runStep(step, server, cwd, { ...base, TOKEN: token })
          let from = 0
          for (const part of step.expected) {
            const at = text.indexOf(part, from)
            if (at === -1) expect(text.slice(from), `after ${step.script}`).toContain(part)
            from = at + part.length
          }
        }
        const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
        for (const [name] of section.matchAll(/sallyport_[a-z_]+[a-z]/g)) expect(metrics).toContain(`# HELP ${name} `)
        const { stdout } = await server.stop()
        const lines = linesOf(stdout).map(readObject)
        if (unwritten) expect(stdout).not.toContain('"event":"admission"')
        for (const line of logged) expect(lines).toContainEqual(expect.objectContaining(line))
      } finally {
        await server.stop()
      }
    } finally {
      await remove()
    }
  })
})
