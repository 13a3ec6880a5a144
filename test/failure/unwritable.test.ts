import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at, rowsAt } from '../dialects/stage.js'
import type { Knocked } from '../server/knock.js'
import type { Serving } from '../server/run-cli.js'
import { storeFaults, type FaultPlace } from './store-faults.js'
import { countTo, makeWorkspace, nextWhere, type Workspace } from './workspace.js'

const chat = (content: string): string => JSON.stringify({ type: 'chat_message', content })

const modernSend = (conversation: string, key: string): string =>
  JSON.stringify({ id: key, type: 'message.send', conversation, key, content: key })

type Frames = Readonly<Record<string, unknown>>[]

/** Frames up to the first for which it holds, that one last. */
const upTo = async (socket: Knocked, matches: (frame: Frames[number]) => boolean): Promise<Frames> => {
  const frames: Frames = []
  await nextWhere(socket, (frame) => frames.push(frame) > 0 && matches(frame))
  return frames
}

for (const { name, make, missing } of storeFaults) {
  describe.skipIf(missing !== undefined)(`while ${name}${missing === undefined ? '' : ` (${missing})`}`, () => {
    let place: FaultPlace
    let workspace: Workspace
    let server: Serving
    beforeAll(async () => {
      place = await make()
      workspace = await makeWorkspace(place.dataDir)
      server = await workspace.start()
    })
    afterAll(async () => {
      await server.stop()
      await workspace.remove()
      await place.remove()
    })

    test('a send is answered with one error, reads go on, nothing is half done, and afterwards all works again by itself', async () => {
      const [first = '', second = ''] = workspace.conversations
      const classic = await workspace.classic(server, '1', first)
      const colleague = await workspace.classic(server, '2', first)
      const modern = await workspace.modern(server, '3')
      classic.send(chat('before'))
      await nextWhere(classic, ({ type }) => type === 'chat_message')
      await nextWhere(colleague, ({ type }) => type === 'chat_message')

      const heal = await place.begin(workspace.file, server.pid)
      classic.send(chat('refused'))
      modern.send(modernSend(second, 'kept-key'))
      expect(await nextWhere(modern, ({ re }) => re === 'kept-key')).toMatchObject({ type: 'error', code: 'not_stored' })
      const refusal = await nextWhere(classic, ({ type }) => type === 'error')
      expect(refusal).toMatchObject({ error: 'Failed to save message', message: 'Failed to save message' })
      modern.send(JSON.stringify({ id: 'list', type: 'messages.list', conversation: first }))
      const list = await nextWhere(modern, ({ re }) => re === 'list')
      expect(at(rowsAt(list, 'items').at(-1), 'content')).toBe('before')
      await heal()

      classic.send(chat('after'))
      modern.send(modernSend(second, 'kept-key'))
      expect(await nextWhere(modern, ({ re }) => re === 'kept-key')).toMatchObject({ type: 'ok', repeated: false, message: { content: 'kept-key' } })
      for (const socket of [classic, colleague]) {
        const frames = await upTo(socket, ({ type }) => type === 'chat_message')
        expect(frames.filter(({ type }) => type === 'error')).toEqual([])
        expect(frames.at(-1)).toMatchObject({ message: { content: 'after' } })
      }
      await server.stop()

      const { integrity, messages, offsets, told } = await workspace.kept()
      expect(integrity).toBe('ok')
      const ours = ['before', 'refused', 'kept-key', 'after']
      expect(messages.map(({ content }) => content).filter((content) => ours.includes(content)).toSorted()).toEqual(['after', 'before', 'kept-key'])
      expect(told).toHaveLength(3)
      expect(offsets).toEqual(countTo(3))
    })
  })
}
