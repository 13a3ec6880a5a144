/** Who is speaking, as far as the network can tell. */
export interface ClientAddress {
  /** Canonical text (RFC 5952; IPv4-mapped IPv6 as IPv4, no zone). */
  readonly address: string
  /** Bucket for limits and the ladder: the address itself for IPv4, `<prefix>/64` for IPv6 (a NAT64 address itself). `undefined` for a trusted proxy's own address. */
  readonly key: string | undefined
  /** Whether it came from a forwarding header of a trusted proxy. */
  readonly forwarded: boolean
}
