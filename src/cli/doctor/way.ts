import type { Arrival, Probe } from './evidence.js'

/** What became of a handshake between its client and the server. */
export interface Way {
  /** Whether something stands between: the connection that came is not the one that was made. */
  readonly hop: boolean
  readonly added: readonly (readonly [name: string, value: string])[]
  readonly changed: readonly (readonly [name: string, sent: string, came: string])[]
  readonly removed: readonly string[]
}

/** IPv4 of a dual-stack listener as what it is. */
export const plainAddress = (address: string): string => (/^::ffff:\d+\.\d+\.\d+\.\d+$/.test(address) ? address.slice('::ffff:'.length) : address)

/** Compares what was sent with what came; names without case. */
export const wayOf = ({ sent, answer }: Probe, arrival: Arrival): Way => {
  const before = new Map(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]))
  const names = new Set(arrival.headers.map(([name]) => name.toLowerCase()))
  const came = [...names].map((name) => [name, arrival.headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : [])).join(', ')] as const)
  return {
    hop: !(answer.answered && arrival.peerPort === answer.localPort && plainAddress(arrival.peerAddress ?? '') === plainAddress(answer.localAddress)),
    added: came.filter(([name]) => !before.has(name)),
    changed: came.flatMap(([name, value]) => {
      const was = before.get(name)
      return was === undefined || was.toLowerCase() === value.toLowerCase() ? [] : [[name, was, value] as const]
    }),
    removed: [...before.keys()].filter((name) => !names.has(name)),
  }
}

/** The words of the operator's configuration for headers that name a client. */
export const forwardingHeaders: readonly string[] = ['x-forwarded-for', 'forwarded', 'x-real-ip']
