import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { addressKey } from '../../dist/admission/address/address-key.js'
import { canonicalAddress } from '../../dist/admission/address/canonical.js'
import { parseNetwork } from '../../dist/admission/address/network.js'
import { createProxies } from '../../dist/admission/address/proxies.js'
import { resolveClient } from '../../dist/admission/address/resolve-client.js'
import { createBanSet } from '../../dist/admission/ban-set.js'

const text = z.string()
const pairs = z.array(z.tuple([text, text]))
const judgedPairs = z.array(z.tuple([text, text, z.boolean()]))

const vectors = z
  .object({
    sameAddress: pairs,
    differentAddress: pairs,
    cidr: judgedPairs,
    mustBeRejectedAsInput: z.array(text),
    rateBucket_ipv6_64: judgedPairs,
    clientAddress: z.array(
      z.object({ name: text, trusted: z.array(text), peer: text, headers: pairs, useForwarded: z.boolean().optional(), client: text }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('ip/ip-vectors.json', import.meta.url), 'utf8')))

/**
 * Rows whose proxy sends no header that is configured. They expect the proxy itself as the client; the gate refuses instead, because a proxy
 * that is trusted to name clients and names none is misconfigured: all its clients would share one address, which is then never limited or banned.
 * What the rows are about holds all the same: none of the other headers is believed.
 */
const refused = [
  'X-Real-IP, CF-Connecting-IP, True-Client-IP, X-Client-IP, Client-IP, X-Cluster-Client-IP never believed unless configured',
  'underscore spelling is another header',
]

/** Whether a ban of `subject` meets a peer that the socket shows as `peer`. */
const isBanned = (subject: string, peer: string): boolean => {
  const network = parseNetwork(subject)?.text
  const address = canonicalAddress(peer)
  expect(network).toBeDefined()
  expect(address).toBeDefined()
  const bans = createBanSet()
  bans.add({
    id: 'ban',
    subject: { kind: 'network', network: network ?? '' },
    reason: 'test',
    actor: 'test',
    source: 'manual',
    createdAt: 0,
    expiresAt: undefined,
  })
  return bans.findAddress(address ?? '', 0) !== undefined
}

test.each(vectors.sameAddress)('%s and %s are one address', (a, b) => {
  expect(canonicalAddress(a)).toBeDefined()
  expect(canonicalAddress(b)).toBe(canonicalAddress(a))
  expect(isBanned(a, b)).toBe(true)
  expect(isBanned(b, a)).toBe(true)
})

test.each(vectors.differentAddress)('%s and %s are two addresses', (a, b) => {
  expect(canonicalAddress(b)).not.toBe(canonicalAddress(a))
  expect(isBanned(a, b)).toBe(false)
  expect(isBanned(b, a)).toBe(false)
})

test.each(vectors.cidr)('a ban of %s against %s: %s', (range, address, expected) => {
  expect(isBanned(range, address)).toBe(expected)
})

test.each(vectors.mustBeRejectedAsInput)('%j is refused as input', (input) => {
  expect(canonicalAddress(input)).toBeUndefined()
  expect(parseNetwork(input)).toBeUndefined()
  expect(() => createProxies({ trustedProxies: [input], forwarding: 'x-forwarded-for' })).toThrow(TypeError)
})

test.each(vectors.rateBucket_ipv6_64)('E4: %s and %s share a bucket: %s', (a, b, expected) => {
  const [first, second] = [a, b].map((address) => addressKey(canonicalAddress(address) ?? ''))
  expect(first === second).toBe(expected)
})

test.each(vectors.clientAddress)('$name', ({ name, trusted, peer, headers, useForwarded, client }) => {
  const byName: Record<string, string[]> = {}
  for (const [field, value] of headers) (byName[field.toLowerCase()] ??= []).push(value)
  const proxies = createProxies({ trustedProxies: trusted, forwarding: useForwarded === true ? 'forwarded' : 'x-forwarded-for' })

  const result = resolveClient({ headers: byName, peerAddress: peer }, proxies)

  expect(result).toMatchObject(refused.includes(name) ? { reason: 'bad_forwarding' } : { address: client })
})

test('the rows that differ exist', () => {
  expect(refused.every((name) => vectors.clientAddress.some((row) => row.name === name))).toBe(true)
})
