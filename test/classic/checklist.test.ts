import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { conversationsOf, served, type Served } from './served.js'

const root = new URL('../../', import.meta.url)

test('every row of the checklist, from the first to the last, names a test that exists', async () => {
  const text = await readFile(new URL('docs/classic.md', root), 'utf8')
  const rows = [...text.matchAll(/^\| (C\d+) \| .*? \| `(\S+)` \| (.+) \|$/gm)].map(([, number = '', file = '', name = '']) => ({ number, file, name }))
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, index) => `C${String(index + 1)}`))
  for (const { number, file, name } of rows) {
    const source = await readFile(new URL(file, root), 'utf8')
    expect(source.includes(`'${name}'`) || source.includes(`\`${name}\``), `${number}: ${file} has no test ${name}`).toBe(true)
  }
})

let place: Served
let chat = ''
beforeAll(async () => {
  place = await served()
  chat = `/ws/chat/${(await conversationsOf(place, '1'))[0] ?? ''}/`
})
afterAll(() => place.stop())

/** The types of the first frames, as many as asked for. */
const firstTypes = (path: string, count: number, say?: string): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(place.server.socketUrl + path)
    const types: string[] = []
    socket.on('open', () => {
      if (say !== undefined) socket.send(say)
    })
    socket.on('message', (data: Buffer) => {
      types.push(/^\{"type":"(\w+)"/.exec(data.toString())?.[1] ?? '')
      if (types.length < count) return
      socket.close()
      resolve(types)
    })
    socket.on('error', reject)
    socket.on('close', (code) => {
      reject(new Error(`It closed with ${String(code)}`))
    })
  })

const lists = (): readonly (readonly [path: string, type: string])[] => [
  ['/ws/customers/', 'customers_list'],
  ['/ws/conversations/', 'conversations_list'],
  [chat, 'recent_messages'],
]

test('C1: the three URLs are taken, with other parameters around the token', async () => {
  const token = await place.tokenOf('1')
  for (const [path, type] of lists()) {
    for (const query of [`token=${token}`, `a=1&token=${token}&b=2`, `token=${token.replaceAll('.', '%2E')}`]) {
      expect(await firstTypes(`${path}?${query}`, 2)).toEqual(['connection_established', type])
    }
  }
})

test('C2: paths are taken with and without their last slash', async () => {
  const token = await place.tokenOf('1')
  for (const [path, type] of lists()) expect(await firstTypes(`${path.slice(0, -1)}?token=${token}`, 2)).toEqual(['connection_established', type])
})

test('C8: a list asked for at once comes besides the first one', async () => {
  const types = await firstTypes(`/ws/conversations/?token=${await place.tokenOf('1')}`, 3, '{"type":"get_conversations"}')
  expect(types).toEqual(['connection_established', 'conversations_list', 'conversations_list'])
})
