import { isIPv4, isIPv6 } from 'node:net'
import { ipv4Text, ipv6Text, ipv6Words } from './words.js'

/**
 * The one spelling of an address, or `undefined` when the text is no address.
 *
 * IPv4 comes back as dotted decimal. IPv6 comes back as RFC 5952 writes it, without its zone. IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2) in
 * any spelling comes back as the IPv4 host it means; `::203.0.113.7` and `64:ff9b::203.0.113.7` stay IPv6, they are other hosts.
 *
 * `net.isIP` decides what an address is: octal, hexadecimal, short, padded and bracketed forms, ports, masks and white space are refused.
 *
 * @param text - An address from a socket, a header, a configuration or an operator; never trimmed or decoded. At most 100 characters.
 * @returns The canonical text. Two texts name the same host exactly when their canonical texts are equal.
 */
export const canonicalAddress = (text: string | undefined): string | undefined => {
  if (text === undefined || text.length > longestText) return undefined
  if (isIPv4(text)) return text
  if (text.startsWith(mappedPrefix)) {
    const mapped = text.slice(mappedPrefix.length)
    if (isIPv4(mapped)) return mapped
  }
  return isIPv6(text) ? canonicalIPv6(text) : undefined
}

/** Room for 45 characters of address and a zone. */
const longestText = 100

/** How the operating system writes an IPv4 peer of a dual-stack listener. */
const mappedPrefix = '::ffff:'

const canonicalIPv6 = (text: string): string => {
  const zone = text.indexOf('%')
  const words = ipv6Words(zone === -1 ? text : text.slice(0, zone))
  const [first, second, third, fourth] = words
  if (first === 0 && second === 0 && third === 0xffff) return ipv4Text(fourth ?? 0)
  return ipv6Text(words)
}
