import { expect, test } from 'vitest'
import { ownAddressOf } from './own-address.js'

const from = (address: string): string | undefined => ownAddressOf({ SSH_CONNECTION: `${address} 50000 192.0.2.1 22` })

test.each(['203.0.113.9', '2001:db8::9'])('[E8] an operator who came by ssh from %s comes from there', (address) => {
  expect(from(address)).toBe(address)
})

test('[E8] one who came from a link-local address comes from it, whatever the interface is called here', () => {
  expect(from('fe80::9%eth0')).toBe('fe80::9')
})

test.each(['', 'UNKNOWN', '203.0.113', '203.0.113.9:22'])('"%s" is no address of an operator', (text) => {
  expect(from(text)).toBeUndefined()
})

test('without a session of sshd nothing is known', () => {
  expect(ownAddressOf({})).toBeUndefined()
})
