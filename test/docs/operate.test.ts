import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { knock } from '../server/knock.js'
import { seedFolder, serve, temporaryFolder, type Environment, type Serving } from '../server/run-cli.js'
import { runScript } from './run-script.js'

const hasCurl = spawnSync('curl', ['--version'], { timeout: 30_000 }).status === 0
const secret = randomBytes(64).toString('base64url')

const page = await readFile(new URL('../../docs/operate.md', import.meta.url), 'utf8')
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.split('\n', 1)[0] ?? '', blocks: [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({ language, body })) }))

test.runIf(process.env['CI'] !== undefined)('curl is installed where nothing may be skipped', () => {
  expect(hasCurl, 'curl does not run: apt-get install curl').toBe(true)
})

describe.skipIf(!hasCurl)('the night of the page, against a server under attack (when skipped: apt-get install curl)', () => {
  let env: Environment = {
    SALLYPORT_TOKENS_SECRET: secret,
    // Clients of this test have sample addresses, as if a proxy had named them.
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
    SALLYPORT_LIMITS_ADDRESS_BUDGET_CAPACITY: '1000000000',
    SALLYPORT_LIMITS_USER_CONNECTS_MAX: '1000000',
  }
  let server: Serving
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let over = false
  const at = (address: string, token: string) => ({ headers: { 'x-forwarded-for': address, 'authorization': `Bearer ${token}` } })
  const tokenOf = (subject: string): Promise<string> => mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs: 3_600_000, at: Date.now() })

  /** Goes on through restarts until the night is over. */
  const again = async (once: (turn: number) => Promise<void>): Promise<void> => {
    for (let turn = 0; !over; turn++) {
      await once(turn).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  let loops: readonly Promise<void>[] = []

  beforeAll(async () => {
    folder = await temporaryFolder()
    await seedFolder(folder.cwd)
    server = await serve(['serve'], folder.cwd, env)
    const stolen = await tokenOf('3')
    for (const address of ['203.0.113.90', '203.0.113.90', '198.51.100.9']) await knock(`${server.socketUrl}/ws/`, at(address, stolen))
    const office = await tokenOf('1')
    loops = [
      again(async (turn) => {
        const forged = await mintToken({ profile: 'standard', algorithm: 'HS512', secret: randomBytes(64).toString('hex'), subject: '1', lifetimeMs: 60_000, at: Date.now() })
        await knock(`${server.socketUrl}/ws/`, at(`203.0.113.${String(66 + (turn % 4))}`, forged))
      }),
      again(async () => {
        const socket = await knock(`${server.socketUrl}/ws/`, at('198.51.100.20', office))
        if ('close' in socket) await socket.close()
      }),
    ]
  })
  afterAll(async () => {
    over = true
    await Promise.all(loops)
    await server.stop()
    await folder.remove()
  })

  const output = (script: string): Promise<string> => {
    const [SALLYPORT_LISTEN_PORT, SALLYPORT_INTERNAL_PORT] = [new URL(server.publicUrl).port, new URL(server.internalUrl).port]
    return runScript(script.replaceAll('127.0.0.1:4480', `127.0.0.1:${SALLYPORT_INTERNAL_PORT}`), folder.cwd, { ...env, SALLYPORT_LISTEN_PORT, SALLYPORT_INTERNAL_PORT })
  }

  const restart = async (body: string): Promise<void> => {
    const changes = body.split('\n').flatMap((line) => (line === '' ? [] : [line.split('=', 2)]))
    env = { ...env, ...Object.fromEntries(changes.map(([name = '', value = '']) => [name, value])) }
    await server.stop()
    server = await serve(['serve'], folder.cwd, env)
  }

  test.each(sections)('$title', async ({ blocks }) => {
    for (const [index, { language, body }] of blocks.entries()) {
      if (language === 'env') await restart(body)
      if (language !== 'sh') continue
      const text = await output(body)
      const expected = blocks[index + 1]
      let from = 0
      for (const part of expected?.language === 'text' ? expected.body.split('\n') : []) {
        const found = text.indexOf(part, from)
        if (found === -1) expect(text.slice(from), `after ${body}`).toContain(part)
        from = found + part.length
      }
    }
  })
})

test('the page names only variables and metrics that there are', async () => {
  const { keys } = await import('../../dist/server/config/keys.js')
  const { envName } = await import('../../dist/server/config/leaf.js')
  const known = Object.values(keys).flatMap(({ path, secret: mayBeFile }) => (mayBeFile ? [envName(path), `${envName(path)}_FILE`] : [envName(path)]))
  for (const [name] of page.matchAll(/SALLYPORT_[A-Z_]+[A-Z]/g)) expect(known).toContain(name)
})
