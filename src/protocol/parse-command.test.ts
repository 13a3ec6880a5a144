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
    [{ type: 'message.send', conversation: 'c', key: 'k', content: '' }], [{ type: 'message.send', conversation: 'c', key: 'k', content: ' \n ' }],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: 'x'.repeat(maxContentCharacters + 1) }],
    [{ type: 'message.send', conversation: 'c', key: '', content: 'x' }], [{ type: 'message.send', conversation: 'c', key: 'a b', content: 'x' }],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: null }], [{ type: 'message.send', conversation: 'c', key: 'k'.repeat(65), content: 'x' }],
    [{ type: 'conversation.read', conversation: 'c', upTo: 1.5 }], [{ type: 'conversation.update', conversation: 'c', status: 'open' }],
    [{ type: 'message.feedback', message: 'm', feedback: 'great' }], [{ type: 'presence.watch', ids: Array.from({ length: 501 }, () => 'x') }],
  ])('%j has a wrong field', (command) => {
    const parsed = parse({ id: 7, ...command })
    expect(parsed).toMatchObject({ ok: false, fault: { re: 7, code: 'invalid_command' } })
    expect(parsed.ok ? '' : parsed.fault.message.length).toBeLessThan(250)
  })

  test.each<[command: Record<string, unknown>, message: string]>([
    [{ type: 'conversations.list', limit: 101 }, '"limit" is missing or wrong: Too big: expected number to be <=100: current value is 101'],
    [{ type: 'conversations.list', filter: { status: 'pending' } }, '"filter.status" is missing or wrong: Invalid option: expected one of "active"|"support_active"|"marketing_active"|"closed": current value is "pending"'],
    [{ type: 'conversations.list', filter: { stauts: 'closed' } }, '"filter" is missing or wrong: Unrecognized key: "stauts"'],
    [{ type: 'subscribe', topic: 'everything' }, '"topic" is missing or wrong: must be conversations, customers or conversation:<id>: current value is "everything"'],
    [{ type: 'message.send', conversation: '../x', key: 'k', content: 'x' }, '"conversation" is missing or wrong: must be 1 to 64 letters, digits or _'],
    [{ type: 'message.send', conversation: 'c', key: 'a b', content: 'x' }, '"key" is missing or wrong: must be 1 to 64 visible characters of ASCII, without blanks'],
    [{ type: 'message.send', conversation: 'c', key: 'k', content: ' ' }, '"content" is missing or wrong: must hold more than white space'],
    [{ type: 'message.snd' }, 'There is no command message.snd'],
  ])('%j is told which field, what it must be and what it is', (command, message) => {
    expect(parse({ id: 7, ...command })).toMatchObject({ fault: { message } })
  })

  test.each<[command: (token: string) => Record<string, unknown>]>([
    [(token) => ({ type: token })], [(token) => ({ type: 'subscribe', topic: token })], [(token) => ({ type: 'authenticate', token: [token] })],
    [(token) => ({ type: 'message.send', conversation: token, key: `${token} `, content: token })], [(token) => ({ type: 'conversations.list', cursor: [token] })],
    [(token) => ({ type: 'conversations.list', filter: { [token]: 1 } })], [(token) => ({ type: 'conversations.list', filter: { status: token } })],
  ])('a token that stands where none belongs is not repeated: %s', (command) => {
    const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'
    const parsed = parse({ id: 7, ...command(token) })
    expect(parsed).toMatchObject({ ok: false, fault: { re: 7 } })
    expect(JSON.stringify(parsed)).not.toContain('eyJ')
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
