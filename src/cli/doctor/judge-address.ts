import { forgedAddress, type Arrival, type Evidence, type Probe } from './evidence.js'
import { finding, type Finding } from './findings.js'
import { forwardingHeaders, plainAddress, wayOf, type Way } from './way.js'

type Decided = NonNullable<Probe['decision']>

/** What is wrong with the client address; a cause hides what follows from it. */
export const judgeAddress = ({ condition, plain, forged, neighbour }: Evidence, arrival: Arrival, decision: Decided): readonly Finding[] => {
  const { client } = plain
  const way = wayOf(plain, arrival)
  const peer = plainAddress(arrival.peerAddress ?? '')
  if (!way.hop) return condition.trustedProxies.length === 0 ? [] : [finding('past_the_proxy', 'The handshake came here directly, though "trustedProxies" says that a proxy stands in front.')]
  const spoofable = forged?.client?.address === forgedAddress ? [finding('address_spoofable', `A client that sends ${condition.forwarding}: ${forgedAddress} is taken for ${forgedAddress}.`)] : []
  if (decision.reason === 'bad_forwarding') return [nameless(condition.forwarding, arrival, peer), ...spoofable]
  if (client?.forwarded === false && isHttpProxy(way)) {
    const named = way.added.filter(([name]) => forwardingHeaders.includes(name)).map(([name, value]) => `${name}: ${value}`)
    const says = named.length === 0 ? 'names no client' : `says ${named.join(' and ')}, and is not believed`
    return [finding('proxy_not_trusted', `The proxy ${peer} ${says}: all its clients share the limits and bans of ${peer}.`)]
  }
  // Our own address is a trusted one: then it is our word that is believed, and proves nothing.
  if (client?.key === undefined) return []
  if (spoofable.length > 0) return spoofable
  if (neighbour?.client?.key === client.key)
    return [finding('shared_bucket', `Two clients, ${localOf(plain)} and ${localOf(neighbour)}, are both taken for ${client.key} and share its limits and bans.`)]
  return []
}

const nameless = (forwarding: string, arrival: Arrival, peer: string): Finding => {
  const came = new Map(arrival.headers.map(([name, value]) => [name.toLowerCase(), value]))
  const value = came.get(forwarding)
  if (value !== undefined) return finding('forwarding_unreadable', `The proxy ${peer} sends ${forwarding}: ${value}, which names no address: every handshake is refused with 400.`)
  const others = forwardingHeaders.filter((name) => came.has(name))
  const instead = others.length === 0 ? '' : ` It sends ${others.join(' and ')}.`
  return finding('forwarding_missing', `The proxy ${peer} sends no ${forwarding}: every handshake is refused with 400.${instead}`)
}

/** Whether what stands between reads HTTP, and so could name its client. */
const isHttpProxy = ({ added, changed, removed }: Way): boolean => added.length + changed.length + removed.length > 0

const localOf = ({ answer }: Probe): string => (answer.answered ? plainAddress(answer.localAddress) : '?')
