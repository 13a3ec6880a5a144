import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const secret = 'examples-secret-'.padEnd(64, 'k2Wd')

const fences = async (page: string): Promise<readonly { readonly name: string; readonly text: string }[]> => {
  const text = await readFile(new URL(page, root), 'utf8')
  return [...text.matchAll(/^```\w+ example=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name, body]) => ({ name: name ?? '', text: body ?? '' }))
}

test('every example in the README is the file of the same name', async () => {
  const shown = await fences('README.md')
  expect(shown.map(({ name }) => name)).toEqual(['ws/server.mjs', 'issuer/serve.sh', 'mint/mint.mjs', 'mint/mint.py', 'browser/reconnect.js', 'browser/ticket.js'])
  for (const { name, text } of shown) expect(text).toBe(await readFile(new URL(`examples/${name}`, root), 'utf8'))
})

test('the browser snippet has at most fifteen lines of code beside its braces, and reads every never-again code of the table', async () => {
  const { denials } = await import('../../dist/protocol/denial.js')
  const text = await readFile(new URL('examples/browser/reconnect.js', root), 'utf8')
  expect(text.split('\n').filter((line) => !/^\s*(?:\}.*|\/\*\*.*)?$/.test(line)).length).toBeLessThanOrEqual(15)
  for (const [reason, { close, retry }] of Object.entries(denials))
    if (retry === 'never' || retry === 'after-login') expect(text, `${reason} closes with ${String(close)}`).toContain(String(close))
})

test('the guarded server of the first example has at most ten statements around one gate', async () => {
  const text = await readFile(new URL('examples/ws/server.mjs', root), 'utf8')
  const gateLines = text.split('\n').filter((line) => /createGate|issuers|lookupUser|gate\.upgrade/.test(line))
  expect(gateLines.length).toBeLessThanOrEqual(10)
})

describe('the example server', () => {
  let server: ChildProcess
  let port = 0

  beforeAll(async () => {
    server = spawn(process.execPath, ['examples/ws/server.mjs'], { cwd: root, env: { ...process.env, TOKEN_SECRET: secret, PORT: '0' } })
    port = await new Promise<number>((resolve, reject) => {
      server.stdout?.on('data', (data: Buffer) => {
        const found = /listening on (\d+)/.exec(data.toString())?.[1]
        if (found !== undefined) resolve(Number(found))
      })
      server.once('exit', (code) => {
        reject(new Error(`the example ended with ${String(code)}`))
      })
    })
  })
  afterAll(() => {
    server.kill()
  })

  const talk = (token: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://127.0.0.1:${String(port)}/`, ['sallyport.v1', `sallyport.bearer.${token}`])
      ws.on('open', () => {
        ws.send('hello')
      })
      ws.on('message', (data: Buffer) => {
        resolve(data.toString())
        ws.close()
      })
      ws.on('unexpected-response', (_request, response) => {
        resolve(`refused ${String(response.statusCode)}`)
      })
      ws.on('error', reject)
    })

  test('admits a token minted by the Node example', async () => {
    const { stdout } = await run(process.execPath, ['examples/mint/mint.mjs', '1'], { cwd: root, env: { ...process.env, TOKEN_SECRET: secret } })
    expect(await talk(stdout.trim())).toBe('Sara: hello')
  })

  test('refuses a token of an unknown user', async () => {
    const { stdout } = await run(process.execPath, ['examples/mint/mint.mjs', '2'], { cwd: root, env: { ...process.env, TOKEN_SECRET: secret } })
    expect(await talk(stdout.trim())).toBe('refused 401')
  })

  test('admits a token minted by the Python example', async (context) => {
    const python = '/usr/bin/python3'
    const there = await access(python)
      .then(() => run(python, ['-c', 'import jwt']))
      .then(
        () => true,
        () => false,
      )
    if (!there) {
      if (process.env['CI'] !== undefined) throw new Error('python3-jwt is missing: apt-get install python3-jwt')
      context.skip('python3-jwt is missing: apt-get install python3-jwt')
    }
    const { stdout } = await run(python, ['examples/mint/mint.py', '1'], { cwd: root, env: { ...process.env, TOKEN_SECRET: secret } })
    expect(await talk(stdout.trim())).toBe('Sara: hello')
  })
})
