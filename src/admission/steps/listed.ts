import { deny, type Denial } from '../../protocol/denial.js'
import type { AllowList } from '../allow-list.js'
import type { Claims } from '../token/claims.js'

/** A token that its issuer has struck off its list. */
export const struckOff: Denial = deny('token_revoked', { detail: 'it is not on the allow-list of its issuer' })

/**
 * Asks the allow-list about a token, where its issuer keeps one.
 *
 * @returns The answer to be waited for, or `undefined` where there is nobody to ask.
 */
export const askAllowList = (allowList: AllowList | undefined, claims: Claims | undefined, deadline: number): Promise<boolean> | undefined => {
  const key = claims?.allowListKey
  if (key === undefined || allowList === undefined) return undefined
  return allowList.holding([key], deadline).then((held) => held.has(key))
}
