import { createBudgets } from './admission/budgets.js'
import { createProxies } from './admission/address/proxies.js'
import { policyVersionOf } from './admission/policy-version.js'
import { defaultDeadlines, type Rules } from './admission/rules.js'
import { defaultCarriers, defaultCookieName } from './admission/steps/credential.js'
import type { User } from './admission/user.js'
import type { GateOptions } from './gate-options.js'

/** What the rules share with the rest of a gate: it lives on beside them. */
export type SharedParts<U extends User> = Pick<
  Rules<U>,
  'bans' | 'revocations' | 'capacity' | 'endpoints' | 'verifier' | 'tickets' | 'lobby' | 'ladder' | 'laddered' | 'users' | 'memberships' | 'limits'
>

/**
 * Makes the rules of a gate from its options, with the default of everything that was left out.
 *
 * @returns Rules whose `policyVersion` its owner sets anew when the issuers change.
 */
export const createRules = <U extends User>(options: GateOptions<U>, shared: SharedParts<U>): Rules<U> & { policyVersion: string } => ({
  ...shared,
  policyVersion: policyVersionOf(options),
  dryRun: new Set(options.dryRun),
  hosts: options.hosts && new Set(options.hosts.map((host) => host.toLowerCase())),
  proxies: createProxies(options.proxies ?? { trustedProxies: [], forwarding: 'x-forwarded-for' }),
  refuseForwarded: options.refuseForwarded ?? false,
  budget: createBudgets(options.addressBudget),
  origins: { allowed: options.origins && new Set(options.origins), required: options.requireOrigin ?? false },
  carriers: new Set(options.carriers ?? defaultCarriers),
  cookieName: options.cookieName ?? defaultCookieName,
  foreignSubprotocols: (options.dialect ?? 'plain') === 'plain',
  plainDialect: options.dialect ?? 'plain',
  allowList: options.allowList,
  developmentUserId: options.developmentUserId,
  deadlines: { ...defaultDeadlines, ...options.deadlines },
})
