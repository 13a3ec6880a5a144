import { hash } from 'node:crypto'
import { deny, type Denial } from '../../protocol/denial.js'
import type { ClientAddress } from '../address/client-address.js'
import type { Budgets } from '../budgets.js'
import type { Facts } from '../facts.js'
import type { Handshake } from '../handshake.js'
import type { Rules } from '../rules.js'
import type { TokenFault } from '../token/verification.js'
import type { User } from '../user.js'
import type { Walk } from '../walk.js'
import type { Credential } from './credential.js'
import { isProved } from './proof.js'

/** What a refused token costs the budget of its address, the 1 that was reserved among it; a good connect costs no more than that. */
const faultCosts: Readonly<Record<TokenFault, number>> = { malformed: 5, signature: 5, unknown_key: 10, claims: 1, expired: 1 }

/** Charges an address for a token that proved nothing outside of a handshake: at a live socket, a ticket desk, an HTTP request. */
export const chargeBadToken = (addresses: Pick<Budgets, 'charge'>, key: string | undefined, { reason }: Denial, at: number): void => {
  if (key !== undefined && reason === 'token_invalid') addresses.charge(key, faultCosts.signature - 1, at)
}

/** A dry budget still lets in whoever holds a token we have verified before, so that a noisy neighbour locks nobody out. */
export const checkBudget = (
  rules: Rules,
  facts: Facts,
  client: ClientAddress,
  credential: Credential | Denial,
  handshake: Handshake,
  live: boolean,
): Denial | undefined => {
  const at = handshake.receivedAt
  if (client.key === undefined) return undefined
  const answer = live ? rules.budget.reserve(client.key, at) : rules.budget.peek(client.key, at)
  facts.budget = answer
  if (answer.granted) return undefined
  if (!('reason' in credential) && isProved(rules, credential, handshake)) return undefined
  return deny('rate_limited', { retryAfterMs: answer.retryAfterMs, detail: 'address budget is dry' })
}

/** Charges an address for a token that was refused, and lets the ladder hear of it. */
export const chargeFault = (walk: Walk<User>, rules: Rules, client: ClientAddress, credential: Credential | Denial, fault: TokenFault): void => {
  if (client.key === undefined || 'reason' in credential) return
  const at = walk.handshake.receivedAt
  rules.budget.charge(client.key, faultCosts[fault] - 1, at)
  const verdict = rules.ladder.failed(client.key, fault, hash('sha256', credential.token, 'base64url'), at)
  if (verdict.outcome === 'would_ban') walk.mark('address_ban', 'ladder')
  if (verdict.outcome !== 'nothing') rules.laddered(verdict)
}
