import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalAddress } from './address/canonical.js'
import type { Ban, BanSubject } from './ban.js'
import { createBanSet, type BanSet } from './ban-set.js'

const ban = (id: string, subject: BanSubject, expiresAt?: number): Ban => ({
  id,
  subject,
  reason: 'flooding',
  actor: 'ada',
  source: 'manual',
  createdAt: 0,
  expiresAt,
})

const network = (id: string, text: string, expiresAt?: number): Ban => ban(id, { kind: 'network', network: text }, expiresAt)
const user = (id: string, userId: string, expiresAt?: number): Ban => ban(id, { kind: 'user', userId }, expiresAt)

const setOf = (...bans: readonly Ban[]): BanSet => {
  const set = createBanSet()
  for (const one of bans) set.add(one)
  return set
}

/** The reference, with addresses as integers: a ban is in force until its end and meets every address between first and last of its range. */
const integerOf = (address: string): bigint => {
  if (!address.includes(':')) return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
  const [before = [], after = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

const holds = (range: string, address: string): boolean => {
  const [base = '', mask] = range.split('/')
  if (base.includes(':') !== address.includes(':')) return false
  const bits = base.includes(':') ? 128 : 32
  const shift = BigInt(bits - Number(mask ?? bits))
  return integerOf(base) >> shift === integerOf(address) >> shift
}

const isInForce = ({ expiresAt }: Ban, at: number): boolean => expiresAt === undefined || at < expiresAt

const meets = ({ subject }: Ban, address: string): boolean => subject.kind === 'network' && holds(subject.network, address)

const prefixOf = ({ subject }: Ban): number => {
  if (subject.kind === 'user') return -1
  return Number(subject.network.split('/')[1] ?? (subject.network.includes(':') ? 128 : 32))
}

const near = fc.tuple(fc.constantFrom(10, 203), fc.constantFrom(0, 128), fc.nat(1), fc.nat(3)).map((octets) => octets.join('.'))
const near6 = fc.tuple(fc.constantFrom('2001:db8', 'fe80'), fc.nat(2), fc.nat(2)).map(([head, a, b]) => `${head}:0:${a}::${b}`)
const address = fc.oneof(near, near6, fc.ipV4(), fc.ipV6()).map((text) => canonicalAddress(text) ?? '')
const range = address.chain((base) => fc.nat(base.includes(':') ? 128 : 32).map((prefix) => `${base}/${prefix}`))
const end = fc.option(fc.nat(20), { nil: undefined })

test('an address is banned exactly while a ban of a network around it is in force, and the answer is the longest, then the last to end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof(address, range), end), { maxLength: 30 }),
      fc.array(address, { maxLength: 10 }),
      fc.nat(20),
      (given, others, at) => {
        const bans = given.map(([text, expiresAt], index) => network(`id-${index}`, text, expiresAt))
        const set = setOf(...bans)
        const inside = given.map(([text]) => text.split('/')[0] ?? '')
        for (const candidate of [...others, ...inside]) {
          const met = bans.filter((one) => isInForce(one, at) && meets(one, candidate))
          const found = set.findAddress(candidate, at)
          expect(found !== undefined).toBe(met.length > 0)
          if (found === undefined) continue
          const longest = Math.max(...met.map(prefixOf))
          const last = Math.max(...met.filter((one) => prefixOf(one) === longest).map(({ expiresAt }) => expiresAt ?? Infinity))
          expect(met.map(({ id }) => id)).toContain(found.id)
          expect([prefixOf(found), found.expiresAt ?? Infinity]).toEqual([longest, last])
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('bans come and go in any order as in a plain list', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), id: fc.nat(15), text: fc.oneof(near, near6, range), expiresAt: end }),
    fc.record({ kind: fc.constant('user' as const), id: fc.nat(15), userId: fc.nat(3), expiresAt: end }),
    fc.record({ kind: fc.constant('remove' as const), id: fc.nat(15) }),
    fc.record({ kind: fc.constant('sweep' as const), at: fc.nat(20) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(address, { maxLength: 5 }), fc.nat(20), (steps, candidates, at) => {
      const set = createBanSet()
      const reference = new Map<string, Ban>()
      for (const one of steps) {
        if (one.kind === 'sweep') {
          set.sweep(one.at)
          for (const [id, held] of reference) if (!isInForce(held, one.at)) reference.delete(id)
        } else if (one.kind === 'remove') {
          const held = reference.get(`id-${one.id}`)
          expect(set.remove(held ?? user(`id-${one.id}`, '0'))).toBe(held !== undefined)
          reference.delete(`id-${one.id}`)
        } else {
          const added = one.kind === 'add' ? network(`id-${one.id}`, one.text, one.expiresAt) : user(`id-${one.id}`, `${one.userId}`, one.expiresAt)
          // The subject of an id never changes.
          const held = reference.get(added.id)
          if (held !== undefined && JSON.stringify(held.subject) !== JSON.stringify(added.subject)) continue
          set.add(added)
          reference.set(added.id, added)
        }
        expect(set.size).toBe(reference.size)
      }
      const held = [...reference.values()].filter((one) => isInForce(one, at))
      for (const candidate of candidates) expect(set.findAddress(candidate, at) !== undefined).toBe(held.some((one) => meets(one, candidate)))
      for (const userId of ['0', '1', '2', '3']) {
        const ofUser = held.filter(({ subject }) => subject.kind === 'user' && subject.userId === userId)
        expect(set.findUser(userId, at) !== undefined).toBe(ofUser.length > 0)
      }
    }),
    { numRuns: 500 },
  )
})

test('a ban of a day and a ban of an hour on one address each end at their own time', () => {
  const set = setOf(network('hour', '203.0.113.7', 3_600_000), network('day', '203.0.113.7', 86_400_000))
  expect(set.findAddress('203.0.113.7', 0)?.id).toBe('day')
  set.remove(network('day', '203.0.113.7'))
  expect(set.findAddress('203.0.113.7', 3_599_999)?.id).toBe('hour')
  expect(set.findAddress('203.0.113.7', 3_600_000)).toBeUndefined()
})

test('a range that is banned longer than an address in it keeps the address out when its own ban ends', () => {
  const set = setOf(network('host', '203.0.113.7', 10), network('range', '203.0.113.0/24', 20))
  expect([9, 10, 19, 20].map((at) => set.findAddress('203.0.113.7', at)?.id)).toEqual(['host', 'range', 'range', undefined])
})

test('[B13] F4: an address in an allowed network is met by no ban of the same or a wider network, but by that of a narrower one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(address, range), { minLength: 1, maxLength: 4 }),
      fc.array(fc.oneof(address, range), { maxLength: 20 }),
      fc.array(address, { maxLength: 10 }),
      (allowed, banned, others) => {
        const bans = banned.map((text, index) => network(`id-${index}`, text))
        const set = createBanSet(allowed)
        for (const one of bans) set.add(one)
        for (const candidate of [...others, ...[...allowed, ...banned].map((text) => text.split('/')[0] ?? '')]) {
          const exempt = Math.max(-1, ...allowed.filter((text) => holds(text, candidate)).map((text) => prefixOf(network('', text))))
          expect(set.findAddress(candidate, 0) !== undefined).toBe(bans.some((one) => meets(one, candidate) && prefixOf(one) > exempt))
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('[B13] an allowed network that is none is refused', () => {
  expect(() => createBanSet(['203.0.113'])).toThrow(
    new TypeError('Cannot exempt a network from bans as "allowed" must be an address or a CIDR range: current value is "203.0.113"'),
  )
})

test('bans that come and go before their ends leave nothing behind', () => {
  const set = createBanSet()
  for (let index = 0; index < 20_000; index++) {
    set.add(network(`id-${index}`, '203.0.113.7', 1_000 + index))
    set.remove(network(`id-${index}`, '203.0.113.7'))
  }
  set.add(network('last', '203.0.113.7', 30_000))
  // One sweep takes a thousand at most, those of removed bans included, and hardly more are left of twenty thousand.
  expect([set.sweep(29_999), set.size, set.sweep(30_000), set.size]).toEqual([0, 1, 1, 0])
})

test('looking up forgets nothing, so that a clock that was wrong for a moment ends no ban', () => {
  const set = setOf(network('a', '203.0.113.7', 10), user('b', '7', 10))
  expect(set.findAddress('203.0.113.7', 1_000)).toBeUndefined()
  expect(set.findUser('7', 1_000)).toBeUndefined()
  expect(set.findAddress('203.0.113.7', 5)?.id).toBe('a')
  expect(set.findUser('7', 5)?.id).toBe('b')
})

test('a ban that comes again with another end is replaced, and swept at the new one', () => {
  const set = setOf(network('a', '203.0.113.7', 10), network('a', '203.0.113.7', 100))
  expect(set.size).toBe(1)
  expect(set.sweep(50)).toBe(0)
  expect(set.findAddress('203.0.113.7', 50)?.id).toBe('a')
  expect(set.sweep(100)).toBe(1)
  expect(set.size).toBe(0)
})

test('a ban is given back as it was added, whatever its id, its family and what it is about', () => {
  const bans: readonly Ban[] = [
    { ...network('018bcfe5-6800-7000-8fff-0123456789ab', '203.0.113.7', 10), reason: 'list' },
    { ...network('FFFFFFFF-6800-7000-8FFF-0123456789AB', '203.0.113.0/24'), actor: 'grace', createdAt: 1_800_000_000_123 },
    { ...network('ffffffff-ffff-ffff-ffff-ffffffffffff', '2001:db8::ffff:0:1', 20), source: 'ladder' },
    network('018bcfe5-6800-7000-8fff-0123456789a', '2001:db8::/48'),
    user('018bcfe5-6800-7000-8fff-0123456789ac', '7', 30),
  ]
  const set = setOf(...bans)
  const found = [...['203.0.113.7', '203.0.113.8', '2001:db8::ffff:0:1', '2001:db8::2'].map((text) => set.findAddress(text, 0)), set.findUser('7', 0)]
  expect(found).toEqual(bans)
  for (const one of bans) expect([set.remove({ ...one, id: 'other' }), set.remove(one), set.remove(one)]).toEqual([false, true, false])
  expect(set.size).toBe(0)
})

test('what is not in a new list is forgotten, in parts, and neither what is nor what is added meanwhile', () => {
  const numbered = (from: number, to: number): readonly Ban[] => Array.from({ length: to - from }, (_, index) => network(`id-${from + index}`, `203.0.${from + index}.7`, 1_000))
  const set = setOf(...numbered(0, 25))
  set.beginList()
  for (const one of [...numbered(20, 22), ...numbered(30, 32)]) set.add(one)
  expect([set.forgetUnlisted(10), set.forgetUnlisted(10), set.forgetUnlisted(10)]).toEqual([10, 10, 3])
  expect(set.size).toBe(4)
  expect([19, 20, 21, 22, 30, 31].map((index) => set.findAddress(`203.0.${index}.7`, 0)?.id)).toEqual([undefined, 'id-20', 'id-21', undefined, 'id-30', 'id-31'])
})

test('one sweep forgets no more than its limit', () => {
  const set = setOf(...Array.from({ length: 25 }, (_, index) => user(`id-${index}`, `${index}`, index)))
  expect([set.sweep(30, 10), set.sweep(30, 10), set.sweep(30, 10), set.sweep(30, 10)]).toEqual([10, 10, 5, 0])
})

test('a ban of a user is no ban of an address, and the other way round', () => {
  const set = setOf(user('a', '203.0.113.7'))
  expect(set.findAddress('203.0.113.7', 0)).toBeUndefined()
  expect(set.findUser('203.0.113.7', 0)?.id).toBe('a')
})

test('a ban whose network is none is refused and leaves the set as it was', () => {
  const set = setOf(network('a', '203.0.113.7'))
  expect(() => set.add(network('a', '203.0.113'))).toThrow(
    new TypeError('Cannot hold a ban as "network" must be an address or a CIDR range: current value is "203.0.113"'),
  )
  expect(set.findAddress('203.0.113.7', 0)?.id).toBe('a')
})

test('looking up among 100,000 bans costs about as much as among a hundred', () => {
  const filled = (count: number): BanSet => {
    const set = createBanSet()
    for (let index = 0; index < count; index++) {
      const [high, middle, low] = [index >> 16, (index >> 8) & 255, index & 255]
      set.add(network(`a-${index}`, index % 10 === 0 ? `11.${middle}.${low}.0/24` : `10.${high}.${middle}.${low}`))
      set.add(network(`b-${index}`, `2001:db8:${high.toString(16)}:${(index & 0xffff).toString(16)}::/64`))
    }
    return set
  }
  const candidates = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? `10.${index & 3}.${index & 255}.7` : `2001:db8:0:${index}::7`))
  const nanoseconds = (set: BanSet): number => {
    const rounds = Array.from({ length: 20 }, () => {
      const start = performance.now()
      for (const candidate of candidates) set.findAddress(candidate, 0)
      return (performance.now() - start) * 1e6 / candidates.length
    })
    return Math.min(...rounds)
  }
  const small = filled(100)
  const large = filled(50_000)
  nanoseconds(small)
  expect(nanoseconds(large)).toBeLessThan(20 * nanoseconds(small))
  expect(nanoseconds(large)).toBeLessThan(5_000)
})
