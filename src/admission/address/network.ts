import { canonicalAddress } from './canonical.js'
import { ipv4Text, ipv4Word, ipv6Text, ipv6Words, type Words } from './words.js'

/** An address or a CIDR range of one family (RFC 4632, RFC 4291 section 2.3). */
export interface Network {
  readonly family: 4 | 6
  /** Bits of the address as 32-bit words, host bits zero. */
  readonly words: Words
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly prefix: number
  /** Canonical text: `203.0.113.0/24`, and `203.0.113.7` without a mask when it is one host. */
  readonly text: string
}

/**
 * Reads an address or a CIDR range.
 *
 * Host bits that are set are cleared: `203.0.113.7/24` is `203.0.113.0/24`. An IPv4-mapped range is the IPv4 range it means:
 * `::ffff:203.0.113.0/120` is `203.0.113.0/24`; with a mask under 96 it means no range of one family and is refused.
 * The families are separate: `::/0` holds no IPv4 address, `0.0.0.0/0` no IPv6 address.
 *
 * @param text - From a configuration, an operator or a store; never trimmed. The mask is a decimal number without leading zeros.
 * @returns The network, or `undefined` when the text is none.
 */
export const parseNetwork = (text: string): Network | undefined => {
  const slash = text.indexOf('/')
  if (slash === -1) return hostNetwork(text)

  const addressText = text.slice(0, slash)
  const address = canonicalAddress(addressText)
  const mask = text.slice(slash + 1)
  if (address === undefined || !decimal.test(mask)) return undefined

  const isIPv6 = address.includes(':')
  const mapped = !isIPv6 && addressText.includes(':')
  const prefix = Number(mask) - (mapped ? 96 : 0)
  if (prefix < 0 || prefix > (isIPv6 ? 128 : 32)) return undefined
  return networkOf(address, prefix)
}

/** What a network is found by: all of it but its text. */
export type NetworkKey = Omit<Network, 'text'>

/** The range of `prefix` bits around a canonical address. */
export const networkOf = (address: string, prefix: number): Network => {
  if (!address.includes(':')) {
    const word = ipv4Word(address) & maskWord(prefix)
    return { family: 4, words: [word], prefix, text: prefix === 32 ? address : `${ipv4Text(word)}/${prefix}` }
  }
  const words = ipv6Words(address).map((word, index) => word & maskWord(prefix - index * 32))
  return { family: 6, words, prefix, text: prefix === 128 ? address : `${ipv6Text(words)}/${prefix}` }
}

/** Whether two networks share an address; ranges do so only by one containing the other. */
export const networksOverlap = (a: Network, b: Network): boolean => {
  if (a.family !== b.family) return false
  const prefix = Math.min(a.prefix, b.prefix)
  return a.words.every((word, index) => ((word ^ (b.words[index] ?? 0)) & maskWord(prefix - index * 32)) === 0)
}

/** The mask of the word in which `bits` more bits of the prefix fall; under 0 counts as 0, over 32 as 32. */
export const maskWord = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits))

const decimal = /^(?:0|[1-9][0-9]{0,2})$/

const hostNetwork = (text: string): Network | undefined => {
  const address = canonicalAddress(text)
  return address === undefined ? undefined : networkOf(address, address.includes(':') ? 128 : 32)
}
