import { parseNetwork } from './address/network.js'
import type { BanSubject } from './ban.js'

/**
 * The one spelling of a ban's subject: networks as `parseNetwork` writes them, users as they are.
 *
 * Every store of bans calls it on what it is given, so that a ban of `::ffff:203.0.113.7` and a lift of `203.0.113.7/32` meet.
 *
 * @throws TypeError when the network is neither an address nor a CIDR range, or the user id is empty.
 */
export const canonicalSubject = (subject: BanSubject): BanSubject => {
  if (subject.kind === 'user') {
    if (subject.userId === '') throw new TypeError('Cannot ban a user as "userId" must not be empty: current value is ""')
    return { kind: 'user', userId: subject.userId }
  }
  const network = parseNetwork(subject.network)
  if (network !== undefined) return { kind: 'network', network: network.text }
  const value = JSON.stringify(subject.network)
  throw new TypeError(`Cannot ban a network as "network" must be an address or a CIDR range: current value is ${value}`)
}

/** Text that is equal for equal canonical subjects and for no others. */
export const subjectKey = (subject: BanSubject): string => (subject.kind === 'user' ? `user ${subject.userId}` : `network ${subject.network}`)
