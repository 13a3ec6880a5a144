import { deny, type Denial } from '../../protocol/denial.js'
import type { Handshake } from '../handshake.js'
import { addressKey } from './address-key.js'
import { canonicalAddress } from './canonical.js'
import type { ClientAddress } from './client-address.js'
import { forwardedForHops, forwardedHops, realIpHop, type Hop } from './forwarded-hops.js'
import type { Forwarding, Proxies } from './proxies.js'
import { ipv4Text, ipv4Word } from './words.js'

/**
 * Finds out who is speaking.
 *
 * Without a trusted proxy it is the socket's peer and no header is read. Behind one it is the right-most hop of the one configured header that
 * is no trusted proxy itself; when all are, the left-most, which then has no bucket. At most 64 hops are read.
 *
 * @returns The client, or a denial: `bad_forwarding` when a trusted proxy sent no usable header, `bad_request` when the peer has no address
 * (it left before it was looked at, or came by a Unix socket, where nobody could be named as a trusted proxy).
 */
export const resolveClient = (handshake: Pick<Handshake, 'headers' | 'peerAddress'>, proxies: Proxies): ClientAddress | Denial => {
  const peer = canonicalAddress(handshake.peerAddress)
  if (peer === undefined) return deny('bad_request', { detail: 'the peer has no IP address: it has left, or came by a Unix socket, where a port on loopback is needed' })
  if (!proxies.trusts(peer)) return { address: peer, key: addressKey(peer), forwarded: false }

  const { forwarding } = proxies
  const lines = handshake.headers[forwarding]
  if (lines === undefined || lines.length === 0) return deny('bad_forwarding', { detail: `${forwarding} is missing` })

  let client: string | undefined
  let count = 0
  for (const hop of hopsOf[forwarding](lines)) {
    count += 1
    if (hop === undefined) return deny('bad_forwarding', { detail: `hop ${count} of ${forwarding}, from the right, is not an address` })
    if (count > maxHops) return deny('bad_forwarding', { detail: `more than ${maxHops} hops of ${forwarding} are trusted` })
    if (!proxies.trusts(hop)) return forwardedClient(hop, addressKey)
    client = hop
  }
  if (client === undefined) return deny('bad_forwarding', { detail: `${forwarding} is missing` })
  return forwardedClient(client, noBucket)
}

/** Keeps the work bounded for a list of nothing but trusted hops. */
export const maxHops = 64

/** The hops of the lines of a header, nearest first. */
export const hopsOf: Readonly<Record<Forwarding, (lines: readonly string[]) => Iterable<Hop>>> = {
  'x-forwarded-for': forwardedForHops,
  forwarded: forwardedHops,
  'x-real-ip': (lines) => [realIpHop(lines)],
}

const forwardedClient = (hop: string, keyOf: (address: string) => string | undefined): ClientAddress => {
  // A slice of the header would keep all 16 KB of it alive for as long as the address is a key somewhere.
  const address = hop.includes(':') ? hop : ipv4Text(ipv4Word(hop))
  return { address, key: keyOf(address), forwarded: true }
}

const noBucket = (): undefined => undefined
