import { createBudgets } from '../../admission/budgets.js'
import { chargeBadToken } from '../../admission/steps/address-costs.js'
import { decisionId } from '../../admission/decision-id.js'
import type { User } from '../../admission/user.js'
import type { Gate } from '../../gate.js'
import type { Denial } from '../../protocol/denial.js'
import { problemOf } from '../../protocol/problem.js'
import { problemResponse, refusal } from './api-problem.js'
import { bearerToken } from './bearer-token.js'
import type { ClientOf, NodeContext } from './client-of.js'
import { HTTPException } from 'hono/http-exception'

/** Finds out for whom a request speaks. @throws HTTPException with the answer for who is not let in. */
export type BearerOf = (context: NodeContext) => Promise<User>

export interface BearerOptions {
  readonly clientOf: ClientOf
  readonly identify: Gate['identify']
  readonly refused: (refused: { readonly denial: Denial; readonly decisionId: string; readonly address: string }) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

const limited = (retryAfterMs: number): HTTPException => refusal({ status: 429, code: 'rate_limited', title: 'Too many requests.', retryAfterMs })

/**
 * Asks of a request what a handshake is asked about address, token and user, each once.
 *
 * An address may make 600 requests at once and 20 more each second, a user 120 and 4 more each second.
 */
export const createBearerOf = ({ clientOf, identify, refused, now }: BearerOptions): BearerOf => {
  const addresses = createBudgets({ capacity: 600, refillPerSecond: 20 })
  const users = createBudgets({ capacity: 120, refillPerSecond: 4 })
  return async (context) => {
    const { address, key } = clientOf(context)
    const budget = key === undefined ? undefined : addresses.reserve(key, now())
    if (budget?.granted === false) throw limited(budget.retryAfterMs)
    const token = bearerToken(context)
    if (token === undefined) {
      const title = 'Name yourself by a token as Bearer.'
      throw new HTTPException(401, { res: problemResponse({ status: 401, code: 'token_missing', title, headers: { 'WWW-Authenticate': 'Bearer' } }) })
    }
    const identity = await identify(token)
    if ('reason' in identity) {
      chargeBadToken(addresses, key, identity, now())
      const id = decisionId()
      refused({ denial: identity, decisionId: id, address })
      const { status, headers, body } = problemOf(identity, id)
      throw new HTTPException(401, { res: new Response(body, { status, headers }) })
    }
    const own = users.reserve(identity.user.id, now())
    if (!own.granted) throw limited(own.retryAfterMs)
    return identity.user
  }
}
