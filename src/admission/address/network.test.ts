import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalAddress } from './canonical.js'
import { networksOverlap, parseNetwork } from './network.js'
import { createNetworkMap } from './network-map.js'

/** The reference: addresses as integers, a range as its first and last one. */
const integerOf = (address: string): bigint => {
  if (!address.includes(':')) return address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
  const [head = '', tail] = address.split('::')
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n)
}

const rangeOf = (address: string, prefix: number): [bigint, bigint] => {
  const hostBits = BigInt((address.includes(':') ? 128 : 32) - prefix)
  const first = (integerOf(address) >> hostBits) << hostBits
  return [first, first + (1n << hostBits) - 1n]
}

const contains = (address: string, prefix: number, candidate: string): boolean => {
  const [first, last] = rangeOf(address, prefix)
  return address.includes(':') === candidate.includes(':') && integerOf(candidate) >= first && integerOf(candidate) <= last
}

/** Addresses close to each other, so that ranges hit and overlap often. */
const ipv4 = fc
  .tuple(fc.constantFrom(10, 203), fc.constantFrom(0, 128), fc.nat(3), fc.nat(255))
  .map((octets) => octets.join('.'))
const ipv6 = fc
  .tuple(fc.constantFrom('2001:db8', 'fe80:0'), fc.constantFrom('0:0', '0:1', '8000:0'), fc.constantFrom('0:0', 'ffff:0'), fc.nat(3))
  .map(([a, b, c, d]) => canonicalAddress(`${a}:${b}:${c}:0:${d.toString(16)}`) ?? '')
const address = fc.oneof(ipv4, ipv6, fc.ipV4(), fc.ipV6().map((text) => canonicalAddress(text) ?? ''))
const cidr = address.chain((base) => fc.tuple(fc.constant(base), fc.nat(base.includes(':') ? 128 : 32)))

const network = (text: string) => {
  const parsed = parseNetwork(text)
  if (parsed === undefined) throw new Error(`${text} is no network`)
  return parsed
}

const characters = (text: string): string[] => text.split('')

test('host bits are cleared, so two texts of one range are one range', () => {
  expect(network('203.0.113.7/24').text).toBe('203.0.113.0/24')
  expect(network('2001:DB8::1/32').text).toBe('2001:db8::/32')
  fc.assert(
    fc.property(cidr, ([base, prefix]) => {
      const { text, family } = network(`${base}/${prefix}`)
      const first = canonicalAddress(text.split('/')[0]) ?? ''
      expect(family).toBe(base.includes(':') ? 6 : 4)
      expect(integerOf(first)).toBe(rangeOf(base, prefix)[0])
      expect(network(text).text).toBe(text)
    }),
  )
})

test('a range of one host is written without a mask', () => {
  expect(network('203.0.113.7/32').text).toBe('203.0.113.7')
  expect(network('2001:db8::1/128').text).toBe('2001:db8::1')
})

test('an IPv4-mapped range is the IPv4 range it means, and none when it is wider than IPv4', () => {
  expect(network('::ffff:203.0.113.0/120').text).toBe('203.0.113.0/24')
  expect(network('::ffff:cb00:7107/128').text).toBe('203.0.113.7')
  expect(network('::ffff:0:0/96').text).toBe('0.0.0.0/0')
  expect(parseNetwork('::ffff:203.0.113.0/24')).toBeUndefined()
  expect(parseNetwork('::ffff:203.0.113.0/95')).toBeUndefined()
})

test.each(['/24', '1.2.3.4/', '1.2.3.4/08', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/+1', '1.2.3.4/1e1', '1.2.3.4/0x8', '1.2.3.4/24/8', '1.2.3.4/255.0.255.0',
  '1.2.3.4/٣', '1.2.3.4 /24', '1.2.3.4/24 ', '1.2.3/24', '2001:db8::/129', '2001:db8::/ 64', '2001:db8::/999', 'localhost/8', '*'])('%j is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined()
})

test('no text makes the parser throw', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...characters('0123456789abf:./%-+ ')), maxLength: 50 })
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), (text) => {
      const parsed = parseNetwork(text)
      if (parsed !== undefined) expect(parseNetwork(parsed.text)).toEqual(parsed)
    }),
    { numRuns: 3_000 },
  )
})

test('two networks overlap exactly when one holds the first address of the other', () => {
  fc.assert(
    fc.property(cidr, cidr, ([a, aPrefix], [b, bPrefix]) => {
      expect(networksOverlap(network(`${a}/${aPrefix}`), network(`${b}/${bPrefix}`))).toBe(contains(a, aPrefix, b) || contains(b, bPrefix, a))
    }),
    { numRuns: 2_000 },
  )
})

test('an address is found in the longest network that holds it, and in no other', () => {
  fc.assert(
    fc.property(fc.array(cidr, { maxLength: 40 }), fc.array(address, { minLength: 1, maxLength: 20 }), (cidrs, candidates) => {
      const map = createNetworkMap()
      for (const [base, prefix] of cidrs) map.set(network(`${base}/${prefix}`), prefix)
      for (const candidate of [...candidates, ...cidrs.map(([base]) => base)]) {
        const lengths = cidrs.filter(([base, prefix]) => contains(base, prefix, candidate)).map(([, prefix]) => prefix)
        expect(map.find(candidate, () => true)).toBe(lengths.length === 0 ? undefined : Math.max(...lengths))
        const over = lengths[0] ?? 0
        expect(map.find(candidate, () => true, over)).toBe(lengths.some((length) => length > over) ? Math.max(...lengths) : undefined)
      }
    }),
    { numRuns: 500 },
  )
})

test('the next longest network answers when the longest is not accepted', () => {
  const map = createNetworkMap()
  map.set(network('203.0.113.0/24'), 1)
  map.set(network('203.0.113.7'), 2)
  expect(map.find('203.0.113.7', (value) => value !== 2)).toBe(1)
})

test('networks come and go as in a map by their text', () => {
  const ops = fc.array(fc.tuple(cidr, fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(ops, (steps) => {
      const map = createNetworkMap()
      const reference = new Map<string, number>()
      steps.forEach(([[base, prefix], isSet], index) => {
        const at = network(`${base}/${prefix}`)
        if (isSet) {
          map.set(at, index)
          reference.set(at.text, index)
        } else {
          expect(map.delete(at)).toBe(reference.delete(at.text))
        }
        expect(map.size).toBe(reference.size)
        expect(map.get(at)).toBe(reference.get(at.text))
      })
      for (const [text, value] of reference) expect(map.get(network(text))).toBe(value)
    }),
    { numRuns: 500 },
  )
})
