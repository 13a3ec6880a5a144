import { visible } from '../terminal.js'
import type { Evidence } from './evidence.js'
import type { Finding } from './findings.js'
import { unchecked } from './judge.js'
import { plainAddress, wayOf } from './way.js'

/** What the doctor has to say, for programs. */
export interface CheckupReport {
  readonly url: string
  /** Whom the gate takes this machine for; left out when it decided nothing. */
  readonly address: string | undefined
  readonly why: string | undefined
  readonly added: readonly (readonly [name: string, value: string])[]
  readonly changed: readonly (readonly [name: string, sent: string, came: string])[]
  readonly removed: readonly string[]
  readonly findings: readonly Finding[]
  readonly unchecked: readonly { readonly check: string; readonly why: string }[]
}

export const checkupReport = (evidence: Evidence, findings: readonly Finding[]): CheckupReport => {
  const { url, condition, plain } = evidence
  const { arrival, client } = plain
  const way = arrival === undefined ? undefined : wayOf(plain, arrival)
  const peer = plainAddress(arrival?.peerAddress ?? '')
  const address = client?.address
  const direct = way?.hop === true ? 'the other end of the connection, and no trusted proxy' : 'the other end of the connection, with nothing between'
  return {
    url: url.href,
    address,
    why: client === undefined ? undefined : !client.forwarded ? direct : `named in ${condition.forwarding} by ${peer}, a trusted proxy`,
    added: way?.added ?? [],
    changed: way?.changed ?? [],
    removed: way?.removed ?? [],
    findings,
    unchecked: unchecked(evidence),
  }
}

export const describeCheckup = ({ url, address, why, added, changed, removed, findings, unchecked: gaps }: CheckupReport): string =>
  [
    url,
    `  client address  ${address === undefined ? 'none' : `${address}: ${why ?? ''}`}`,
    ...added.map(([name, value]) => `  added           ${name}: ${value}`),
    ...changed.map(([name, sent, came]) => `  changed         ${name}: ${sent} to ${came}`),
    ...removed.map((name) => `  removed         ${name}`),
    ...findings.flatMap(({ code, what, remedy }) => [`${code}  ${what}`, `  ${remedy}`]),
    ...gaps.map(({ check, why: because }) => `not checked: ${check}, as ${because}`),
    findings.length === 0 ? 'nothing found' : `found: ${findings.map(({ code }) => code).join(', ')}`,
  ]
    .map(visible)
    .join('\n')
