import type { IssuerConfig } from '../../admission/token/issuer.js'
import type { keys } from './keys.js'
import type { Leaf } from './leaf.js'

type Value<K extends keyof typeof keys> = (typeof keys)[K] extends Leaf<infer T> ? T : never

/** The whole configuration, checked and complete. */
export interface Config {
  readonly listen: { readonly host: string; readonly port: number; readonly fastLane: boolean }
  readonly internal: {
    readonly host: string
    readonly port: number
    readonly operatorBudget: { readonly capacity: number; readonly refillPerSecond: number }
  }
  /** For the command line: with which key it speaks to the internal port; `undefined` takes that of the data folder. */
  readonly operatorKey: string | undefined
  readonly publicUrl: string | undefined
  readonly hosts: readonly string[] | undefined
  readonly dataDir: string
  readonly storage: { readonly path: string }
  readonly tokens: {
    /** Empty only in development, where a secret is made. */
    readonly issuers: readonly IssuerConfig[]
    readonly clockToleranceMs: number
    readonly graceMs: number
  }
  readonly login: {
    /** `undefined` offers it where it can be. */
    readonly enabled: boolean | undefined
    readonly accessMs: number
    readonly idleMs: number
    readonly lifetimeMs: number
    readonly addressBudget: { readonly capacity: number; readonly refillPerSecond: number }
    readonly accountBudget: { readonly capacity: number; readonly refillPerSecond: number }
  }
  readonly users: { readonly url: string; readonly query: string } | undefined
  /** Only the allow-list of the old service is read there. */
  readonly redis: { readonly url: string | undefined }
  readonly carriers: Value<'carriers'>
  readonly cookieName: string
  readonly origins: readonly string[] | undefined
  readonly requireOrigin: boolean
  readonly trustedProxies: readonly string[]
  readonly forwarding: Value<'forwarding'>
  readonly refusals: Value<'refusals'>
  readonly limits: {
    readonly userConnects: { readonly max: number; readonly windowMs: number }
    readonly addressConnects: { readonly max: number; readonly windowMs: number }
    readonly endpointConnects: { readonly max: number; readonly windowMs: number } | undefined
    readonly messages: { readonly max: number; readonly windowMs: number }
    readonly sessionFrames: { readonly max: number; readonly windowMs: number }
    readonly userBytes: { readonly max: number; readonly windowMs: number }
    readonly inbound: { readonly max: number; readonly windowMs: number }
    readonly userSockets: number
    readonly addressSockets: number
    readonly nodeSockets: number
    readonly frameBytes: number
    readonly addressBudget: { readonly capacity: number; readonly refillPerSecond: number }
  }
  readonly capacity: { readonly maxLoopDelayMs: number; readonly maxInFlight: number }
  readonly dryRun: Value<'dryRun'>
  readonly connectors: {
    readonly sources: Value<'connectorsSources'>
    readonly toleranceMs: number
    readonly outbound: { readonly timeoutMs: number; readonly giveUpMs: number; readonly parallel: number }
  }
  readonly bans: {
    readonly ladder: { readonly mode: Value<'ladderMode'>; readonly failures: number; readonly windowMs: number; readonly hours: number }
    readonly allow: readonly string[]
  }
  readonly development: { readonly user: string | undefined }
  readonly log: { readonly level: Value<'logLevel'>; readonly format: Value<'logFormat'> }
  readonly classic: { readonly closeCodes: Value<'classicCloseCodes'>; readonly greeting: boolean }
}
