import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommandType } from './command.js'
import { maxContentCharacters, parseCommand } from './parse-command.js'
import { replyCodes } from './reply.js'

const parse = (value: unknown) => parseCommand(JSON.stringify(value))
const faultOf = (value: unknown) => {
  const parsed = parse(value)
  return parsed.ok ? undefined : parsed.fault
}

/** One good command of each type. */
const samples: Readonly<Record<CommandType, object>> = {
  'authenticate': { token: 'a.b.c' },
  'subscribe': { topic: 'conversation:abc', since: { epoch: 'e', offset: 0 } },
  'unsubscribe': { topic: 'conversations' },
  'conversations.list': { filter: { status: 'active', unanswered: true }, limit: 100 },
  'customers.list': { filter: { tags: ['vip'] }, cursor: 'c' },
  'messages.list': { conversation: 'abc', before: 7 },
  'message.send': { conversation: 'abc', key: 'k-1', content: 'hello', after: 3 },
  'conversation.read': { conversation: 'abc', upTo: 3 },
  'conversation.update': { conversation: 'abc', assignee: null, tags: [] },
  'conversation.claim': { conversation: 'abc' },
  'conversation.release': { conversation: 'abc' },
  'message.feedback': { message: 'm', feedback: 'negative', comment: 'no' },
  'typing': { conversation: 'abc', active: false },
  'presence.watch': { ids: [] },
}

describe.each(Object.entries(samples))('%s', (type, body) => {
  test('is read as it was sent', () => {
    expect(parse({ id: 'x', type, ...body })).toEqual({ ok: true, command: { id: 'x', type, ...body } })
  })

  test('may hold fields nobody knows, which are left out', () => {
    expect(parse({ id: 7, type, ...body, later: 1 })).toEqual({ ok: true, command: { id: 7, type, ...body } })
  })

  test('is refused with its id when a field has another type', () => {
    for (const field of Object.keys(body)) {
      const fault = faultOf({ id: 'x', type, ...body, [field]: { wrong: true } })
      // An empty filter of unknown members is as wrong as a number.
      expect(fault, field).toMatchObject({ re: 'x', code: 'invalid_command' })
      expect(fault?.message).toContain(field)
    }
  })
})

test('text that is not a JSON object is answered without an id', () => {
  for (const text of ['', 'hello', '[]', '"a"', 'null', '{', '1e999', '['.repeat(60_000)])
    expect(parseCommand(text)).toMatchObject({ ok: false, fault: { re: undefined, code: 'invalid_json' } })
})

test('an id is text of 1 to 64 characters or a safe integer', () => {
  for (const id of ['a', 'x'.repeat(64), 0, -1, Number.MAX_SAFE_INTEGER]) expect(parse({ id, type: 'typing', ...samples.typing }).ok).toBe(true)
  for (const id of ['', 'x'.repeat(65), 1.5, 2 ** 53, null, true, {}, [], undefined]) expect(faultOf({ id, type: 'typing' })).toMatchObject({ re: undefined, code: 'invalid_command' })
})

test('a type nobody knows is answered with the id, also when every object has a member of that name', () => {
  for (const type of ['nope', 'constructor', '__proto__', 'toString']) expect(faultOf({ id: 1, type })).toMatchObject({ re: 1, code: 'unknown_command' })
  for (const type of ['', 'x'.repeat(65), 1, null, undefined]) expect(faultOf({ id: 1, type })).toMatchObject({ re: 1, code: 'invalid_command' })
})

test('members of the prototype are no members of a command', () => {
  expect(parseCommand('{"__proto__":{"id":1,"type":"typing"}}')).toMatchObject({ ok: false, fault: { re: undefined } })
})

test('content may be as long as the limit and no longer', () => {
  const send = (content: string) => parse({ id: 1, type: 'message.send', conversation: 'a', key: 'k', content }).ok
  expect(send('ب'.repeat(maxContentCharacters))).toBe(true)
  expect(send('b'.repeat(maxContentCharacters + 1))).toBe(false)
  expect(send('')).toBe(false)
})

test('a filter that holds an unknown condition is refused, because it would show rows nobody asked for', () => {
  expect(faultOf({ id: 1, type: 'conversations.list', filter: { colour: 'red' } })).toMatchObject({ code: 'invalid_command' })
})

test('nothing that is sent throws, and every fault has a code of the table and a short message', () => {
  const named = fc.record({ id: fc.jsonValue(), type: fc.oneof(fc.constantFrom(...Object.keys(samples)), fc.string()) }, { requiredKeys: [] })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.tuple(named, fc.object()).map(([head, rest]) => JSON.stringify({ ...rest, ...head }))), (text) => {
      const parsed = parseCommand(text)
      if (parsed.ok) return
      expect(Object.keys(replyCodes)).toContain(parsed.fault.code)
      expect(parsed.fault.message.length).toBeLessThan(120)
    }),
  )
})
