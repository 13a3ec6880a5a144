import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngines } from '../../dist/stores/sqlite/testing/engines.js'
import { at } from '../dialects/stage.js'
import { makeWorkspace, nextWhere, type Workspace } from '../failure/workspace.js'
import type { Knocked } from './knock.js'
import type { Serving } from './run-cli.js'

const engines = createEngines()
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
  await engines.closeAll()
  await workspace.remove()
})

/** Gathers the ids of messages, and is over when the socket is closed. */
const gather = async (socket: Knocked, ids: string[]): Promise<void> => {
  for (;;) {
    const frame = await socket.next().catch(() => undefined)
    if (frame === undefined) return
    const id = at(frame, 'message', 'id')
    if (typeof id === 'string') ids.push(id)
  }
}

test('[T20] K7: of a stream of messages none that came after the removal of a member reaches him on either node, and his history is closed', async () => {
  const [conversation = ''] = workspace.conversations
  const authors = [await workspace.modern(here, '1'), await workspace.modern(there, '1')]
  const removed = [await workspace.classic(here, '2', conversation), await workspace.classic(there, '2', conversation)]
  for (const server of [here, there]) {
    const socket = await workspace.modern(server, '2')
    socket.send(JSON.stringify({ id: 's', type: 'subscribe', topic: `conversation:${conversation}` }))
    removed.push(socket)
  }
  const colleague = await workspace.classic(there, '3', conversation)

  let sending = true
  let sent = 0
  const stream = async (author: Knocked, name: string): Promise<void> => {
    for (let count = 0; sending; count += 1) {
      const key = `${name}-${String(count)}`
      author.send(JSON.stringify({ id: key, type: 'message.send', conversation, key, content: key }))
      await author.next()
      sent += 1
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const streams = authors.map((author, index) => stream(author, String(index)))
  const received = removed.map((): string[] => [])
  const over = removed.map((socket, index) => gather(socket, received[index] ?? []))
  await expect.poll(() => Math.min(...received.map(({ length }) => length))).toBeGreaterThan(10)
  const ended = await here.run(['--json', 'user', 'disable', '2', '--workspace', '1'])
  expect(ended.code, ended.stderr).toBe(0)
  const closes = await Promise.all(removed.map(({ closed }) => closed))
  expect(closes.map(({ code, reason }) => [code, reason.split(' ')[0]])).toEqual([
    [4001, 'session_ended'],
    [4001, 'session_ended'],
    [4401, 'session_ended'],
    [4401, 'session_ended'],
  ])
  const soFar = sent
  await expect.poll(() => sent).toBeGreaterThan(soFar + 50)
  sending = false
  await Promise.all(streams)

  const engine = await engines.open({ path: workspace.file })
  const log = await engine.read<{ readonly offset: number; readonly type: string; readonly message: string | null }>(
    'lists',
    `select offset, type, payload ->> '$.message.id' as message from workspace_log where workspace = 1 order by offset`,
  )
  const removal = log.findIndex(({ type }) => type === 'member.removed')
  const before = new Set(log.slice(0, removal).map(({ message }) => message))
  const after = new Set(log.slice(removal).flatMap(({ message }) => message ?? []))
  expect([removal > 0, after.size > 20]).toEqual([true, true])
  await Promise.all(over)
  for (const ids of received) {
    expect(ids.filter((id) => after.has(id))).toEqual([])
    expect(ids.filter((id) => !before.has(id))).toEqual([])
  }

  for (const server of [here, there]) {
    await expect(workspace.classic(server, '2', conversation)).rejects.toThrow('Refused with 404')
    // A user of no workspace may connect, and there is nothing to see.
    const socket = await workspace.modern(server, '2')
    const ask = async (command: object): Promise<Readonly<Record<string, unknown>>> => {
      socket.send(JSON.stringify({ id: 'ask', ...command }))
      return nextWhere(socket, ({ re }) => re === 'ask')
    }
    expect(await ask({ type: 'messages.list', conversation })).toMatchObject({ type: 'error', code: 'not_found' })
    expect(await ask({ type: 'message.send', conversation, key: 'k', content: 'still here' })).toMatchObject({ type: 'error', code: 'not_found' })
    expect(await ask({ type: 'subscribe', topic: `conversation:${conversation}`, since: { epoch: 'x', offset: 1 } })).toMatchObject({ type: 'error', code: 'not_found' })
    expect(await ask({ type: 'conversations.list' })).toMatchObject({ type: 'ok', items: [] })
    await socket.close()
  }
  expect((await here.run(['user', 'enable', '2', '--workspace', '1'])).code).toBe(0)
  for (const server of [here, there]) await expect.poll(async () => workspace.classic(server, '2', conversation).then((socket) => socket.close())).toBeDefined()
  await Promise.all([...authors, colleague].map((socket) => socket.close()))
})

test('[T20] who is in no such workspace, or is no user, is not found', async () => {
  expect(await here.run(['user', 'disable', '2', '--workspace', '99'])).toMatchObject({ code: 1, stderr: expect.stringContaining('in this workspace') as unknown })
  expect((await here.run(['user', 'disable', 'nobody', '--workspace', '1'])).code).toBe(1)
  expect((await here.run(['user', 'disable', '2', '--workspace', 'Main'])).code).toBe(2)
})
