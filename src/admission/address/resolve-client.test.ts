import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortestMs } from '../../protocol/testing/shortest-ms.js'
import type { Handshake } from '../handshake.js'
import { canonicalAddress } from './canonical.js'
import { createProxies, type Forwarding } from './proxies.js'
import { resolveClient } from './resolve-client.js'

const handshake = (peerAddress: string, headers: Record<string, readonly string[]> = {}): Handshake => ({
  receivedAt: 0,
  method: 'GET',
  httpVersion: '1.1',
  target: '/',
  headers,
  peerAddress,
})

const trusted = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8']

/** The client behind a proxy on loopback that sends these lines. */
const behind = (forwarding: Forwarding, ...lines: string[]) =>
  resolveClient(handshake('127.0.0.1', { [forwarding]: lines }), createProxies({ trustedProxies: trusted, forwarding }))

const client = (address: string, key: string | undefined = address) => ({ address, key, forwarded: true })
const badForwarding: unknown = expect.objectContaining({ reason: 'bad_forwarding' })

const characters = (text: string): string[] => text.split('')

test('a peer of a Unix socket has no address: the detail says what is needed', () => {
  const proxies = createProxies({ trustedProxies: ['127.0.0.1'], forwarding: 'x-forwarded-for' })
  expect(resolveClient(handshake('', { 'x-forwarded-for': ['203.0.113.7'] }), proxies)).toMatchObject({ reason: 'bad_request', detail: expect.stringContaining('came by a Unix socket, where a port on loopback is needed') })
})

test('without trusted proxies the client is the peer and no header is read', () => {
  const proxies = createProxies({ trustedProxies: [], forwarding: 'x-forwarded-for' })
  const headers = { 'x-forwarded-for': ['6.6.6.6'], 'x-real-ip': ['6.6.6.6'], forwarded: ['for=6.6.6.6'] }
  expect(resolveClient(handshake('203.0.113.9', headers), proxies)).toEqual({ address: '203.0.113.9', key: '203.0.113.9', forwarded: false })
})

test('a peer that is no trusted proxy is the client, whatever it claims', () => {
  const proxies = createProxies({ trustedProxies: trusted, forwarding: 'x-forwarded-for' })
  expect(resolveClient(handshake('203.0.113.9', { 'x-forwarded-for': ['6.6.6.6'] }), proxies)).toMatchObject({ address: '203.0.113.9' })
})

test('a peer is trusted in every spelling of its address', () => {
  const proxies = createProxies({ trustedProxies: ['::ffff:7f00:0/104', 'FE80:0::/10'], forwarding: 'x-forwarded-for' })
  for (const peer of ['127.0.0.1', '::ffff:127.0.0.1', '::FFFF:7f00:1', 'fe80::1%eth0'])
    expect(resolveClient(handshake(peer, { 'x-forwarded-for': ['203.0.113.9'] }), proxies)).toEqual(client('203.0.113.9'))
})

test.each(['', 'unknown', 'undefined', '/run/gate.sock'])('a peer %j without an address is a bad request', (peer) => {
  const proxies = createProxies({ trustedProxies: trusted, forwarding: 'x-forwarded-for' })
  expect(resolveClient(handshake(peer), proxies)).toMatchObject({ reason: 'bad_request' })
})

test('the client is the right-most hop that is no trusted proxy', () => {
  expect(behind('x-forwarded-for', '6.6.6.6, 203.0.113.9')).toEqual(client('203.0.113.9'))
  expect(behind('x-forwarded-for', '6.6.6.6, 203.0.113.9,10.0.0.2 ,\t10.0.0.1')).toEqual(client('203.0.113.9'))
  expect(behind('forwarded', 'for=6.6.6.6, for=203.0.113.9;proto=https, for=10.0.0.2')).toEqual(client('203.0.113.9'))
})

