import { randomBytes } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { at, rowsAt } from '../dialects/stage.js'
import { nextWhere } from '../failure/workspace.js'
import { bearer, modernBearer, opened, type Knocked } from './knock.js'
import type { Environment, Serving } from './run-cli.js'
import { twoServers } from './two-servers.js'

type Frame = Readonly<Record<string, unknown>>

const secret = randomBytes(64).toString('base64url')
const env: Environment = { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_REFUSALS: 'http' }

const nodes = twoServers(env)
let conversation = ''

const tokenOf = (subject: string): Promise<string> => mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject, lifetimeMs: 600_000, at: Date.now() })

const classicOn = async (server: Serving, path: string, user: string, first: string): Promise<Knocked> => {
  const socket = await opened(`${server.socketUrl}${path}`, bearer(await tokenOf(user)))
  await nextWhere(socket, ({ type }) => type === first)
  return socket
}
const chatOn = (server: Serving, user: string): Promise<Knocked> => classicOn(server, `/ws/chat/${conversation}/`, user, 'recent_messages')

/** All frames up to the one that matches, that one too. */
const upTo = async (socket: Knocked, matches: (frame: Frame) => boolean): Promise<readonly Frame[]> => {
  const frames: Frame[] = []
  do frames.push(await socket.next())
  while (!matches(frames.at(-1) ?? {}))
  return frames
}
const says = (content: string) => ({ type, message }: Frame): boolean => type === 'chat_message' && at(message, 'content') === content
const send = (socket: Knocked, message: object): void => {
  socket.send(JSON.stringify(message))
}

beforeAll(async () => {
  const socket = await opened(`${nodes.here.socketUrl}/ws/conversations/`, bearer(await tokenOf('1')))
  const list = await nextWhere(socket, ({ type }) => type === 'conversations_list')
  conversation = String(at(rowsAt(list, 'conversations')[0], 'id'))
  await socket.close()
})

test('[S24] what is stored reaches the sockets of every process that shares the database, in the order of its log and once', async () => {
  const mine = await chatOn(nodes.here, '1')
  const list = await classicOn(nodes.here, '/ws/conversations/', '1', 'conversations_list')
  const modern = await opened(`${nodes.here.socketUrl}/ws/chat/${conversation}/`, modernBearer(await tokenOf('3')))
  await nextWhere(modern, ({ type }) => type === 'subscribed')
  const theirs = await chatOn(nodes.there, '2')
  for (const content of ['first', 'second', 'third']) send(theirs, { type: 'chat_message', content })
  const heard = await upTo(mine, says('third'))
  expect(heard.filter(({ type }) => type === 'chat_message').map(({ message }) => at(message, 'content'))).toEqual(['first', 'second', 'third'])
  expect(heard.at(-1)).toMatchObject({ external_send_result: { success: true } })
  const pushed = await upTo(modern, ({ type, message }) => type === 'message.created' && at(message, 'content') === 'third')
  expect(pushed.filter(({ type }) => type === 'message.created').map(({ message }) => at(message, 'content'))).toEqual(['first', 'second', 'third'])
  await nextWhere(list, (frame) => at(rowsAt(frame, 'conversations')[0], 'last_message', 'content') === 'third')
  // And back, while the other process tells of its own at once.
  send(mine, { type: 'chat_message', content: 'answer' })
  expect(await nextWhere(theirs, says('answer'))).toMatchObject({ message: { type: 'support' } })
  send(theirs, { type: 'mark_read' })
  await nextWhere(theirs, ({ type }) => type === 'messages_read')
  await Promise.all([mine, list, modern, theirs].map((socket) => socket.close()))
})

test('[S24] who is there and who types is told in the process that holds his socket, and in no other', async () => {
  const mine = await chatOn(nodes.here, '1')
  const beside = await chatOn(nodes.here, '3')
  expect(await nextWhere(mine, ({ type }) => type === 'user_presence')).toMatchObject({ user_id: 3, is_online: true })
  send(beside, { type: 'typing', is_typing: true })
  expect(await nextWhere(mine, ({ type }) => type === 'typing_indicator')).toMatchObject({ user_id: 3, is_typing: true })
  const elsewhere = await chatOn(nodes.there, '2')
  send(elsewhere, { type: 'typing', is_typing: true })
  send(elsewhere, { type: 'chat_message', content: 'from elsewhere' })
  const heard = await upTo(mine, says('from elsewhere'))
  expect(heard.filter(({ type }) => type === 'user_presence' || type === 'typing_indicator')).toEqual([])
  // A socket of the same user in the other process is nobody's goodbye here.
  const same = await chatOn(nodes.there, '3')
  await same.close()
  send(elsewhere, { type: 'chat_message', content: 'after it' })
  expect((await upTo(mine, says('after it'))).filter(({ type }) => type === 'user_presence')).toEqual([])
  await beside.close()
  expect(await nextWhere(mine, ({ type }) => type === 'user_presence')).toMatchObject({ user_id: 3, is_online: false })
  await Promise.all([mine, elsewhere].map((socket) => socket.close()))
})
