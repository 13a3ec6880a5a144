import { expect, test } from 'vitest'
import { importBans, type ImportOptions } from './import-bans.js'
import { parseBanLine, type BanLine } from './parse-ban-line.js'
import type { Terminal } from './terminal.js'

const defaults = { reason: 'list', expiresAt: 1_000 }

const linesOf = async function* (lines: Iterable<string>): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

const run = async (lines: Iterable<string>, options: Partial<ImportOptions> = {}) => {
  const said: string[] = []
  const parts: (readonly BanLine[])[] = []
  const terminal: Terminal = {
    json: false,
    data: () => undefined,
    say: (text) => said.push(text),
    complain: (text) => said.push(text),
    confirm: () => Promise.resolve(),
  }
  const store: ImportOptions['store'] = (bans) => {
    parts.push(bans)
    return Promise.resolve({ added: bans.length, unchanged: 0, ended: 0, refused: [] })
  }
  return { total: await importBans(linesOf(lines), terminal, { defaults, store, ...options }), said, parts }
}

test.each([
  ['203.0.113.7', { network: '203.0.113.7', ...defaults }],
  ['\uFEFF203.0.113.0/24 ; SBL1234\r', { network: '203.0.113.0/24', ...defaults }],
  ['2001:db8::1 # scanner', { network: '2001:db8::1', ...defaults }],
  ['{"userId":"7","reason":"spam","expiresAt":null}', { userId: '7', reason: 'spam', expiresAt: null }],
  ['  {"network":"203.0.113.7"}', { network: '203.0.113.7', ...defaults }],
])('%j is a ban', (line, ban) => {
  expect(parseBanLine(line, defaults)).toEqual({ kind: 'ban', ban })
})

test.each(['', '  ', '# comment', '; comment', '\uFEFF'])('%j is nothing', (line) => {
  expect(parseBanLine(line, defaults)).toEqual({ kind: 'empty' })
})

test.each([
  ['010.0.0.1', 'must be an address or a CIDR range'],
  ['203.0.113.7-203.0.113.9', 'must be an address or a CIDR range'],
  ['203.0.113.7/33', 'must be an address or a CIDR range'],
  ['{"network":"example.com"}', 'network: must be an address or a CIDR range'],
  ['{"network":', 'it must be a JSON object'],
  ['{"network":"203.0.113.7","userId":"7"}', 'exactly one of "network" and "userId" must be given'],
  ['{}', 'exactly one of "network" and "userId" must be given'],
  [`{"userId":"${'7'.repeat(5_000)}"}`, 'it must have at most 4096 characters'],
])('%.60s is bad, and why is said', (line, fault) => {
  expect(parseBanLine(line, defaults)).toEqual({ kind: 'bad', fault })
})

test('an end that is no time and a member that nobody knows are bad', () => {
  expect(parseBanLine('{"userId":"7","expiresAt":"soon"}', defaults).kind).toBe('bad')
  expect(parseBanLine('{"userId":"7","expiresAt":-1}', defaults).kind).toBe('bad')
  expect(parseBanLine('{"userId":"7","hours":2}', defaults).kind).toBe('bad')
})

test('bad lines are named by number and text, with nothing in it that moves a cursor, and the others are stored', async () => {
  const { total, said, parts } = await run(['# list', '203.0.113.7', 'no\u001b[2Jpe', '203.0.113.8'])
  expect(total).toEqual({ added: 2, unchanged: 0, ended: 0, refused: 0, bad: 1, sockets: 0 })
  expect(said).toEqual(['line 3: no\\x1b[2Jpe: must be an address or a CIDR range'])
  expect(parts.flat().map(({ network }) => network)).toEqual(['203.0.113.7', '203.0.113.8'])
})

test('what the store refuses is named by its line', async () => {
  const store: ImportOptions['store'] = (bans) =>
    Promise.resolve({ added: bans.length - 1, unchanged: 0, ended: 0, refused: [{ index: 1, dangers: ['loopback'] }], sockets: 3 })
  const { total, said } = await run(['203.0.113.7', '', '127.0.0.1'], { store })
  expect(total).toEqual({ added: 1, unchanged: 0, ended: 0, refused: 1, bad: 0, sockets: 3 })
  expect(said).toEqual(['line 3: 127.0.0.1: not banned, as it holds addresses of this machine itself; add --force when it is meant'])
})

test('a list goes in parts that the internal port takes, in order, with word of the progress', async () => {
  const reason = '€'.repeat(500)
  const lines = Array.from({ length: 10_001 }, (_, index) => (index < 100 ? JSON.stringify({ userId: String(index), reason }) : `10.0.${index >> 8}.${index & 255}`))
  const { total, said, parts } = await run(lines)
  expect(total.added).toBe(10_001)
  expect(said).toEqual([expect.stringMatching(/^10000 lines read, [89]\d{3} bans stored$/)])
  for (const part of parts) {
    expect(part.length).toBeLessThanOrEqual(1_000)
    expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(260_000)
  }
  expect(parts.flat().map(({ network, userId }) => network ?? userId)).toEqual(lines.map((line, index) => (index < 100 ? String(index) : line)))
})

test('a line of a list from another system is complained of without its line end', async () => {
  const { said } = await run(['\uFEFFnobody\r', '203.0.113.7\r'], {
    store: () => Promise.resolve({ added: 0, unchanged: 0, ended: 0, refused: [{ index: 0, dangers: ['own_address'] }] }),
  })
  expect(said).toEqual([
    'line 1: nobody: must be an address or a CIDR range',
    'line 2: 203.0.113.7: not banned, as it holds the address you come from; add --force when it is meant',
  ])
})

test('a line that holds a token is complained of by its number, and the token is not repeated', async () => {
  const token = 'eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl'
  const { said } = await run([token, JSON.stringify({ userId: `Bearer ${token}` }), JSON.stringify({ userId: '7', reason: `stolen: ${token}` })])
  expect(said).toEqual([
    'line 1: not shown, as it holds a token: must be an address or a CIDR range',
    'line 2: not shown, as it holds a token: userId: must be the id of a user, not a token',
    'line 3: not shown, as it holds a token: reason: must not hold a token: its id (jti) says which it was',
  ])
})
