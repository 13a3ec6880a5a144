import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ClientAddress } from '../../admission/address/client-address.js'
import type { Decision } from '../../admission/decision.js'

/** Header by which a request says that it is a probe; its value is the id of one that was opened. */
export const probeHeader = 'sallyport-probe'

/** How a probe came in at the public port. */
export interface ProbeArrival {
  /** Epoch milliseconds. */
  readonly at: number
  /** The other end of the connection, as the system names it. */
  readonly peerAddress: string | undefined
  readonly peerPort: number | undefined
  readonly httpVersion: string
  /** Path without query. */
  readonly path: string
  /** Names and values as they came, without the probe's own; values that may hold a secret are hidden. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

export interface ProbeReport {
  readonly id: string
  readonly arrival: ProbeArrival | undefined
  /** `undefined` while there is none, and when what came was no handshake. */
  readonly decisionId: string | undefined
  /** Whom the decision took for the client; `undefined` as well when it found nobody. */
  readonly client: ClientAddress | undefined
}

/** Requests that an operator sends to see what becomes of them on the way to the gate. */
export interface Probes {
  /** @returns The id of a new probe; `undefined` when as many are open as may be. */
  open(): string | undefined
  /** Looks at a request of the public port; costs nothing while no probe is open. */
  arrived(request: IncomingMessage): void
  decided(probeId: string | undefined, decision: Pick<Decision, 'id' | 'client'>): void
  find(id: string): ProbeReport | undefined
}

const maxOpen = 256
const lifeMs = 60_000
const maxHeaders = 100

/**
 * Keeps the probes of the last minute, 256 at most, in memory: whoever knows no id learns nothing and leaves nothing.
 *
 * @param now - Epoch milliseconds.
 */
export const createProbes = (now: () => number): Probes => {
  const open = new Map<string, { readonly openedAt: number; arrival?: ProbeArrival; decision?: Pick<Decision, 'id' | 'client'> }>()
  const sweep = (): void => {
    const before = now() - lifeMs
    for (const [id, { openedAt }] of open) if (openedAt <= before) open.delete(id)
  }
  return {
    open() {
      sweep()
      if (open.size >= maxOpen) return undefined
      const id = randomUUID()
      open.set(id, { openedAt: now() })
      return id
    },
    arrived(request) {
      if (open.size === 0) return
      const id = request.headers[probeHeader]
      const probe = typeof id === 'string' ? open.get(id) : undefined
      // The first counts: what a proxy sends again is another question.
      if (probe !== undefined) probe.arrival ??= arrivalOf(request, now())
    },
    decided(probeId, { id, client }) {
      const probe = probeId === undefined ? undefined : open.get(probeId)
      if (probe !== undefined) probe.decision ??= { id, client }
    },
    find(id) {
      sweep()
      const probe = open.get(id)
      return probe && { id, arrival: probe.arrival, decisionId: probe.decision?.id, client: probe.decision?.client }
    },
  }
}

const arrivalOf = ({ socket, httpVersion, url = '', rawHeaders }: IncomingMessage, at: number): ProbeArrival => {
  const headers: (readonly [string, string])[] = []
  for (let index = 0; index + 1 < rawHeaders.length && headers.length < maxHeaders; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.toLowerCase() !== probeHeader) headers.push([name, shown(name.toLowerCase(), rawHeaders[index + 1] ?? '')])
  }
  const [path = ''] = url.split(/[?#]/, 1)
  return { at, peerAddress: socket.remoteAddress, peerPort: socket.remotePort, httpVersion, path: path.slice(0, 200), headers }
}

const secret: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

const shown = (name: string, value: string): string =>
  secret.has(name) ? '(hidden)' : value.replaceAll(/(sallyport\.bearer\.)[^,\s]+/g, '$1(hidden)').slice(0, 1_000)
