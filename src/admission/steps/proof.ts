import { deny, type Denial } from '../../protocol/denial.js'
import type { Handshake } from '../handshake.js'
import type { Rules } from '../rules.js'
import type { TicketUse } from '../tickets.js'
import type { Verification } from '../token/verification.js'
import type { Credential } from './credential.js'

const ticketUse = ({ target, headers }: Handshake): TicketUse => ({ target, origin: headers['origin']?.[0] })

/** Whether a credential is known to be good without any work: its token was verified before. */
export const isProved = (rules: Rules, { carrier, token }: Credential, handshake: Handshake): boolean =>
  carrier === 'ticket'
    ? rules.tickets.peek(token, ticketUse(handshake), handshake.receivedAt).ok
    : rules.verifier.cached(token, handshake.receivedAt) !== undefined

const noToken: Verification = { ok: false, denial: deny('token_missing'), fault: 'claims' }

/** What a credential proves: a ticket by what it was sold for, a token by its signature. Only a live attempt uses a ticket up. */
export const verify = (rules: Rules, credential: Credential | Denial, handshake: Handshake, live: boolean): Verification | Promise<Verification> => {
  if ('reason' in credential) return noToken
  const { carrier, token } = credential
  const at = handshake.receivedAt
  if (carrier === 'ticket') return rules.tickets[live ? 'redeem' : 'peek'](token, ticketUse(handshake), at)
  return rules.verifier.verify(token, at)
}