test('several lines are one list in order', () => {
  expect(behind('x-forwarded-for', '6.6.6.6', '203.0.113.9', '10.0.0.1')).toEqual(client('203.0.113.9'))
  expect(behind('forwarded', 'for=6.6.6.6', 'for=203.0.113.9', 'for=10.0.0.1')).toEqual(client('203.0.113.9'))
})

test('when all hops are trusted the left-most is the client, without a bucket', () => {
  expect(behind('x-forwarded-for', '10.0.0.1, 10.0.0.2')).toEqual({ address: '10.0.0.1', key: undefined, forwarded: true })
  expect(behind('x-real-ip', '10.0.0.1')).toEqual({ address: '10.0.0.1', key: undefined, forwarded: true })
})

test('an IPv6 client is counted by its /64', () => {
  expect(behind('x-forwarded-for', '2001:DB8:0:1::7')).toEqual(client('2001:db8:0:1::7', '2001:db8:0:1::/64'))
})

test.each([
  ['203.0.113.9:5678', '203.0.113.9'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['[::ffff:cb00:7109]:1', '203.0.113.9'],
])('the port of the hop %s is stripped', (hop, address) => {
  expect(behind('x-forwarded-for', hop)).toMatchObject({ address })
  expect(behind('x-real-ip', hop)).toMatchObject({ address })
})

test.each([
  ['for=203.0.113.9', '203.0.113.9'],
  ['FOR=203.0.113.9', '203.0.113.9'],
  ['for="203.0.113.9:5678"', '203.0.113.9'],
  ['for="203.0.113.9:_hidden"', '203.0.113.9'],
  ['for="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
  ['for="[2001:db8:cafe::17]:_p.1"', '2001:db8:cafe::17'],
  ['for="[2001:db8:cafe::17]"', '2001:db8:cafe::17'],
  ['for="203\\.0.113.9"', '203.0.113.9'],
  ['by=10.0.0.1;for=203.0.113.9;host="a,b;for=6.6.6.6";proto=https', '203.0.113.9'],
  ['for=203.0.113.9;host="say \\"for=6.6.6.6, \\\\"', '203.0.113.9'],
  ['for=203.0.113.9;host="a, \\" b"', '203.0.113.9'],
])('the Forwarded element %s names a client', (element, address) => {
  expect(behind('forwarded', element)).toMatchObject({ address })
})

test('an open quote that a client sent does not swallow what the proxy wrote behind it', () => {
  expect(behind('forwarded', 'for=6.6.6.6;x=", for="[2001:db8::9]:4711";proto=http')).toMatchObject({ address: '2001:db8::9' })
  expect(behind('forwarded', 'for="6.6.6.6, for=203.0.113.9')).toMatchObject({ address: '203.0.113.9' })
})

test.each(['', ' ', ',', '203.0.113.9,', 'unknown', '_hidden', '203.0.113', '0203.0.113.9', '203.0.113.9:', '203.0.113.9:port', '203.0.113.9:123456',
  '[2001:db8::1', '2001:db8::1]', '[2001:db8::1]443', '[203.0.113.9]', '[]', '"203.0.113.9"', '203.0.113.9 10.0.0.1', '203.0.113.9\u00a0', 'for=203.0.113.9',
  '203.0.113.9/32'])('X-Forwarded-For %j from a trusted proxy is refused', (line) => {
  expect(behind('x-forwarded-for', line)).toEqual(badForwarding)
})

test.each(['', 'for', 'for=', 'for=unknown', 'for=_hidden', 'for="_hidden:_port"', 'proto=https', 'for=203.0.113.9;for=6.6.6.6', 'for=2001:db8::1',
  'for="2001:db8::1"', 'for=[2001:db8::1]', 'for=203.0.113.9:80', 'for="203.0.113.9', 'for=203.0.113.9"', 'for =203.0.113.9', '203.0.113.9',
  'for=203.0.113.9 proto=https', 'for="203.0.113.9"x', `for=203.0.113.9;x=${'a'.repeat(2_000)}`])('Forwarded %j from a trusted proxy is refused', (line) => {
  expect(behind('forwarded', line)).toEqual(badForwarding)
})

test('a missing header from a trusted proxy is refused, never taken as the proxy speaking for itself', () => {
  const proxies = createProxies({ trustedProxies: trusted, forwarding: 'x-forwarded-for' })
  expect(resolveClient(handshake('127.0.0.1'), proxies)).toEqual(badForwarding)
  expect(resolveClient(handshake('127.0.0.1', { 'x-forwarded-for': [] }), proxies)).toEqual(badForwarding)
  expect(resolveClient(handshake('127.0.0.1', { 'x-real-ip': ['203.0.113.9'], forwarded: ['for=203.0.113.9'] }), proxies)).toEqual(badForwarding)
})

test('X-Real-IP is one value of one address', () => {
  expect(behind('x-real-ip', '203.0.113.9')).toEqual(client('203.0.113.9'))
  expect(behind('x-real-ip', '6.6.6.6, 203.0.113.9')).toEqual(badForwarding)
  expect(behind('x-real-ip', '6.6.6.6', '203.0.113.9')).toEqual(badForwarding)
})

test('more than 64 trusted hops are refused', () => {
  const hops = (count: number) => Array.from({ length: count }, () => '10.0.0.1').join(',')
  expect(behind('x-forwarded-for', hops(64))).toMatchObject({ address: '10.0.0.1' })
  expect(behind('x-forwarded-for', hops(65))).toEqual(badForwarding)
})

test('what a client writes to the left of the proxy changes nothing', () => {
  const noise = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...characters('for=1.2,;"\\ :[]')) }))
  fc.assert(
    fc.property(fc.array(noise, { minLength: 1, maxLength: 3 }), (forged) => {
      const last = forged.pop() ?? ''
      expect(behind('x-forwarded-for', ...forged, `${last}, 203.0.113.9`)).toEqual(client('203.0.113.9'))
      expect(behind('forwarded', ...forged, `${last}, for="203.0.113.9:1"`)).toEqual(client('203.0.113.9'))
    }),
    { numRuns: 2_000 },
  )
})

