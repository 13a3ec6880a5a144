import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { runToEnd, serve, temporaryFolder } from '../server/run-cli.js'

// Debian's own interpreter: another `python3` on the path would not see Debian's packages.
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('websockets-client.py', import.meta.url))
const installed = spawnSync(python, [script, '--version'], { encoding: 'utf8', timeout: 30_000 }).status === 0

const frame = z.looseObject({ type: z.string() })
const answer = z.object({ subprotocol: z.string().nullable(), frames: z.array(frame) })
const output = z.object({ version: z.string(), answers: z.object({ header: answer, subprotocol: answer, query: answer }), refused: z.number() })

/** The loop has to stay free while the client runs, as the server's output is read by it. */
const ask = (question: object): Promise<z.infer<typeof output>> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('close', (code) => {
      if (code === 0) resolve(output.parse(JSON.parse(stdout)))
      else reject(new Error(`The client failed: ${stderr}`))
    })
    child.stdin.end(JSON.stringify(question))
  })

test.runIf(process.env['CI'] !== undefined)('websockets is installed where nothing may be skipped', () => {
  expect(installed, 'websockets does not run: apt-get install python3-websockets').toBe(true)
})

describe.skipIf(!installed)('the websockets package of Python (when skipped: apt-get install python3-websockets)', () => {
  test('connects by header and query as a classic client, by sub-protocol as a modern one, and is refused without a token', { timeout: 60_000 }, async () => {
    const { cwd, remove } = await temporaryFolder()
    const secret = randomBytes(64).toString('base64url')
    const env = { SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_LOG_LEVEL: 'error' }
    try {
      expect((await runToEnd(['db', 'seed'], cwd, env)).code).toBe(0)
      const server = await serve(['serve'], cwd, env)
      try {
        const token = await mintToken({ profile: 'classic', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() })
        const { answers, refused } = await ask({ url: `${server.socketUrl}/ws/customers/`, token, carriers: { header: 2, subprotocol: 1, query: 2 } })
        for (const { subprotocol, frames } of [answers.header, answers.query]) {
          expect(subprotocol).toBeNull()
          expect(frames).toMatchObject([{ type: 'connection_established' }, { type: 'customers_list' }])
          expect(frames[1]?.['customers']).toHaveLength(10)
        }
        expect(answers.subprotocol).toMatchObject({ subprotocol: 'sallyport.v1', frames: [{ type: 'welcome' }] })
        expect(refused).toBe(401)
      } finally {
        await server.stop()
      }
      expect((await server.stop()).code).toBe(0)
    } finally {
      await remove()
    }
  })
})
