import { checkIssuer } from './check-issuer.js'
import { completeIssuer, type CompleteIssuer } from './complete-issuer.js'
import { cannotCreate } from './import-key.js'
import { importIssuerKeys } from './issuer-keys.js'
import type { IssuerConfig } from './issuer.js'
import { createClaimPolicy, type ClaimPolicy } from './judge-claims.js'
import { profiles } from './profiles.js'
import type { VerificationKey } from './verification-key.js'

/** An issuer, checked. */
export interface PreparedIssuer {
  readonly policy: ClaimPolicy
  readonly issuer: CompleteIssuer
  /** Its configured keys; none when it serves them. */
  readonly keys: readonly VerificationKey[]
}

export interface PreparedIssuers {
  readonly issuers: readonly PreparedIssuer[]
  /** Sentences for every start. */
  readonly warnings: readonly string[]
}

const defaultLifetimeMs = 7 * 24 * 3600 * 1000

/**
 * Reads and checks the configured issuers and imports their keys.
 *
 * @param at - Epoch milliseconds that count as now.
 * @throws TypeError or RangeError with one line that says what to change.
 */
export const prepareIssuers = async (issuers: readonly IssuerConfig[], at: number): Promise<PreparedIssuers> => {
  if (issuers.length === 0) throw new TypeError(cannotCreate('issuers', 'hold at least one issuer'))
  for (const [index, config] of issuers.entries()) checkIssuer(config, `issuers[${index}]`)
  const complete = issuers.map((config, index) => completeIssuer(config, `issuers[${index}]`))
  const policies = complete.map(readPolicy)
  if (new Set(policies.map(({ name }) => name)).size !== policies.length) throw new RangeError(cannotCreate('issuers', 'have names that differ: set "name"'))
  const imported = await Promise.all(complete.map(async (config, index) => ({ config, ...(await importIssuerKeys(config, `issuers[${index}]`, at)) })))
  return {
    issuers: policies.flatMap((policy, index) => {
      const own = imported[index]
      return own === undefined ? [] : [{ policy, issuer: own.config, keys: own.keys }]
    }),
    warnings: imported.flatMap(({ warnings }) => warnings),
  }
}

const readPolicy = (config: CompleteIssuer, index: number): ClaimPolicy => {
  const path = `issuers[${index}]`
  const { lifetimeMs, allowListPrefix, audiences, parties } = config
  if (lifetimeMs !== undefined && config.profile !== 'classic') throw new TypeError(cannotCreate(`${path}.lifetimeMs`, 'be left out unless the profile is classic'))
  if (allowListPrefix !== undefined && config.profile !== 'classic') throw new TypeError(cannotCreate(`${path}.allowListPrefix`, 'be left out unless the profile is classic'))
  if (allowListPrefix !== undefined && !/^\P{Cc}{1,200}$/u.test(allowListPrefix)) throw new RangeError(cannotCreate(`${path}.allowListPrefix`, 'be 1 to 200 characters, none of them a control character'))
  const policy = createClaimPolicy(config.name ?? config.issuer ?? `issuer ${index + 1}`, {
    profile: profiles[config.profile],
    issuer: config.issuer,
    audiences,
    parties,
    lifetimeMs: integerWithin(`${path}.lifetimeMs`, lifetimeMs ?? defaultLifetimeMs, 1000, 315_360_000_000),
  })
  return { ...policy, allowListPrefix }
}

/** The value itself when it is an integer within both bounds; throws a RangeError that names it when not. */
export const integerWithin = (path: string, value: number, least: number, most: number): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${cannotCreate(path, `be an integer from ${least} to ${most}`)}: current value is ${value}`)
}
