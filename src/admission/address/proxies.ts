import { parseNetwork } from './network.js'
import { createNetworkMap } from './network-map.js'

/** The one header that trusted proxies write the client address into. */
export const forwardings = ['x-forwarded-for', 'forwarded', 'x-real-ip'] as const

export type Forwarding = (typeof forwardings)[number]

export interface ProxiesConfig {
  /** Addresses and CIDR ranges of our own proxies. Empty trusts nobody, and no forwarding header is read. */
  readonly trustedProxies: readonly string[]
  /** Every other forwarding header is ignored, whoever sent it. */
  readonly forwarding: Forwarding
}

/** The proxies whose word about the client address is taken. */
export interface Proxies {
  readonly forwarding: Forwarding
  /** Whether an address, as canonical text, is one of ours. */
  trusts(address: string): boolean
}

/**
 * Creates the list of trusted proxies.
 *
 * @throws TypeError when an entry is neither an address nor a CIDR range, RangeError when the header is none of the three.
 */
export const createProxies = ({ trustedProxies, forwarding }: ProxiesConfig): Proxies => {
  if (!forwardings.includes(forwarding)) {
    throw new RangeError(
      `Cannot create proxies as "forwarding" must be one of ${forwardings.join(', ')}: current value is ${JSON.stringify(forwarding)}`,
    )
  }
  const networks = createNetworkMap()
  for (const entry of trustedProxies) {
    const network = parseNetwork(entry)
    if (network === undefined) {
      throw new TypeError(
        `Cannot create proxies as "trustedProxies" must hold addresses or CIDR ranges: current value is ${JSON.stringify(entry)}`,
      )
    }
    networks.set(network, 1)
  }
  return {
    forwarding,
    trusts: (address) => networks.find(address, isPresent) !== undefined,
  }
}

const isPresent = (): boolean => true
