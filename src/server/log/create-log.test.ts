import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockingRemedy } from '../../admission/guard/blocking-guard.js'
import { createLog, type LogOptions } from './create-log.js'
import { levels, type LogEvent } from './log-event.js'

const noon = Date.UTC(2026, 0, 2, 12, 0, 0)
const formats = ['json', 'pretty', 'classic'] as const

/** A log that keeps its lines, with a clock that is moved by hand. */
const keep = (options: Pick<LogOptions, 'format'> & Partial<LogOptions>) => {
  const lines: string[] = []
  const clock = { at: noon }
  const log = createLog({ level: 'debug', sink: { write: (line) => lines.push(line) }, now: () => clock.at, ...options })
  return { log, lines, clock }
}

const admission = (changes: Partial<Extract<LogEvent, { event: 'admission' }>> = {}): LogEvent => ({
  event: 'admission',
  outcome: 'denied',
  reason: 'token_invalid',
  decisionId: 'd1',
  userId: undefined,
  address: '192.0.2.1',
  endpoint: 'conversations',
  path: '/ws/conversations/',
  durationMs: 1,
  development: false,
  step: 'token',
  detail: undefined,
  ...changes,
})

test('the classic development mode says an invalid token in exactly two lines', () => {
  const { log, lines } = keep({ format: 'classic' })
  log.write('debug', admission({ outcome: 'admitted', reason: undefined, userId: '7', development: true, step: undefined, detail: 'eyJhbGciOiJIUzUxMiIs...' }))
  expect(lines).toEqual([
    'message.middleware.websocket_auth DEBUG    Token validation failed for token: eyJhbGciOiJIUzUxMiIs...\n',
    'message.middleware.websocket_auth DEBUG    Development mode: Allowing connection with invalid token\n',
  ])
})

test('the classic development mode says a missing token in exactly two lines', () => {
  const { log, lines } = keep({ format: 'classic' })
  log.write('debug', admission({ outcome: 'admitted', reason: undefined, userId: '7', development: true, step: undefined }))
  expect(lines).toEqual([
    'message.middleware.websocket_auth DEBUG    No authentication token provided for WebSocket\n',
    'message.middleware.websocket_auth DEBUG    Development mode: Allowing connection without token\n',
  ])
})

test('a port that throws is an error in the classic words', () => {
  const { log, lines } = keep({ format: 'classic' })
  log.write('error', admission({ reason: 'dependency_unavailable', step: 'user', detail: 'no answer within 2000 ms' }))
  expect(lines).toEqual(['message.middleware.websocket_auth ERROR    Error authenticating WebSocket token: no answer within 2000 ms\n'])
})

test('an event is one JSON object with level and time', () => {
  const { log, lines } = keep({ format: 'json' })
  log.write('info', admission())
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', time: '2026-01-02T12:00:00.000Z', event: 'admission', reason: 'token_invalid', address: '192.0.2.1' })
})

test('a port that blocks is named in every format, with the remedy', () => {
  for (const format of formats) {
    const { log, lines } = keep({ format, level: 'info' })
    log.write('warn', { event: 'blocking_call', port: 'users', sliceMs: 20.25, remedy: blockingRemedy })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(format === 'json' ? '"event":"blocking_call"' : 'BLOCKING_CALL')
    expect(lines[0]).toMatch(/WARN|"warn"/)
    for (const part of ['users', '20.25', blockingRemedy]) expect(lines[0]).toContain(part)
  }
})

test.for(formats)('in %s, no text of a stranger starts a line, steers a terminal or turns text around', (format) => {
  const { log, lines } = keep({ format, linesPerMinute: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.constantFrom('\n', '\r\n', '\u001b[2J', '\u0000', '\u0085', '\u2028', '\u202e', '\u007f', '\ud800', '\ufeff'), (text, evil) => {
      lines.length = 0
      const said = `${text.slice(0, 100)}${evil}${text}`
      log.write('info', admission({ path: said, address: said, userId: said, detail: said }))
      log.write('info', admission({ reason: 'address_banned', step: 'address_ban', address: said }))
      log.write('error', { event: 'failure', task: said, detail: said })
      expect(lines.length).toBeGreaterThanOrEqual(3)
      for (const line of lines) {
        expect(line.endsWith('\n')).toBe(true)
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
        expect(line.length).toBeLessThan(4_000)
      }
    }),
  )
})

test.for(formats)('in %s, a level below the configured one is not written', (format) => {
  const order = levels.filter((level) => level !== 'silent')
  for (const least of levels) {
    const { log, lines } = keep({ format, level: least })
    const expected = least === 'silent' ? [] : order.slice(order.indexOf(least))
    for (const level of order) log.write(level, { event: 'warning', detail: `said at ${level}` })
    expect(lines.map((line) => /said at (\w+)/.exec(line)?.[1])).toEqual(expected)
    expect(order.filter((level) => log.writes(level))).toEqual(expected)
  }
})

test.for(formats)('in %s, a flood of one kind is sampled, its count is told, and other kinds are not silenced', async (format) => {
  const { log, lines, clock } = keep({ format })
  const flood = 5_000
  for (let i = 0; i < flood; i += 1) log.write('info', admission({ reason: 'address_banned', step: 'address_ban' }))
  const first = lines.length
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThanOrEqual(1_000)
  log.write('info', { event: 'warning', detail: 'another kind' })
  expect(lines).toHaveLength(first + 1)

  clock.at += 61_000
  log.write('info', admission({ reason: 'address_banned', step: 'address_ban' }))
  await log.close()
  const told = lines.flatMap((line) => (line.includes('repeated') ? [/times"?[=:](\d+)/.exec(line)?.[1]] : []))
  expect(told).toEqual([String(flood - first)])
  expect(lines.filter((line) => line.includes('blacklisted') || line.includes('outcome'))).toHaveLength(first + 1)
})

test('a slow stream of one kind is written whole', () => {
  const { log, lines, clock } = keep({ format: 'json' })
  for (let i = 0; i < 600; i += 1) {
    log.write('info', admission())
    clock.at += 500
  }
  expect(lines).toHaveLength(600)
})
