import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { page, startGateServer, testSecret, type GateServer } from './gate-server.js'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { shortestMs } from '../../dist/protocol/testing/shortest-ms.js'
import { rawClient, type Answer } from './raw-client.js'

const outcome = z.union([z.number(), z.string()])
const handshakes = z.object({
  vectors: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      raw: z.string(),
      status: z.array(outcome),
      closeCodes: z.array(z.number()).optional(),
      headerMust: z.string().optional(),
      noHeader: z.string().optional(),
      maxMs: z.number().optional(),
    }),
  ),
})
const frames = z.object({ vectors: z.array(z.object({ id: z.string(), name: z.string(), send: z.array(z.string()), close: z.array(outcome) })) })

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../vectors/wire/${name}-vectors.json`, import.meta.url), 'utf8'))
const handshakeVectors = handshakes.parse(read('handshake')).vectors
const frameVectors = frames.parse(read('frame')).vectors

const path = '/ws/customers/'
const refusalFrames = ['authentication_error', 'access_denied']

const jsonTypes = (texts: readonly string[]): readonly string[] => texts.map((text) => z.looseObject({ type: z.string() }).parse(JSON.parse(text)).type)

/** What became of a handshake, in the words of the vectors. */
const outcomesOf = (answer: Answer, closeCodes: readonly number[]): readonly (number | string)[] => {
  if (answer.status === 0) return ['close']
  if (answer.status !== 101) return [answer.status]
  if (answer.closeCode === undefined) return answer.ended ? ['dropped'] : [101]
  const types = jsonTypes(answer.texts)
  const isRefusal = closeCodes.includes(answer.closeCode) && types.length <= 1 && types.every((type) => refusalFrames.includes(type))
  // Upgraded, whatever followed, counts where 101 is one answer among others.
  return isRefusal ? ['accept-then-close', '101 and more'] : ['101 and more']
}

describe.each(['http', 'close'] as const)('with refusals %s', (refusals) => {
  let server: GateServer
  let token = ''
  beforeAll(async () => {
    server = await startGateServer({
      refusals,
      dialect: 'classic.v2',
      origins: [page],
      issuers: [{ profile: 'classic', algorithms: ['HS512'], secret: testSecret }],
      endpoints: [
        { name: 'customers', path },
        { name: 'conversations', path: '/ws/conversations/' },
        { name: 'chat', path: '/ws/chat/:conversation/' },
        { name: 'root', path: '/ws/' },
      ],
    })
    token = await mintToken({ profile: 'classic', algorithm: 'HS512', secret: testSecret, subject: '1', lifetimeMs: 3_600_000, at: Date.now() })
  })
  afterAll(async () => {
    await server.close()
  })

  const url = (): string => `${path}?token=${token}`
  const fill = (raw: string): string =>
    raw
      .replaceAll('{{HOST}}', `127.0.0.1:${String(server.port)}`)
      .replaceAll('{{URLQ}}', `${url()}&`)
      .replaceAll('{{URL}}', url())
      .replaceAll('{{BAREURL}}', path)
      .replaceAll('{{ORIGINHOST}}', new URL(page).host)
      .replaceAll('{{ORIGIN}}', page)
      .replaceAll('{{AUTH}}', '')
      .replaceAll('{{TOKEN}}', token)

  const goodClientIsLetIn = async (): Promise<void> => {
    const client = await server.enter({ target: path, origin: page, token })
    expect((await client.roundTrip()).closeCode).toBeUndefined()
    client.end()
  }

  test.each(handshakeVectors)('$id $name', async ({ raw, status, closeCodes = [], headerMust, noHeader, maxMs }) => {
    const client = await rawClient(server.port)
    client.write(fill(raw))
    let answer = await client.answered()
    // A socket that is open answers a ping, unless its close frame is on the way: no clock is needed to know which.
    if (answer.status === 101) answer = await client.roundTrip()
    const outcomes = outcomesOf(answer, closeCodes)
    const accepted = status.filter((one) => one !== 'accept-then-close' || refusals !== 'http')
    const isAccepted = outcomes.some((one) => accepted.includes(one) || (one === '101 and more' && accepted.includes(101) && accepted.length > 1))
    expect(isAccepted, `${String(outcomes)} is none of ${accepted.join(', ')}: ${client.received.slice(0, 200)}`).toBe(true)
    expect([1011, 4500]).not.toContain(answer.closeCode)
    if (headerMust !== undefined && answer.status !== 101) expect(answer.head.toLowerCase()).toContain(headerMust)
    if (noHeader !== undefined) expect(answer.head.toLowerCase()).not.toContain(noHeader)
    expect(client.received).not.toContain(token)
    client.end()
    const again = async (): Promise<void> => {
      const another = await rawClient(server.port)
      another.write(fill(raw))
      await another.answered()
      another.end()
    }
    if (maxMs !== undefined) expect(await shortestMs(again)).toBeLessThan(maxMs)
    await goodClientIsLetIn()
  })

  test.each(frameVectors)('$id $name', async ({ send, close }) => {
    const client = await server.enter({ target: path, origin: page, token })
    client.write(Buffer.from(send.join(''), 'hex'))
    const answer = await client.roundTrip()
    const outcomes = new Set<number | string>([answer.closeCode ?? (answer.ended ? 'dropped' : 'stays')])
    if ((answer.closeCode ?? 0) >= 4000) outcomes.add('close4')
    if (answer.frames.some(({ opcode, payload }) => opcode === 10 && !payload.toString().startsWith('mark'))) outcomes.add('pong')
    if (jsonTypes(answer.texts).includes('error')) outcomes.add('error')
    expect(close.some((one) => outcomes.has(one)), `${[...outcomes].join(', ')} is none of ${close.join(', ')}`).toBe(true)
    expect([1011, 4500].filter((code) => code === answer.closeCode && !close.includes(code))).toEqual([])
    client.end()
    await goodClientIsLetIn()
  })
})

test('the vectors are all there', () => {
  expect([handshakeVectors.length, frameVectors.length]).toEqual([41, 46])
})
