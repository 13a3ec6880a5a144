import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from '../dialects/stage.js'
import type { Knocked } from '../server/knock.js'
import type { Serving } from '../server/run-cli.js'
import { countTo, makeWorkspace, nextWhere, type Workspace } from './workspace.js'

const keys = countTo(50).map((index) => `same-${String(index)}`)

let workspace: Workspace
let here: Serving
let there: Serving
beforeAll(async () => {
  workspace = await makeWorkspace()
  here = await workspace.start()
  there = await workspace.start()
})
afterAll(async () => {
  await here.stop()
  await there.stop()
  await workspace.remove()
})

const sendAll = (socket: Knocked, conversation: string): void => {
  for (const key of keys) socket.send(JSON.stringify({ id: key, type: 'message.send', conversation, key, content: `content of ${key}` }))
}

type Frame = Awaited<ReturnType<Knocked['next']>>

/** The replies to all keys, by key. */
const repliesOf = async (socket: Knocked): Promise<ReadonlyMap<unknown, Frame>> => {
  const replies = new Map<unknown, Frame>()
  while (replies.size < keys.length) {
    const frame = await socket.next()
    if (frame['re'] !== undefined) replies.set(frame['re'], frame)
  }
  return replies
}

describe('a user who sends with the same keys on two sockets of one server and one of another, at once', () => {
  test('has one message for each key, shown once, and the same answer everywhere, also after a restart', async () => {
    const [conversation = ''] = workspace.conversations
    const colleague = await workspace.classic(here, '2', conversation)
    const sockets = [await workspace.modern(here, '1'), await workspace.modern(here, '1'), await workspace.modern(there, '1')]
    for (const socket of sockets) sendAll(socket, conversation)
    const replies = await Promise.all(sockets.map(repliesOf))
    for (const key of keys) {
      const answers = replies.map((all) => all.get(key))
      expect(answers.map((answer) => answer?.type)).toEqual(['ok', 'ok', 'ok'])
      expect(answers.filter((answer) => answer?.['repeated'] === false)).toHaveLength(1)
      expect(new Set(answers.map((answer) => JSON.stringify(answer?.['message']))).size).toBe(1)
    }

    colleague.send(JSON.stringify({ type: 'chat_message', content: 'the last' }))
    const shown: unknown[] = []
    await nextWhere(colleague, (frame) => {
      if (frame['type'] === 'chat_message') shown.push(at(frame, 'message', 'content'))
      return at(frame, 'message', 'content') === 'the last'
    })
    // What the other server stored first comes here by its log, in its time; never twice.
    expect(new Set(shown).size).toBe(shown.length)

    await here.stop()
    here = await workspace.start()
    const later = await workspace.modern(here, '1')
    sendAll(later, conversation)
    const again = await repliesOf(later)
    for (const key of keys) {
      expect(again.get(key)).toMatchObject({ type: 'ok', repeated: true, message: { id: at(replies[0]?.get(key), 'message', 'id') } })
    }
    await here.stop()
    await there.stop()

    const { messages, told, offsets } = await workspace.kept()
    const stored = messages.filter(({ content }) => content.startsWith('content of same-'))
    expect(stored.map(({ content }) => content).toSorted()).toEqual(keys.map((key) => `content of ${key}`).toSorted())
    expect(told).toHaveLength(keys.length + 1)
    expect(offsets).toEqual(countTo(keys.length + 1))
  })
})
