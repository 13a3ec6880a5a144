import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from '../dialects/stage.js'
import type { Knocked } from '../server/knock.js'
import { countTo, makeWorkspace, nextWhere, type Workspace } from './workspace.js'

const kills = 50
/** Messages of one socket that are under way at once. */
const inFlight = 8

let workspace: Workspace
beforeAll(async () => {
  workspace = await makeWorkspace()
})
afterAll(() => workspace.remove())

/** Messages whose echo or `ok` reached a client: content by id. */
const acknowledged = new Map<string, string>()
/** Everything that was ever sent. */
const sent = new Set<string>()
/** What a modern client has no answer for yet: content by key. It asks again with the same key, as its kind do. */
const unanswered = new Map<string, string>()

interface Load {
  readonly name: string
  readonly conversation: string
  /** Called in the turn in which the acknowledgement arrives. */
  readonly told: () => void
}

const note = (message: unknown): void => {
  acknowledged.set(String(at(message, 'id')), String(at(message, 'content')))
}

const untilClosed = async (socket: Knocked, take: (frame: Awaited<ReturnType<Knocked['next']>>) => void): Promise<void> => {
  for (;;) {
    const frame = await socket.next().catch(() => undefined)
    if (frame === undefined) return
    take(frame)
  }
}

const classicLoad = (socket: Knocked, { name, told }: Load): Promise<void> => {
  let count = 0
  const send = (): void => {
    const content = `load ${name} ${String((count += 1))}`
    sent.add(content)
    socket.send(JSON.stringify({ type: 'chat_message', content }))
  }
  for (let index = 0; index < inFlight; index += 1) send()
  return untilClosed(socket, (frame) => {
    if (frame.type !== 'chat_message') return
    note(frame['message'])
    told()
    if (String(at(frame, 'message', 'content')).startsWith(`load ${name} `)) send()
  })
}

const modernSend = (socket: Knocked, conversation: string, key: string, content: string): void => {
  socket.send(JSON.stringify({ id: key, type: 'message.send', conversation, key, content }))
}

const modernLoad = (socket: Knocked, { name, conversation, told }: Load): Promise<void> => {
  let count = 0
  const send = (): void => {
    const key = `${name.replaceAll(' ', '-')}-${String((count += 1))}`
    const content = `load ${name} ${String(count)}`
    sent.add(content)
    unanswered.set(key, content)
    modernSend(socket, conversation, key, content)
  }
  for (const [key, content] of unanswered) modernSend(socket, conversation, key, content)
  for (let index = 0; index < inFlight; index += 1) send()
  return untilClosed(socket, (frame) => {
    if (frame.type !== 'ok') return
    unanswered.delete(String(frame['re']))
    note(frame['message'])
    told()
    send()
  })
}

describe('a server that is killed again and again while messages arrive', () => {
  test(`has every message it acknowledged exactly once, after ${String(kills)} times`, { timeout: 600_000 }, async () => {
    const [first = '', second = ''] = workspace.conversations
    for (const round of countTo(kills)) {
      const server = await workspace.start()
      const sockets = [
        await workspace.classic(server, '1', first),
        await workspace.classic(server, '2', first),
        await workspace.classic(server, '3', second),
        await workspace.modern(server, '1'),
      ] as const
      // Another moment each time: among the first commits, and well in the middle.
      let left = 1 + ((round * 37) % 150)
      let killed: Promise<unknown> | undefined
      const told = (): void => {
        left -= 1
        if (left === 0) killed = server.kill()
      }
      const load = (index: number, conversation: string): Load => ({ name: `${String(round)} ${String(index)}`, conversation, told })
      await Promise.all([
        classicLoad(sockets[0], load(0, first)),
        classicLoad(sockets[1], load(1, first)),
        classicLoad(sockets[2], load(2, second)),
        modernLoad(sockets[3], load(3, second)),
      ])
      expect(left, server.stderr()).toBeLessThanOrEqual(0)
      await killed
    }

    const server = await workspace.start()
    const modern = await workspace.modern(server, '1')
    for (const [key, content] of unanswered) {
      let answer: Readonly<Record<string, unknown>> = {}
      // A store that is late on a busy machine says so, and is asked again.
      while (answer['type'] !== 'ok') {
        modernSend(modern, second, key, content)
        answer = await nextWhere(modern, ({ re }) => re === key)
      }
      note(answer['message'])
    }
    await server.stop()

    const { integrity, messages, offsets, told } = await workspace.kept()
    expect(integrity).toBe('ok')
    const stored = messages.filter(({ content }) => content.startsWith('load '))
    const contentById = new Map(stored.map(({ id, content }) => [id, content]))
    expect([...acknowledged].filter(([id, content]) => contentById.get(id) !== content)).toEqual([])
    // None twice, and none that nobody sent.
    expect(new Set(stored.map(({ content }) => content)).size).toBe(stored.length)
    expect(stored.filter(({ content }) => !sent.has(content))).toEqual([])
    // What a modern client sent is all there, as it asked until it knew.
    const modernly = [...sent].filter((content) => /^load \d+ 3 /.test(content))
    expect(modernly.length).toBeGreaterThan(kills * inFlight - 1)
    expect(stored.filter(({ content }) => /^load \d+ 3 /.test(content))).toHaveLength(modernly.length)
    // Each with its event, each number taken once.
    expect(told.toSorted()).toEqual(stored.map(({ id }) => id).toSorted())
    expect(offsets).toEqual(countTo(offsets.length))
    for (const conversation of [first, second]) {
      const numbers = messages.flatMap((message) => (message.conversation === conversation ? message.seq : []))
      expect(numbers).toEqual(countTo(numbers.length))
    }
  })
})
