import fc from 'fast-check'
import { expect, test } from 'vitest'
import { banDangers, isBannedBy, type ProtectedNetworks } from './ban-dangers.js'
import { createBanSet } from './ban-set.js'
import type { Ban, BanSubject } from './ban.js'

const networks: ProtectedNetworks = { trustedProxies: ['10.0.0.0/8', '2001:db8:aaaa::1'], allowed: ['198.51.100.0/28'], ownAddress: '203.0.113.7' }
const network = (text: string): BanSubject => ({ kind: 'network', network: text })

test.each([
  ['0.0.0.0/0', ['everybody', 'loopback', 'trusted_proxy', 'allowed_network', 'own_address']],
  ['::/0', ['everybody', 'loopback', 'trusted_proxy']],
  ['128.0.0.0/1', ['wide_range', 'allowed_network', 'own_address']],
  ['8.0.0.0/15', ['wide_range']],
  ['8.8.0.0/16', []],
  ['::ffff:8.0.0.0/111', ['wide_range']],
  ['::ffff:8.8.0.0/112', []],
  ['2600::/31', ['wide_range']],
  ['2600::/32', []],
  ['127.0.0.1', ['loopback']],
  ['::ffff:127.0.0.1', ['loopback']],
  ['::1', ['loopback']],
  ['10.1.2.3', ['trusted_proxy']],
  ['2001:db8:aaaa::/64', ['trusted_proxy']],
  ['198.51.0.0/16', ['allowed_network']],
  ['203.0.113.7', ['own_address']],
  ['203.0.113.0/24', ['own_address']],
  ['203.0.113.8', []],
  ['198.51.100.16', []],
])('[B9] F7 L11: a ban of %s has these dangers: %j', (text, dangers) => {
  expect(banDangers(network(text), networks)).toEqual(dangers)
})

test('[B9] a ban of a user locks no operator out', () => {
  expect(banDangers({ kind: 'user', userId: '1' }, networks)).toEqual([])
})

test.each([
  ['203.0.113.0/24', '203.0.113.0', true],
  ['203.0.113.0/24', '203.0.113.255', true],
  ['203.0.113.0/24', '203.0.112.255', false],
  ['203.0.113.0/24', '203.0.114.0', false],
  ['2001:db8::/64', '2001:db8::ffff', true],
  ['2001:db8::/64', '2001:db8:0:1::', false],
])('F4: a ban of %s holds %s: %j', (range, address, isHeld) => {
  expect(isBannedBy(network(range), address)).toBe(isHeld)
})

/** Ranges around what is protected, so that bans hit it often. */
const range = fc
  .tuple(fc.constantFrom('127.0.0.1', '10.9.9.9', '198.51.100.3', '203.0.113.7', '203.0.113.200', '8.8.8.8'), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => `${address}/${prefix}`)
const action = fc.oneof({ arbitrary: fc.record({ kind: fc.constant('ban' as const), range }), weight: 3 }, { arbitrary: fc.record({ kind: fc.constant('lift' as const), range }), weight: 1 })

test('[B9] F7 L11: no sequence of bans and lifts without force ever bans an operator, this machine, a proxy or an allowed network', () => {
  let saved = 0
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const bans = createBanSet()
      actions.forEach(({ kind, range: text }, index) => {
        const subject = network(text)
        const ban: Ban = { id: String(index), subject, reason: '', actor: 'ada', source: 'manual', createdAt: 0, expiresAt: undefined }
        if (kind === 'lift') bans.remove({ id: String(index - 1), subject: network(actions[index - 1]?.range ?? '::') })
        else if (banDangers(subject, networks).length === 0) {
          bans.add(ban)
          saved += 1
        }
        for (const address of ['127.0.0.1', '10.0.0.1', '10.255.255.255', '198.51.100.0', '198.51.100.15', '203.0.113.7']) expect(bans.findAddress(address, 1)).toBeUndefined()
      })
    }),
    { numRuns: 300 },
  )
  // Else everything was refused, and nothing was tested.
  expect(saved).toBeGreaterThan(100)
})
