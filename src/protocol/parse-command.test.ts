import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxContentCharacters, parseCommand } from './parse-command.js'
import { shortestMs } from './testing/shortest-ms.js'

const parse = (value: unknown) => parseCommand(JSON.stringify(value))

describe('a command is read', () => {
  test.each<[command: Record<string, unknown>]>([
    [{ id: 1, type: 'authenticate', token: 'x' }],
    [{ id: 'a', type: 'subscribe', topic: 'conversations' }],
    [{ id: 1, type: 'subscribe', topic: 'conversation:abcDEF2345', since: { epoch: 'e', offset: 0 } }],
    [{ id: 1, type: 'unsubscribe', topic: 'customers' }],
    [{ id: 1, type: 'conversations.list', filter: { status: 'closed', tags: ['VIP'], unanswered: true }, limit: 100, cursor: 'x' }],
    [{ id: 1, type: 'customers.list', filter: { unanswered: false } }],
    [{ id: 1, type: 'messages.list', conversation: 'c1', before: 5 }],
    [{ id: 1, type: 'message.send', conversation: 'c1', key: 'k', content: 'hi', after: 3 }],
    [{ id: 1, type: 'conversation.read', conversation: 'c1', upTo: 3 }],
    [{ id: 1, type: 'conversation.update', conversation: 'c1', assignee: null, priority: 0 }],
    [{ id: 1, type: 'conversation.claim', conversation: 'c1' }],
    [{ id: 1, type: 'conversation.release', conversation: 'c1' }],
    [{ id: 1, type: 'message.feedback', message: 'm1', feedback: 'none' }],
    [{ id: 1, type: 'typing', conversation: 'c1', active: true }],
    [{ id: 1, type: 'presence.watch', ids: ['1'] }],
  ])('%j', (command) => {
    expect(parse(command)).toEqual({ ok: true, command })
  })

  test('without the fields nobody knows', () => {
    expect(parse({ id: 1, type: 'typing', conversation: 'c', active: false, sender: 'admin', seq: 9 })).toEqual({
      ok: true, command: { id: 1, type: 'typing', conversation: 'c', active: false },
    })
  })
})

describe('what is no command is answered', () => {
  test.each(['', 'nope', '[]', 'null', '"x"', '5', '{"id":1'])('%s is no JSON object, and has no id to answer to', (text) => {
    expect(parseCommand(text)).toMatchObject({ ok: false, fault: { re: undefined, code: 'invalid_json' } })
  })

  test.each([undefined, null, '', 'x'.repeat(65), 1.5, 2 ** 53, true, [], {}])('the id %j is none', (id) => {
    expect(parse({ id, type: 'typing' })).toMatchObject({ ok: false, fault: { re: undefined, code: 'invalid_command' } })
  })

  test.each(['nope', 'constructor', '__proto__', 'toString', 'message.SEND', ' subscribe'])('the type %j is unknown, and the id comes back', (type) => {
    expect(parse({ id: 7, type })).toMatchObject({ ok: false, fault: { re: 7, code: 'unknown_command' } })
  })

  test.each([undefined, null, 5, '', 'x'.repeat(65), []])('the type %j is no type', (type) => {
    expect(parse({ id: 7, type })).toMatchObject({ ok: false, fault: { re: 7, code: 'invalid_command' } })
  })

  test.each<[command: Record<string, unknown>]>([
    [{ type: 'authenticate' }], [{ type: 'authenticate', token: '' }], [{ type: 'authenticate', token: 'x'.repeat(16_385) }],
    [{ type: 'subscribe' }], [{ type: 'subscribe', topic: 'conversation:' }], [{ type: 'subscribe', topic: 'conversation:a b' }],
    [{ type: 'subscribe', topic: `conversation:${'x'.repeat(65)}` }], [{ type: 'subscribe', topic: 'everything' }],
    [{ type: 'subscribe', topic: 'customers', since: { epoch: 'e', offset: -1 } }], [{ type: 'subscribe', topic: 'customers', since: 5 }],
    [{ type: 'conversations.list', limit: 0 }], [{ type: 'conversations.list', limit: 101 }], [{ type: 'conversations.list', limit: '5' }],
    [{ type: 'conversations.list', filter: { stauts: 'closed' } }], [{ type: 'conversations.list', filter: { status: 'pending' } }],
    [{ type: 'conversations.list', filter: [] }], [{ type: 'customers.list', filter: { search: 'x'.repeat(201) } }],
    [{ type: 'messages.list', conversation: '../x' }], [{ type: 'messages.list', conversation: 'c', before: -1 }],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: '' }],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: 'x'.repeat(maxContentCharacters + 1) }],
    [{ type: 'message.send', conversation: 'c', key: '', content: 'x' }], [{ type: 'message.send', conversation: 'c', key: 'a b', content: 'x' }],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: null }], [{ type: 'message.send', conversation: 'c', key: 'k'.repeat(65), content: 'x' }],
    [{ type: 'conversation.read', conversation: 'c', upTo: 1.5 }], [{ type: 'conversation.update', conversation: 'c', status: 'open' }],
    [{ type: 'message.feedback', message: 'm', feedback: 'great' }], [{ type: 'presence.watch', ids: Array.from({ length: 501 }, () => 'x') }],
  ])('%j has a wrong field', (command) => {
    const parsed = parse({ id: 7, ...command })
    expect(parsed).toMatchObject({ ok: false, fault: { re: 7, code: 'invalid_command' } })
    expect(parsed.ok ? '' : parsed.fault.message.length).toBeLessThan(120)
  })

  test('nesting as deep as a frame allows costs nothing', async () => {
    const bomb = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    for (const text of [bomb(32_000), `{"id":1,"type":"subscribe","topic":${bomb(32_000)}}`, `{"id":1,"type":"typing","conversation":"c","active":true,"x":${bomb(32_000)}}`]) {
      expect(await shortestMs(() => parseCommand(text))).toBeLessThan(250)
    }
  })

  test('any JSON and any text gets an answer, and nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parseCommand(text)
        expect(parsed.ok || parsed.fault.message.length > 0).toBe(true)
      }),
    )
    const types = ['subscribe', 'message.send', 'conversations.list', 'conversation.update', 'message.feedback', 'presence.watch', 'typing']
    const fields = ['topic', 'since', 'filter', 'limit', 'cursor', 'conversation', 'key', 'content', 'after', 'ids', 'message', 'feedback', '__proto__']
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()), (type, rest) => {
        const parsed = parse({ ...rest, id: 1, type })
        if (!parsed.ok) expect(parsed.fault.re).toBe(1)
      }),
    )
  })
})
