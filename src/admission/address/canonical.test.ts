import { isIP } from 'node:net'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey } from './address-key.js'
import { canonicalAddress } from './canonical.js'

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }))
const ipv6Groups = fc.array(group, { minLength: 8, maxLength: 8 })
const octet = fc.integer({ min: 0, max: 255 })
const octets = fc.tuple(octet, octet, octet, octet)

/** Ways to write one group list: padding, case, any run of zeros shortened, a dotted tail, a zone. */
const spellings = fc.record({
  padded: fc.boolean(),
  upper: fc.boolean(),
  dotted: fc.boolean(),
  zone: fc.constantFrom('', '%eth0', '%1', '%en-0.5'),
  gap: fc.tuple(fc.nat(7), fc.nat(7)),
})

const spell = (groups: readonly number[], how: { padded: boolean; upper: boolean; dotted: boolean; zone: string; gap: [number, number] }): string => {
  const units = groups.map((value) => value.toString(16).padStart(how.padded ? 4 : 1, '0'))
  if (how.dotted) {
    const [high = 0, low = 0] = groups.slice(6)
    units.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'))
  }
  const from = Math.min(...how.gap)
  const to = Math.min(Math.max(...how.gap) + 1, units.length)
  const gapIsZero = units.slice(from, to).every((unit) => /^0+$/.test(unit)) && to > from
  const text = gapIsZero ? `${units.slice(0, from).join(':')}::${units.slice(to).join(':')}` : units.join(':')
  return (how.upper ? text.toUpperCase() : text) + how.zone
}

const characters = (text: string): string[] => text.split('')

test('every spelling of an IPv6 address comes back as the one spelling that the WHATWG URL parser writes', () => {
  fc.assert(
    fc.property(ipv6Groups, spellings, (groups, how) => {
      const text = spell(groups, how)
      expect(isIP(text)).toBe(6)
      const mapped = groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff
      fc.pre(!mapped)
      const plain = groups.map((value) => value.toString(16)).join(':')
      expect(canonicalAddress(text)).toBe(new URL(`http://[${plain}]/`).hostname.slice(1, -1))
    }),
    { numRuns: 2_000 },
  )
})

test('every spelling of an IPv4-mapped address comes back as the IPv4 address', () => {
  fc.assert(
    fc.property(octets, spellings, ([a, b, c, d], how) => {
      const text = spell([0, 0, 0, 0, 0, 0xffff, (a << 8) | b, (c << 8) | d], how)
      expect(canonicalAddress(text)).toBe([a, b, c, d].join('.'))
    }),
  )
})

test('an IPv4 address is its own canonical text', () => {
  fc.assert(
    fc.property(octets, (parts) => {
      expect(canonicalAddress(parts.join('.'))).toBe(parts.join('.'))
    }),
  )
})

test('a canonical text is canonical again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = canonicalAddress(text)
      expect(address).toBeDefined()
      expect(canonicalAddress(address)).toBe(address)
    }),
  )
})

test('text that net.isIP refuses is never an address, whatever it holds', () => {
  const nearly = fc.string({ unit: fc.constantFrom(...characters('0123456789abcdefxF:.%/[], \n１。')), maxLength: 45 })
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string(), fc.string({ unit: 'binary' })), (text) => {
      expect(canonicalAddress(text) === undefined).toBe(isIP(text) === 0)
    }),
    { numRuns: 5_000 },
  )
})

test('an IPv4-compatible address and a NAT64 address are not the IPv4 host they end in', () => {
  expect(canonicalAddress('::203.0.113.7')).toBe('::cb00:7107')
  expect(canonicalAddress('64:ff9b::203.0.113.7')).toBe('64:ff9b::cb00:7107')
  expect(canonicalAddress('::ffff:0:203.0.113.7')).toBe('::ffff:0:cb00:7107')
})

test('the first of two equal runs of zeros is shortened, and a single zero is not', () => {
  expect(canonicalAddress('2001:db8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1')
  expect(canonicalAddress('2001:db8:0:1:1:1:1:1')).toBe('2001:db8:0:1:1:1:1:1')
  expect(canonicalAddress('0:0:0:0:0:0:0:0')).toBe('::')
  expect(canonicalAddress('1:0:0:0:0:0:0:0')).toBe('1::')
})

test('a zone as long as a header is refused without being read', () => {
  expect(canonicalAddress(`fe80::1%${'a'.repeat(16_000)}`)).toBeUndefined()
})

test('a socket that has no peer any more has no address', () => {
  expect(canonicalAddress(undefined)).toBeUndefined()
  expect(canonicalAddress('')).toBeUndefined()
})

test('the bucket of an IPv6 address is its /64 in canonical text', () => {
  fc.assert(
    fc.property(ipv6Groups, (groups) => {
      const address = canonicalAddress(groups.map((value) => value.toString(16)).join(':'))
      fc.pre(address?.includes(':') === true && !address.startsWith('64:ff9b:'))
      const network = canonicalAddress([...groups.slice(0, 4).map((value) => value.toString(16)), 0, 0, 0, 0].join(':'))
      expect(addressKey(address ?? '')).toBe(`${network}/64`)
    }),
  )
})

test('two IPv4 clients never share a bucket, however they are written', () => {
  expect(addressKey('203.0.113.7')).toBe('203.0.113.7')
  expect(addressKey(canonicalAddress('::ffff:cb00:7107') ?? '')).toBe('203.0.113.7')
})

test('each host behind the NAT64 prefix is its own bucket, its neighbours outside /96 are not', () => {
  expect(addressKey('64:ff9b::cb00:7107')).toBe('64:ff9b::cb00:7107')
  expect(addressKey('64:ff9b::1:cb00:7107')).toBe('64:ff9b::/64')
  expect(addressKey('64:ff9b:1::cb00:7107')).toBe('64:ff9b:1::/64')
})
