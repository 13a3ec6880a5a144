import { ipv6Text, ipv6Words } from './words.js'

/**
 * The bucket that limits and the ladder count an address in.
 *
 * IPv4 is its own bucket. IPv6 is counted by its /64, because one subscriber owns at least that much (RFC 6177), written as a network:
 * `2001:db8:1:2::/64`. Addresses of the NAT64 prefix `64:ff9b::/96` (RFC 6052) are each their own bucket: the /64 around them holds every
 * IPv4 host there is.
 *
 * @param address - Canonical text from `canonicalAddress`.
 */
export const addressKey = (address: string): string => {
  if (!address.includes(':')) return address
  const [first = 0, second = 0, third] = ipv6Words(address)
  if (first === nat64 && second === 0 && third === 0) return address
  // A range of zeros that reaches into the host half is the longest there can be, so RFC 5952 shortens exactly that one.
  return `${ipv6Text([first, second, 0, 0])}/64`
}

const nat64 = 0x0064_ff9b
