import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startStage } from '../abuse/stage.js'
import { pythonClient } from './python.js'

const { installed, ask: askClient } = pythonClient('wsproto-client.py')

const answer = z.object({ subprotocol: z.string().nullable(), extensions: z.array(z.string()), frames: z.array(z.looseObject({ type: z.string() })), pong: z.unknown(), closed: z.number().nullable() })
const output = z.object({ version: z.string(), answers: z.object({ header: answer, query: answer, subprotocol: answer }), refused: z.number().nullable() })

const ask = async (question: object): Promise<z.infer<typeof output>> => output.parse(await askClient(question))

test.runIf(process.env['CI'] !== undefined)('wsproto is installed where nothing may be skipped', () => {
  expect(installed, 'wsproto does not run: apt-get install python3-wsproto').toBe(true)
})

describe.skipIf(!installed)('wsproto of Python (when skipped: apt-get install python3-wsproto)', () => {
  test('C1: connects as a classic and a modern client, offers compression that is not taken up, is ponged, closed as it asked, and refused without a token', async () => {
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
