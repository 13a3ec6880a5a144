import { describe, expect, test } from 'vitest'
import { createLadder, type Ladder, type LadderConfig, type LadderVerdict } from './ladder.js'

const start = Date.UTC(2026, 0, 15)
const minute = 60_000
const hour = 60 * minute
const key = '203.0.113.7'

let tokens = 0
const newToken = (): string => `hash-${tokens++}`

const ladderOf = (config: Partial<LadderConfig> = {}): Ladder => createLadder({ mode: 'on', ...config })

/** Five forged tokens at once; the verdict on the last. */
const forgeFive = (ladder: Ladder, at: number, of: string | undefined = key): LadderVerdict => {
  for (let index = 0; index < 4; index++) expect(ladder.failed(of, 'signature', newToken(), at).outcome).toBe('nothing')
  return ladder.failed(of, 'signature', newToken(), at)
}

const hoursOf = (verdict: LadderVerdict): number => {
  if (verdict.outcome === 'nothing' || verdict.ban.expiresAt === undefined) return 0
  return (verdict.ban.expiresAt - verdict.ban.createdAt) / hour
}

test('five distinct forged or malformed tokens in ten minutes bring a ban of 24 hours', () => {
  const ladder = ladderOf()
  for (const fault of ['signature', 'malformed', 'signature', 'malformed'] as const)
    expect(ladder.failed(key, fault, newToken(), start)).toEqual({ outcome: 'nothing' })
  expect(ladder.failed(key, 'malformed', newToken(), start + 10 * minute - 1)).toEqual({
    outcome: 'ban',
    ban: {
      subject: { kind: 'network', network: key },
      reason: '5 forged or malformed tokens within 600 s',
      actor: 'ladder',
      source: 'ladder',
      createdAt: start + 10 * minute - 1,
      expiresAt: start + 10 * minute - 1 + 24 * hour,
    },
  })
})

test('an IPv6 client is banned with its /64', () => {
  expect(forgeFive(ladderOf(), start, '2001:db8::/64')).toMatchObject({ ban: { subject: { kind: 'network', network: '2001:db8::/64' } } })
})

test('the window slides: four failures that are ten minutes old do not count', () => {
  const ladder = ladderOf()
  for (let index = 0; index < 4; index++) ladder.failed(key, 'signature', newToken(), start)
  expect(ladder.failed(key, 'signature', newToken(), start + 10 * minute).outcome).toBe('nothing')
  for (let index = 0; index < 3; index++) expect(ladder.failed(key, 'signature', newToken(), start + 11 * minute).outcome).toBe('nothing')
  expect(ladder.failed(key, 'signature', newToken(), start + 11 * minute).outcome).toBe('ban')
})

test('a client that repeats its one broken token for ever is never banned', () => {
  const ladder = ladderOf()
  for (let index = 0; index < 1_000; index++) expect(ladder.failed(key, 'signature', 'same', start + index).outcome).toBe('nothing')
})

test.each(['unknown_key', 'claims', 'expired'] as const)('tokens refused for %s never count', (fault) => {
  const ladder = ladderOf()
  for (let index = 0; index < 100; index++) expect(ladder.failed(key, fault, newToken(), start).outcome).toBe('nothing')
  expect(ladder.size).toBe(0)
})

test('addresses are counted apart', () => {
  const ladder = ladderOf()
  for (let index = 0; index < 100; index++) expect(ladder.failed(`203.0.113.${index}`, 'signature', newToken(), start).outcome).toBe('nothing')
})

describe('never banned by itself is', () => {
  const never = (ladder: Ladder, of: string | undefined, at = start) => {
    for (let index = 0; index < 50; index++) expect(ladder.failed(of, 'signature', newToken(), at)).toEqual({ outcome: 'nothing' })
  }

  test('a trusted proxy, whose own address has no bucket', () => never(ladderOf(), undefined))

  test.each(['127.0.0.1', '127.8.8.8', '::/64'])('loopback %s', (loopback) => never(ladderOf(), loopback))

  test.each(['203.0.113.7', '2001:db8::/64', '2001:db8:1:2::/64'])('%s in an allowed network, or around an allowed host', (of) =>
    never(ladderOf({ allowed: ['203.0.113.0/24', '2001:db8::7', '2001:db8:1::/48'] }), of),
  )

  test('an address with an admission in the last 24 hours, and from then on it is', () => {
    const ladder = ladderOf()
    ladder.admitted(key, start)
    never(ladder, key, start + 24 * hour - 1)
    expect(ladder.failed(key, 'signature', newToken(), start + 24 * hour).outcome).toBe('ban')
  })

  test('an address whose admission came while failures were counted', () => {
    const ladder = ladderOf()
    for (let index = 0; index < 4; index++) ladder.failed(key, 'signature', newToken(), start)
    ladder.admitted(key, start)
    never(ladder, key)
  })
})

test('each further ban is twice as long, up to 30 days', () => {
  const ladder = ladderOf()
  let at = start
  const hours = Array.from({ length: 7 }, () => {
    const verdict = forgeFive(ladder, at)
    at += hoursOf(verdict) * hour
    return hoursOf(verdict)
  })
  expect(hours).toEqual([24, 48, 96, 192, 384, 720, 720])
})

