import { deny, type Denial } from '../protocol/denial.js'
import type { Endpoint } from './endpoint.js'
import { failureDenial } from './failure-denial.js'
import type { Identity } from './identify.js'
import type { Rules } from './rules.js'
import { checkUser } from './steps/standing.js'
import type { User } from './user.js'
import { within } from './within.js'

/**
 * Whether who was identified may use an endpoint: role, and membership where its path names a conversation.
 *
 * At most one question to the memberships.
 *
 * @returns Why not: `dependency_unavailable` when a store is away. Never rejects.
 */
export const mayUse = async <U extends User>(rules: Rules<U>, { user, claims }: Identity<U>, endpoint: Endpoint, at: number): Promise<Denial | undefined> => {
  const unfit = checkUser(rules, user, claims, endpoint)
  if (unfit) return unfit
  const { topicMs } = rules.deadlines
  try {
    if (endpoint.conversation === undefined || !rules.memberships) return undefined
    const member = await within('memberships', topicMs, rules.memberships.mayEnter(user.id, endpoint.conversation, at + topicMs))
    return member ? undefined : deny('not_found')
  } catch (error) {
    return failureDenial(error)
  }
}
