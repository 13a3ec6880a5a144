import { canonicalAddress } from '../../admission/address/canonical.js'
import { createProxies } from '../../admission/address/proxies.js'
import { admit, admitByFirstFrame } from '../../admission/admit.js'
import { dryRunRules, stepNames, type StepName } from '../../admission/decision.js'
import { defaultDeadlines, type Rules } from '../../admission/rules.js'
import { createEndpointTable } from '../../admission/steps/endpoints.js'
import type { Carrier } from '../../admission/steps/credential.js'
import type { Config } from '../config/config.js'
import { gateLimits } from '../gate-limits.js'
import { serverEndpoints } from '../endpoints.js'
import { decisionReport } from '../reports.js'
import { servedBy } from '../served.js'
import { answerOf, type Answer } from './answer.js'
import { recordedFirstFrame, recordedHandshake } from './recorded-handshake.js'
import { recordedPorts } from './recorded-ports.js'
import type { DecisionRecord } from './record.js'

/** A recorded decision, made again. */
export type Replayed =
  | { readonly kind: 'decided'; readonly answer: Answer }
  /** The walk would go on where the recorded one ended: nothing tells what this stair would have found. */
  | { readonly kind: 'undecided'; readonly step: StepName }

/** Makes recorded decisions again; the answer is that of the staircase itself, which asks the record instead of the stores. */
export type Replay = (record: DecisionRecord) => Promise<Replayed>

/**
 * Prepares the rules of a configuration.
 *
 * @param development - Whether they are those of `sallyport dev`, with its own Hosts and Origins.
 */
export const createReplay = (config: Config, development: boolean): Replay => {
  const { hosts, origins } = servedBy(config, development, config.listen.port)
  const served = hosts && new Set(hosts.map((host) => host.toLowerCase()))
  const carriers: ReadonlySet<Carrier> = new Set(config.carriers)
  const thresholds = { addressBudget: config.limits.addressBudget, limits: gateLimits(config) }
  const fixed = {
    policyVersion: 'replay',
    dryRun: new Set(dryRunRules.filter((rule) => config.dryRun.includes(rule))),
    hosts: served,
    proxies: createProxies({ trustedProxies: config.trustedProxies, forwarding: config.forwarding }),
    refuseForwarded: development,
    endpoints: createEndpointTable(serverEndpoints),
    origins: { allowed: new Set(origins), required: config.requireOrigin },
    carriers,
    cookieName: config.cookieName,
    foreignSubprotocols: false,
    deadlines: defaultDeadlines,
  }

  /** What was malformed stays so under every configuration; only which Hosts are served is a matter of taste. */
  const replayForm = (record: DecisionRecord): Replayed => {
    const { host } = record.inputs
    const isServed = served === undefined || (host !== undefined && served.has(host.toLowerCase()))
    return record.status === 421 && isServed ? { kind: 'undecided', step: 'well_formed' } : { kind: 'decided', answer: answerOf(record) }
  }

  return async (record) => {
    if (record.step === 'well_formed') return replayForm(record)
    const { inputs, dialect } = record
    let missed: StepName | undefined
    const miss = (step: StepName): void => {
      missed ??= step
    }
    const peer = canonicalAddress(inputs.peer)
    if (inputs.forwarded?.[config.forwarding] === 'too long' && peer !== undefined && fixed.proxies.trusts(peer)) return { kind: 'undecided', step: 'client_address' }

    const rules: Rules = { ...fixed, plainDialect: dialect === 'sallyport.v1' ? 'classic.v2' : dialect, ...recordedPorts(record, thresholds, miss) }
    const handshake = recordedHandshake(record, config.cookieName)
    const firstFrame = recordedFirstFrame(record)
    const decision = await (firstFrame === undefined ? admit(handshake, rules) : admitByFirstFrame(handshake, rules, firstFrame))
    if (missed !== undefined) return { kind: 'undecided', step: missed }
    const answer = answerOf(decisionReport(decision))
    const end = answer.step === undefined ? stepNames.length : stepNames.indexOf(answer.step)
    // The stair of the Origin already asks whether the credential came by itself.
    if (end >= stepNames.indexOf('origin') && !isCredentialKnown(record, carriers)) return { kind: 'undecided', step: 'credential' }
    return { kind: 'decided', answer }
  }
}

/** Whether the recorded credential is what would be found among other enabled carriers too. */
const isCredentialKnown = ({ inputs: { carriers: before = [], credential } }: DecisionRecord, now: ReadonlySet<Carrier>): boolean => {
  if (credential === undefined) return false
  const added = [...now].some((carrier) => !before.includes(carrier))
  const removed = before.filter((carrier) => !now.has(carrier))
  if (added) return false
  if ('carrier' in credential) return !removed.includes(credential.carrier)
  return credential.reason === 'token_missing' || removed.length === 0
}