test('an address is a beginner again when its last ban has been over for 30 days', () => {
  const ladder = ladderOf()
  forgeFive(ladder, start)
  const over = start + 24 * hour
  expect(hoursOf(forgeFive(ladder, over + 30 * 24 * hour))).toBe(24)

  const other = ladderOf()
  forgeFive(other, start)
  expect(hoursOf(forgeFive(other, over + 30 * 24 * hour - 1))).toBe(48)
})

test('attempts that were in flight with the last one bring no second ban, later ones do', () => {
  const ladder = ladderOf()
  forgeFive(ladder, start)
  for (let index = 0; index < 50; index++) expect(ladder.failed(key, 'signature', newToken(), start + 9_999).outcome).toBe('nothing')
  expect(forgeFive(ladder, start + 10_000).outcome).toBe('ban')
})

test('an address whose ban an operator lifted begins anew', () => {
  const ladder = ladderOf()
  forgeFive(ladder, start)
  ladder.forgive(key)
  expect(hoursOf(forgeFive(ladder, start + 1))).toBe(24)
})

test('in dry-run it says what it would do, once for the time that ban would have lasted', () => {
  const ladder = ladderOf({ mode: 'dry-run' })
  const verdict = forgeFive(ladder, start)
  expect(verdict.outcome).toBe('would_ban')
  expect(hoursOf(verdict)).toBe(24)
  for (let index = 0; index < 50; index++) expect(ladder.failed(key, 'signature', newToken(), start + 24 * hour - 1).outcome).toBe('nothing')
  expect(hoursOf(forgeFive(ladder, start + 24 * hour))).toBe(48)
})

test('switched off it says and remembers nothing', () => {
  const ladder = ladderOf({ mode: 'off' })
  ladder.admitted(key, start)
  for (let index = 0; index < 50; index++) expect(ladder.failed(key, 'signature', newToken(), start)).toEqual({ outcome: 'nothing' })
  expect(ladder.size).toBe(0)
})

test('failures, window and hours are settings', () => {
  const ladder = ladderOf({ failures: 2, windowMs: 1_000, hours: 1 })
  ladder.failed(key, 'signature', newToken(), start)
  expect(ladder.failed(key, 'signature', newToken(), start + 1_000).outcome).toBe('nothing')
  expect(hoursOf(ladder.failed(key, 'signature', newToken(), start + 1_999))).toBe(1)
})

test('text that is no address is counted for nothing', () => {
  expect(forgeFive(ladderOf(), start, 'unknown')).toEqual({ outcome: 'nothing' })
})

test('a million addresses do not make it grow beyond what it may hold', () => {
  const ladder = ladderOf()
  for (let index = 0; index < 300_000; index++) {
    ladder.failed(`2001:db8:${index}::/64`, 'signature', 'same', start)
    ladder.admitted(`2001:db8:${index}::/64`, start)
  }
  expect(ladder.size).toBeLessThanOrEqual(300_000)
})

test.each([
  [{ failures: 0 }, RangeError, '"failures" must be a positive integer: current value is 0'],
  [{ hours: -1 }, RangeError, '"hours" must be a positive number: current value is -1'],
  [{ allowed: ['10.0.0.0/33'] }, TypeError, '"allowed" must hold addresses or CIDR ranges: current value is "10.0.0.0/33"'],
])('%j is refused', (config, kind, message) => {
  expect(() => ladderOf(config)).toThrow(new kind(`Cannot create a ladder as ${message}`))
})

test('[B8] a ladder that takes over the bans of an earlier process goes on as that one would have', () => {
  const day = 24 * hour
  const [before, after] = [ladderOf(), ladderOf()]
  const first = forgeFive(before, start)
  const second = forgeFive(before, start + 2 * day)
  for (const verdict of [first, second]) {
    if (verdict.outcome === 'nothing' || verdict.ban.expiresAt === undefined) throw new Error('There was no ban')
    after.remember({ key, createdAt: verdict.ban.createdAt, endsAt: verdict.ban.expiresAt })
  }
  const third = forgeFive(before, start + 10 * day)
  expect(forgeFive(after, start + 10 * day)).toEqual(third)
  expect(hoursOf(third)).toBe(96)
  // Thirty days after the end of the last one both begin anew.
  expect(hoursOf(forgeFive(after, start + 45 * day))).toBe(24)
})

describe('[L8] a clock that was a year ahead and is set back', () => {
  const ahead = start + 365 * 24 * hour

  test('exempts who was admitted meanwhile for a day, and no longer', () => {
    const ladder = ladderOf()
    ladder.admitted(key, ahead)
    expect(forgeFive(ladder, start)).toEqual({ outcome: 'nothing' })
    expect(forgeFive(ladder, start + 24 * hour)).toMatchObject({ outcome: 'ban', ban: { createdAt: start + 24 * hour, expiresAt: start + 48 * hour } })
  })

  test('has no failure of that time counted after its window', () => {
    const ladder = ladderOf()
    for (let index = 0; index < 4; index++) ladder.failed(key, 'signature', newToken(), ahead)
    ladder.admitted('203.0.113.9', start)
    expect(ladder.failed(key, 'signature', newToken(), start + 10 * minute).outcome).toBe('nothing')
  })

  test('lets the next ban follow one of that time', () => {
    const ladder = ladderOf()
    expect(forgeFive(ladder, ahead).outcome).toBe('ban')
    ladder.admitted('203.0.113.9', start)
    expect(hoursOf(forgeFive(ladder, start + minute))).toBe(48)
  })
})
