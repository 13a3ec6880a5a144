import { expect, test } from 'vitest'
import { parseHours, parsePort, subjectFields } from './arguments.js'
import { CliError, sentenceOf } from './cli-error.js'
import { describeDecision, describeToken, table } from './describe.js'
import { connectLine, developmentBlock } from './development-block.js'
import { visible } from './terminal.js'

test('what strangers sent cannot move the cursor or turn the line around', () => {
  expect(visible('/ws/\u001b[2J\u009b\r\n\u202e')).toBe(String.raw`/ws/\x1b[2J\x9b\x0d\x0a\u202e`)
  expect(visible('متن ۱ é')).toBe('متن ۱ é')
  expect(table([['a', '\u001b'], ['long', 'x']])).toBe('a     \\x1b\nlong  x')
})

test('a decision is told with its stairs, its sentence, its remedy once and its dry-run marks', () => {
  const text = describeDecision({
    id: 'd1', outcome: 'denied', reason: 'token_expired', told: 'token_expired', sentence: 'The token has expired.', remedy: 'Fetch a new token.', retry: 'with-new-token', status: 401,
    closeCode: 4401, receivedAt: 0, path: '/ws/\u001b', dialect: 'sallyport.v1', policyVersion: 'p1',
    steps: [{ name: 'token', outcome: 'refused', durationMs: 0.1234, detail: 'exp', remedy: 'Fetch a new token.' }], marks: [{ step: 'address_ban', rule: 'ladder' }],
  })
  expect(text).toMatch(/^denied token_expired\n {2}The token has expired\.\n/)
  expect(text).toContain('told token_expired: HTTP 401, close 4401')
  expect(text).toMatch(/^ {2}remedy +Fetch a new token\.$/m)
  expect(text).toContain('1970-01-01T00:00:00Z')
  expect(text).toMatch(/^ {2}refused {2}token {2}waited 0\.12 ms {2}exp$/m)
  expect(text).toContain('a rule in dry-run would have refused at address_ban: ladder')
  expect(text).not.toContain('\u001b')
})

test('a refused token is told with its detail and what to do about it', () => {
  expect(describeToken({ accepted: false, reason: 'token_invalid', detail: 'its "iss" is another issuer', remedy: 'Compare.', checks: [] })).toBe(
    'refused token_invalid\n  detail  its "iss" is another issuer\n  remedy  Compare.',
  )
  expect(describeToken({ accepted: true, subject: '7', checks: [] })).toBe('accepted\n  subject  7')
})

test('a token is told claim by claim, each refused one with its remedy, and unproved claims as such', () => {
  const signature = { part: 'token', name: 'signature', expected: 'by a key', found: 'holds', accepted: true }
  const audience = { part: 'claims', name: 'aud', expected: '"us"', found: '"them\u001b"', accepted: false, remedy: 'Set it.' }
  expect(describeToken({ accepted: false, reason: 'token_invalid', checks: [signature, audience] })).toBe(
    [
      'refused token_invalid',
      'checks',
      '  accepted  token signature  found holds       expected by a key',
      String.raw`  refused   claims aud       found "them\x1b"  expected "us"      remedy: Set it.`,
    ].join('\n'),
  )
  expect(describeToken({ accepted: false, checks: [{ ...signature, accepted: false }, audience] })).toContain('\nchecks (nothing that the claims say is proved)\n')
})

test('a failure is one line with its remedy, never a stack', () => {
  const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES', path: '/x' })
  expect(sentenceOf(denied)).toBe('Cannot use /x: this user may not; change its owner or mode, or set SALLYPORT_DATA_DIR to another folder')
  expect(sentenceOf(new CliError('Said.'))).toBe('Said.')
  expect(sentenceOf(new RangeError('Cannot create x\n    at y'))).toBe('Cannot create x')
  expect(sentenceOf(new Error('boom\n    at y'))).toBe('Unexpected failure: Error: boom')
  expect(sentenceOf('text')).toBe('Unexpected failure')
})

test('the line to paste keeps the token out of the arguments and suits the platform', () => {
  const line = connectLine('http://127.0.0.1:4400', 'a.b.c', 20, 'linux')
  expect(line).toMatch(/^TOKEN=a\.b\.c node --experimental-websocket -e "/)
  expect(line.match(/a\.b\.c/g)).toHaveLength(1)
  expect(line.slice(line.indexOf('"') + 1, -1)).not.toMatch(/["$`!\\]/)
  expect(connectLine('http://127.0.0.1:4400', 'a.b.c', 22, 'win32')).toMatch(/^\$env:TOKEN='a\.b\.c'; node -e "/)
})

test('the block of dev says who stands in, and leaves out what there is not', () => {
  const block = { version: '1.2.3', publicUrl: 'http://127.0.0.1:1', internalUrl: 'http://127.0.0.1:2', agentTokens: [], password: undefined, standIn: undefined, nodeMajor: 20, platform: 'linux' }
  expect(developmentBlock(block)).toContain('development')
  expect(developmentBlock(block)).not.toMatch(/Agents|Paste|let in/)
  expect(developmentBlock({ ...block, standIn: 'a@example.test' })).toContain('everybody is let in as a@example.test')
})

test('arguments are read strictly', () => {
  expect(parseHours('1.5')).toBe(1.5)
  expect(parsePort('0')).toBe(0)
  for (const text of ['', '0', '-1', '1e3', 'Infinity', '87601', '0.0001']) expect(() => parseHours(text), text).toThrow()
  for (const text of ['', '-1', '65536', '0x10', ' 80']) expect(() => parsePort(text), text).toThrow()
  expect(subjectFields('10.0.0.1', undefined)).toEqual({ network: '10.0.0.1' })
  expect(() => subjectFields(undefined, undefined)).toThrow(CliError)
  expect(() => subjectFields('10.0.0.1', '1')).toThrow(CliError)
})
