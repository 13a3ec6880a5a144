import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { seedFolder, serve, temporaryFolder } from '../server/run-cli.js'
import { pythonClient } from './python.js'

const { installed, ask: askClient } = pythonClient('websockets-client.py')

const frame = z.looseObject({ type: z.string() })
const answer = z.object({ subprotocol: z.string().nullable(), frames: z.array(frame) })
const output = z.object({ version: z.string(), answers: z.object({ header: answer, subprotocol: answer, query: answer }), refused: z.number() })

const ask = async (question: object): Promise<z.infer<typeof output>> => output.parse(await askClient(question))

test.runIf(process.env['CI'] !== undefined)('websockets is installed where nothing may be skipped', () => {
  expect(installed, 'websockets does not run: apt-get install python3-websockets').toBe(true)
})

describe.skipIf(!installed)('the websockets package of Python (when skipped: apt-get install python3-websockets)', () => {
  test('connects by header and query as a classic client, by sub-protocol as a modern one, and is refused without a token', async () => {
    const { cwd, remove } = await temporaryFolder()
    const secret = randomBytes(64).toString('base64url')
    const env = { SALLYPORT_TOKENS_PROFILE: 'classic', SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_LOG_LEVEL: 'error' }
    try {
      await seedFolder(cwd)
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