test('any bytes in any header give a client or a denial, and the client is always a canonical address', () => {
  const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...characters('for=1.2,;"\\ :[]10.')) }))
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 4 }), fc.constantFrom<Forwarding>('x-forwarded-for', 'forwarded', 'x-real-ip'), (lines, forwarding) => {
      const result = behind(forwarding, ...lines)
      if ('reason' in result) expect(result).toEqual(badForwarding)
      else expect(canonicalAddress(result.address)).toBe(result.address)
    }),
    { numRuns: 3_000 },
  )
})

test.each(['x-forwarded-for', 'forwarded'] as const)('16 KB of %s cost under 5 ms, whatever they hold', async (forwarding) => {
  const fill = (unit: string) => unit.repeat(Math.floor(16_384 / unit.length))
  const lines = [',', '10.0.0.1,', 'for=10.0.0.1,', 'for="[fd00::1]:1",', '\\"', '"', '\\', ' ', ':', '[', ':_', 'a=b;', 'for="', '1'].map(fill)
  for (const line of lines) {
    behind(forwarding, line)
    expect(await shortestMs(() => behind(forwarding, line))).toBeLessThan(5)
  }
})

test.each(['true', '1', 'loopback', '10.0.0.0/33', '010.0.0.1', 'proxy.example', '1.2.3.4:80', ''])('the trust list refuses %j', (entry) => {
  expect(() => createProxies({ trustedProxies: [entry], forwarding: 'x-forwarded-for' })).toThrow(
    new TypeError(`Cannot create proxies as "trustedProxies" must hold addresses or CIDR ranges: current value is ${JSON.stringify(entry)}`),
  )
})
