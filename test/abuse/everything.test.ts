import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlite } from '../../dist/stores/sqlite/engine.js'
import { modernBearer, opened, type Knocked } from '../server/knock.js'
import { handshakeText } from '../wire/gate-server.js'
import { clientFrame, textFrame } from '../wire/raw-client.js'
import { heard, seesProcesses, startStage, type Stage } from './stage.js'

// The long form, with numbers, is bench/everything.mjs.

let stage: Stage
let conversation = ''
beforeAll(async () => {
  stage = await startStage()
  const list = await opened(`${stage.server.socketUrl}/ws/`, modernBearer(await stage.token()))
  list.send(JSON.stringify({ id: 1, type: 'conversations.list' }))
  const frame = await answerTo(list, 1)
  conversation = /"id":"([A-Za-z0-9]{10})"/.exec(JSON.stringify(frame))?.[1] ?? ''
  await list.close()
  await stage.warmUp(1_000)
})
afterAll(async () => {
  await stage.close()
})

const answerTo = async (client: Knocked, id: number): Promise<Awaited<ReturnType<Knocked['next']>>> => {
  for (;;) {
    const frame = await client.next()
    if (frame['re'] === id) return frame
  }
}

/** Says something again and again until it is over, and returns what was acknowledged. */
const talk = async (client: Knocked, name: string, isOver: () => boolean): Promise<readonly string[]> => {
  const acknowledged: string[] = []
  for (let id = 1; !isOver() || acknowledged.length === 0; id += 1) {
    const content = `${name} says ${String(id)}`
    client.send(JSON.stringify({ id, type: 'message.send', conversation, key: `${name}-${String(id)}`, content }))
    const frame = await answerTo(client, id)
    // A store that is late on a busy machine says so, and has acknowledged nothing.
    if (frame.type === 'ok') acknowledged.push(content)
    else expect(frame).toMatchObject({ code: 'unavailable' })
  }
  return acknowledged
}

test.skipIf(!seesProcesses)(
  '[F2] [F4] [R5] [A24] H14: while everything is thrown at a server at once, nobody who talks is dropped, nothing that was acknowledged is lost, and nothing is left behind (when skipped: it reads /proc, which only Linux has)',
  { timeout: 150_000 },
  async () => {
    const good = await stage.token('1')
    const open = handshakeText({ token: good })
    const bomb = clientFrame(1, deflateRawSync(Buffer.alloc(20 * 2 ** 20)))
    // Compressed, by RSV1.
    bomb.writeUInt8(0xc1, 0)
    const fragments = Buffer.concat([clientFrame(1, '', false), ...Array.from({ length: 16_000 }, () => clientFrame(0, '', false))])
    const costly = [
      'eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJwMmMiOjk5OTk5OTk5OSwicDJzIjoiQUFBQSIsImVuYyI6IkExMjhHQ00ifQ.AA.AA.AA.AA',
      `${good.split('.')[0] ?? ''}.${Buffer.from(`{"sub":"1","x":${'['.repeat(4_000)}${']'.repeat(4_000)}}`).toString('base64url')}.AAAA`,
    ]
    /** Kind, bytes, and whether whoever sent them waits until the server has had enough. */
    const attacks: readonly (readonly [string, Uint8Array, boolean])[] = [
      ['bomb', Buffer.concat([Buffer.from(open), bomb]), true],
      ['fragments', Buffer.concat([Buffer.from(open), fragments]), true],
      ['mute', Buffer.alloc(0), true],
      ['half a header', Buffer.from(open.slice(0, 100)), true],
      ...costly.map((token) => ['costly token', Buffer.from(handshakeText({ token })), true] as const),
      ...Array.from({ length: 10 }, () => ['no token', Buffer.from(handshakeText()), true] as const),
      ['gone at once', Buffer.concat([Buffer.from(open), textFrame('['.repeat(60_000))]), false],
    ]
    const answers = new Map<string, Set<string>>()
    const strike = async (index: number): Promise<void> => {
      const [kind, bytes, waits] = attacks[index % attacks.length] ?? ['', Buffer.alloc(0), false]
      const socket = await stage.connect()
      const gone = heard(socket)
      if (bytes.length > 0) socket.write(bytes)
      if (!waits) socket.resetAndDestroy()
      const status = (await gone).slice(9, 12)
      const seen = answers.get(kind) ?? new Set<string>()
      answers.set(kind, seen.add(status))
    }
    const talkers = await Promise.all(Array.from({ length: 30 }, async (_, index) => opened(`${stage.server.socketUrl}/ws/`, modernBearer(await stage.token(String(1 + (index % 3)))))))

    const acknowledged = await stage.attack(async () => {
      let over = false
      const talking = Promise.all(talkers.map((client, index) => talk(client, `talker${String(index)}`, () => over)))
      const until = performance.now() + 10_000
      let count = 0
      // Three hundred are always under way; those that say nothing stay until the server ends them.
      await Promise.all(
        Array.from({ length: 300 }, async () => {
          while (performance.now() < until) await strike(count++)
        }),
      )
      over = true
      return (await talking).flat()
    })

    // Whoever talked is there yet, and is answered.
    for (const client of talkers) {
      client.send('{"id":1000000,"type":"unsubscribe","topic":"customers"}')
      await answerTo(client, 1_000_000)
    }
    for (const client of talkers) await client.close()
    const engine = await openSqlite({ path: `${stage.server.cwd}/.sallyport/sallyport.db`, deadlineMs: 20_000 })
    const stored = new Set((await engine.read<{ readonly content: string }>('lists', "select content from messages where content like 'talker%'")).map(({ content }) => content))
    await engine.close()
    expect(acknowledged.length).toBeGreaterThanOrEqual(30)
    expect(acknowledged.filter((content) => !stored.has(content))).toEqual([])
    // A server that is late may say 503 to anybody; what it says besides is known.
    const besides = (kind: string): readonly string[] => [...(answers.get(kind) ?? [])].filter((status) => status !== '503' && status !== '').toSorted()
    expect({ mute: besides('mute'), half: besides('half a header'), costly: besides('costly token'), bare: besides('no token') }).toEqual({
      mute: ['408'], half: ['408'], costly: ['401'], bare: ['401'],
    })
    await expect.poll(() => stage.logged('session_closed', 'frame_protocol')).toBeGreaterThan(0)
  },
)
