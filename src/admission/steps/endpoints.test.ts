import { expect, test } from 'vitest'
import { createEndpointTable } from './endpoints.js'

const table = createEndpointTable([
  { name: 'root', path: '/' },
  { name: 'conversations', path: '/ws/conversations/', roles: ['agent'] },
  { name: 'chat', path: '/ws/chat/:conversation/' },
  { name: 'dotted', path: '/a.b/:conversation/(c)/' },
])

test('[A9] a path is served with and without its last slash, whatever its query', () => {
  for (const target of ['/ws/conversations/', '/ws/conversations', '/ws/conversations?token=a', '/ws/conversations/?x=/'])
    expect(table.match(target)).toEqual({ name: 'conversations', conversation: undefined })
  expect(table.match('/')).toEqual({ name: 'root', conversation: undefined })
})

test('[A9] a path is compared exactly: never decoded, folded or resolved', () => {
  const strangers = ['/WS/conversations/', '/ws//conversations/', '/ws/./conversations/', '/ws/x/../conversations/', '/ws/%63onversations/', '/ws/conversations//', '/ws', '/ws/', '']
  expect(strangers.filter((target) => table.match(target) !== undefined)).toEqual([])
})

test('a conversation is one segment of 1 to 64 word characters', () => {
  expect(table.match('/ws/chat/Ab_9/')).toEqual({ name: 'chat', conversation: 'Ab_9' })
  expect(table.match(`/ws/chat/${'a'.repeat(64)}`)).toEqual({ name: 'chat', conversation: 'a'.repeat(64) })
  for (const segment of ['', 'a'.repeat(65), 'a/b', 'a-b', 'a%20b', 'a.b', '..', 'é', 'a\n']) expect(table.match(`/ws/chat/${segment}/`)).toBeUndefined()
})

test('characters of a rule stand for themselves', () => {
  expect(table.match('/a.b/x/(c)/')).toEqual({ name: 'dotted', conversation: 'x' })
  expect(table.match('/aXb/x/(c)/')).toBeUndefined()
})

test('a star serves what no other rule does', () => {
  const open = createEndpointTable([{ name: 'rest', path: '*' }, { name: 'chat', path: '/chat/' }])
  expect(open.match('/chat')).toMatchObject({ name: 'chat' })
  expect(open.match('/anything/else')).toEqual({ name: 'rest', conversation: undefined })
})

test('roles are those of the rule', () => {
  expect(table.rolesOf({ name: 'conversations', conversation: undefined })).toEqual(['agent'])
  expect(table.rolesOf({ name: 'chat', conversation: 'x' })).toBeUndefined()
})

test('a path without its slashes is refused at creation, with its value', () => {
  for (const path of ['ws/', '/ws', ''])
    expect(() => createEndpointTable([{ name: 'x', path }])).toThrow(
      new RangeError(`Cannot create an endpoint as "path" must begin and end with a slash: current value is ${JSON.stringify(path)}`),
    )
})
