import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startStage } from '../abuse/stage.js'

// Debian's own interpreter: another `python3` on the path would not see Debian's packages.
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('wsproto-client.py', import.meta.url))
const installed = spawnSync(python, [script, '--version'], { encoding: 'utf8', timeout: 30_000 }).status === 0

const answer = z.object({ subprotocol: z.string().nullable(), extensions: z.array(z.string()), frames: z.array(z.looseObject({ type: z.string() })), pong: z.unknown(), closed: z.number().nullable() })
const output = z.object({ version: z.string(), answers: z.object({ header: answer, query: answer, subprotocol: answer }), refused: z.number().nullable() })

/** The loop has to stay free while the client runs, as the server's output is read by it. */
const ask = (question: object): Promise<z.infer<typeof output>> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('close', (code) => {
      if (code === 0) resolve(output.parse(JSON.parse(stdout)))
      else reject(new Error(`The client failed: ${stderr}`))
    })
    child.stdin.end(JSON.stringify(question))
  })

test.runIf(process.env['CI'] !== undefined)('wsproto is installed where nothing may be skipped', () => {
  expect(installed, 'wsproto does not run: apt-get install python3-wsproto').toBe(true)
})

describe.skipIf(!installed)('wsproto of Python (when skipped: apt-get install python3-wsproto)', () => {
  test('C1: connects as a classic and a modern client, offers compression that is not taken up, is ponged, closed as it asked, and refused without a token', { timeout: 90_000 }, async () => {
    const stage = await startStage()
    try {
      const { answers, refused } = await ask({ url: `${stage.server.socketUrl}/ws/customers/`, token: await stage.token() })
      for (const { subprotocol, frames } of [answers.header, answers.query]) {
        expect(subprotocol).toBeNull()
        expect(frames).toMatchObject([{ type: 'connection_established' }, { type: 'customers_list' }])
      }
      expect(answers.subprotocol).toMatchObject({ subprotocol: 'sallyport.v1', frames: [{ type: 'welcome' }] })
      for (const { extensions, pong, closed } of Object.values(answers)) expect([extensions, pong, closed]).toEqual([[], 'are you there', 1000])
      expect(refused).toBe(401)
    } finally {
      await stage.close()
    }
  })
})
