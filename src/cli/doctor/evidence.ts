import { z } from 'zod'
import type { decision } from '../answers.js'

/** What the server says of itself. */
export const condition = z.looseObject({
  now: z.number(),
  mode: z.enum(['development', 'production']),
  publicUrl: z.string().optional(),
  trustedProxies: z.array(z.string()),
  forwarding: z.string(),
  heartbeatMs: z.number(),
  nodeSockets: z.number(),
  openFiles: z.number().optional(),
  shortSecrets: z.array(z.string()),
})

export const probeOpened = z.looseObject({ id: z.string() })

const arrival = z.looseObject({
  peerAddress: z.string().optional(),
  peerPort: z.number().optional(),
  httpVersion: z.string(),
  path: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
})

const client = z.looseObject({ address: z.string(), /** Left out for a trusted proxy's own address. */ key: z.string().optional(), forwarded: z.boolean() })

/** What came of a probe. */
export const probeReport = z.looseObject({ arrival: arrival.optional(), decisionId: z.string().optional(), client: client.optional() })

export type Condition = z.infer<typeof condition>
export type Arrival = z.infer<typeof arrival>

/** How a request was answered, as its client saw it. */
export type Answer =
  | { readonly answered: false; /** Code of the error, such as `ECONNREFUSED`. */ readonly error: string; readonly tls: boolean }
  | {
      readonly answered: true
      readonly status: number
      /** By lower-case name. */
      readonly headers: Readonly<Record<string, string>>
      readonly localAddress: string
      readonly localPort: number
    }

/** One handshake that we made, from both ends. */
export interface Probe {
  readonly path: string
  readonly sent: Readonly<Record<string, string>>
  readonly answer: Answer
  /** `undefined` when it did not come to this server. */
  readonly arrival: Arrival | undefined
  /** `undefined` when what came was no handshake. */
  readonly decision: z.infer<typeof decision> | undefined
  /** Whom the gate took for the client. */
  readonly client: z.infer<typeof client> | undefined
}

/** A socket that was let in and held open. */
export interface HeldSocket {
  /** `undefined` when it was opened; else why not. */
  readonly failure: string | undefined
  readonly extensions: string
  /** How long our ping took to be answered; `undefined` when it was not in time. */
  readonly pongMs: number | undefined
  /** `pinged` by the server; `cut` on the way; `waited` when neither came. */
  readonly end: 'pinged' | 'cut' | 'waited'
  readonly afterMs: number
}

export interface Clock {
  /** Whose clock it is. */
  readonly of: 'public address' | 'server'
  /** How far it is ahead of ours, in milliseconds; behind when negative. */
  readonly aheadMs: number
  /** How far that may be wrong. */
  readonly uncertainMs: number
}

/** All that was seen. */
export interface Evidence {
  readonly url: URL
  readonly condition: Condition
  readonly plain: Probe
  /** The same with a forged address in every forwarding header; `undefined` when the plain one did not arrive. */
  readonly forged: Probe | undefined
  /** The same from another address of this machine; `undefined` when it has none that reaches there. */
  readonly neighbour: Probe | undefined
  readonly withToken: { readonly arrival: Arrival | undefined; readonly held: HeldSocket; readonly waitMs: number } | undefined
  readonly clocks: readonly Clock[]
}

/** The address that is forged; of a network that is nobody's (RFC 5737). */
export const forgedAddress = '192.0.2.66'
