import { deny, type Denial } from '../protocol/denial.js'
import type { ClientAddress } from './address/client-address.js'
import { chargeBadToken } from './steps/address-costs.js'
import { identify } from './identify.js'
import { mayUse } from './may-use.js'
import type { Principal } from './decision.js'
import type { Endpoint } from './endpoint.js'
import type { Rules } from './rules.js'
import type { User } from './user.js'

/** A live socket, as far as a renewal concerns it. */
export interface Renewable {
  readonly user: User
  readonly endpoint: Endpoint
  readonly client: ClientAddress | undefined
  readonly principal: Pick<Principal, 'claims'>
}

/**
 * Judges a new token for a live socket by the rules that concern its holder: token, revocation, bans, user, role, membership.
 *
 * A token of another subject, or of another issuer, is refused: whoever was let in stays who they are. Each attempt is charged to the budget of the
 * address, as a handshake is, so that a live socket is no place to try tokens out.
 *
 * @returns The principal as it is from now on, or why not. Never rejects.
 */
export const judgeRenewal = async <U extends User>(
  rules: Rules<U>,
  live: Renewable,
  token: string,
  at: number,
): Promise<(Principal<U> & { readonly expiresAt: number }) | Denial> => {
  const key = live.client?.key
  const budget = key === undefined ? undefined : rules.budget.reserve(key, at)
  if (budget?.granted === false && !rules.dryRun.has('address_budget') && rules.verifier.cached(token, at) === undefined)
    return deny('rate_limited', { retryAfterMs: budget.retryAfterMs, detail: 'address budget is dry' })
  const identity = await identify(rules, token, at)
  if ('reason' in identity) {
    chargeBadToken(rules.budget, key, identity, at)
    return identity
  }
  const { user, claims } = identity
  const { claims: held } = live.principal
  if (held !== undefined && claims.issuer !== held.issuer) return deny('token_invalid', { detail: 'the token is of another issuer' })
  if (user.id !== live.user.id) return deny('token_invalid', { detail: 'the token is of another subject' })
  const banned = live.client?.key === undefined ? undefined : rules.bans.findAddress(live.client.address, at)
  if (banned && !rules.dryRun.has('address_ban')) return deny('address_banned', { detail: `ban ${banned.id}` })
  const unfit = await mayUse(rules, identity, live.endpoint, at)
  return unfit ?? { user, claims, expiresAt: claims.expiresAt, development: false }
}
