import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import * as read from './arguments.js'
import { CliError } from './cli-error.js'

const { parseMoment } = read

const long = 'x'.repeat(10_000)

const readers: readonly (readonly [name: string, read: (text: string) => unknown, good: readonly string[], bad: readonly string[]])[] = [
  ['a network', read.readNetwork, ['203.0.113.7', '203.0.113.0/24', '2001:db8::1', '::/0'], ['', ' ', '999.1.1.1', '010.0.0.1', '203.0.113.0/33', 'localhost', long]],
  ['an address', read.readAddress, ['203.0.113.7', '2001:DB8::1'], ['', '203.0.113.0/24', 'chat.example']],
  ['a user id', read.readUserId, ['7', 'Ä', 'x'.repeat(256)], ['', 'a\u0000', 'a\nb', 'x'.repeat(257)]],
  ['an e-mail address', read.readEmail, ['sara@chat.example'], ['', 'sara', 'sara@', 'a b@chat.example']],
  ['why somebody is banned', read.readBanReason, ['', 'abuse'], ['x'.repeat(501)]],
  ['a session id', read.readSessionId, ['019c0e2a-7d1e-7aaa-8f00-000000000000', 'nope'], ['', 'a/b', '../x', 'x'.repeat(65)]],
  ['a token id', read.readTokenId, ['one'], ['', 'x'.repeat(257)]],
  ['a path', read.readPath, ['/ws/', '/ws/?v=1'], ['', 'ws', long]],
  ['an Origin', read.readOrigin, ['https://chat.example'], [long]],
  ['the name of an endpoint', read.readEndpoint, ['chat'], [long]],
  ['a word of the audit log', read.readAuditWord, ['ban.add', 'user:7'], ['', 'a\tb', long]],
  ['a reason', read.readReason, ['token_expired'], ['', 'token expired', 'toString', '__proto__']],
  ['a number', read.readNumber(1_000), ['1', '1000'], ['', '0', '-1', '1001', '1.5', '1e3', '0x10', ' 1']],
]

test.each(readers)('%s is read as the server reads it', (_name, reader, good, bad) => {
  for (const text of good) expect(String(reader(text))).toBe(text)
  for (const text of bad) expect(() => reader(text)).toThrow(InvalidArgumentError)
})

test.each(readers.slice(0, -1))('a token in the place of %s is refused by words that do not repeat it', (_name, reader) => {
  const token = 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.c2VjcmV0'
  expect(() => reader(token)).toThrow(CliError)
  expect(() => reader(token)).not.toThrow('eyJ')
})

test.each([
  ['2026-01-15T12:00:00Z', Date.UTC(2026, 0, 15, 12)],
  ['2026-01-15T12:00+02:00', Date.UTC(2026, 0, 15, 10)],
  ['2028-02-29T00:00:00.250Z', Date.UTC(2028, 1, 29, 0, 0, 0, 250)],
])('%s is a moment', (text, at) => {
  expect(parseMoment(text)).toBe(at)
})

test.each(['2026-02-30T12:00:00Z', '2026-02-29T12:00:00Z', '2026-13-01T12:00:00Z', '2026-01-15', '2026-01-15T12:00:00', 'yesterday', ''])('%j is none', (text) => {
  expect(() => parseMoment(text)).toThrow('It must be a time such as 2026-01-15T12:00:00Z.')
})
