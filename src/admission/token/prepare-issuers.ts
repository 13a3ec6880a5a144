import { cannotCreate } from './import-key.js'
import { importIssuerKeys } from './issuer-keys.js'
import type { IssuerConfig } from './issuer.js'
import type { ClaimPolicy } from './judge-claims.js'
import { isProfileName, profiles } from './profiles.js'
import type { VerificationKey } from './verification-key.js'

/** One key and the issuer it speaks for. */
export interface Trial {
  readonly key: VerificationKey
  readonly policy: ClaimPolicy
}

export interface PreparedIssuers {
  readonly trials: readonly Trial[]
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
  const policies = issuers.map(readPolicy)
  if (new Set(policies.map(({ name }) => name)).size !== policies.length) throw new RangeError(cannotCreate('issuers', 'have names that differ: set "name"'))
  const imported = await Promise.all(issuers.map(async (config, index) => importIssuerKeys(config, `issuers[${index}]`, at)))
  return {
    trials: policies.flatMap((policy, index): Trial[] => (imported[index]?.keys ?? []).map((key) => ({ key, policy }))),
    warnings: imported.flatMap(({ warnings }) => warnings),
  }
}

const readPolicy = (config: IssuerConfig, index: number): ClaimPolicy => {
  const path = `issuers[${index}]`
  if (!isProfileName(config.profile)) throw new RangeError(cannotCreate(`${path}.profile`, `be one of ${Object.keys(profiles).join(', ')}`))
  const { lifetimeMs, audience = [] } = config
  if (lifetimeMs !== undefined && config.profile !== 'classic') throw new TypeError(cannotCreate(`${path}.lifetimeMs`, 'be left out unless the profile is classic'))
  const audiences = typeof audience === 'string' ? [audience] : audience
  if (audiences.includes('') || config.issuer === '') throw new RangeError(cannotCreate(path, 'not have an empty "issuer" or "audience": leave it out'))
  return {
    name: config.name ?? config.issuer ?? `issuer ${index + 1}`,
    profile: profiles[config.profile],
    issuer: config.issuer,
    audiences,
    lifetimeMs: integerWithin(`${path}.lifetimeMs`, lifetimeMs ?? defaultLifetimeMs, 1000, 315_360_000_000),
  }
}

/** The value itself when it is an integer within both bounds; throws a RangeError that names it when not. */
export const integerWithin = (path: string, value: number, least: number, most: number): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${cannotCreate(path, `be an integer from ${least} to ${most}`)}: current value is ${value}`)
}
