import { profiles } from '../../admission/token/profiles.js'
import type { IssuerConfig } from '../../admission/token/issuer.js'
import { keys } from './keys.js'
import type { Leaf } from './leaf.js'

export interface IssuerSources {
  readonly take: <T>(leaf: Leaf<T>) => T
  /** Whether a key was set by anybody. */
  readonly given: (path: string) => boolean
  readonly problem: (key: string, allowed: string) => void
}

const flatLeaves: readonly Leaf<unknown>[] = [
  keys.tokensProfile, keys.tokensAlgorithms, keys.tokensSecret, keys.tokensKeys, keys.tokensJwksUrl, keys.tokensIssuer, keys.tokensAudience, keys.tokensParties,
  keys.tokensAllowShortSecretUntil, keys.tokensLifetimeMs, keys.tokensAllowListPrefix,
]

/** The issuers of a configuration: the list, or the one that the flat keys are shorthand for; empty when there is neither. */
export const takeIssuers = ({ take, given, problem }: IssuerSources, mustHave: boolean): readonly IssuerConfig[] => {
  const issuers = take(keys.tokensIssuers)
  const profile = take(keys.tokensProfile)
  const algorithms = take(keys.tokensAlgorithms)
  const secret = take(keys.tokensSecret)
  const tokenKeys = take(keys.tokensKeys)
  const jwksUrl = take(keys.tokensJwksUrl)
  const issuer = take(keys.tokensIssuer)
  const audience = take(keys.tokensAudience)
  const parties = take(keys.tokensParties)
  const allowShortSecretUntil = take(keys.tokensAllowShortSecretUntil)
  const lifetimeMs = take(keys.tokensLifetimeMs)
  const allowListPrefix = take(keys.tokensAllowListPrefix)

  if (given(keys.tokensIssuers.path)) {
    const both = flatLeaves.filter(({ path }) => given(path)).map(({ path }) => path)
    if (both.length > 0) problem('tokens.issuers', `excludes the flat keys, of which ${both.join(', ')} ${both.length === 1 ? 'is' : 'are'} set`)
    return issuers ?? []
  }
  if (profile !== 'classic') {
    for (const { path } of [keys.tokensLifetimeMs, keys.tokensAllowShortSecretUntil, keys.tokensAllowListPrefix]) if (given(path)) problem(path, 'belongs to the classic profile: set tokens.profile, or leave it out')
  }
  const hosted = profiles[profile].jwks !== undefined
  if (secret === undefined && tokenKeys === undefined && jwksUrl === undefined && !hosted) {
    // A value that is wrong has its own problem already.
    const wrong = [keys.tokensSecret, keys.tokensKeys, keys.tokensJwksUrl].some(({ path }) => given(path))
    if (mustHave && !wrong) problem('tokens.secret', 'no secret, keys, jwksUrl or issuers: make one with `sallyport secret` and set SALLYPORT_TOKENS_SECRET')
    return []
  }
  if (algorithms === undefined && secret === undefined && !hosted) {
    if (!given(keys.tokensAlgorithms.path)) problem('tokens.algorithms', `must name the algorithms of ${jwksUrl === undefined ? 'tokens.keys' : 'tokens.jwksUrl, such as RS256'}`)
    return []
  }
  return [
    {
      profile,
      algorithms: algorithms ?? profiles[profile].algorithms,
      secret,
      keys: tokenKeys,
      jwksUrl,
      issuer,
      audience,
      parties,
      ...(profile === 'classic' ? { allowShortSecretUntil, lifetimeMs, allowListPrefix } : {}),
    },
  ]
}

/** A token of Clerk names the page it was made for: where nobody says which pages those are, they are the ones that may connect. */
export const withParties = (issuers: readonly IssuerConfig[], origins: readonly string[] | undefined): readonly IssuerConfig[] =>
  issuers.map((issuer) => (issuer.profile === 'clerk' && issuer.parties === undefined && origins !== undefined && origins.length > 0 ? { ...issuer, parties: origins } : issuer))

/**
 * Checks secrets and keys as a start will: length, samples, type, curve, purpose, doubles. Every issuer says its first fault.
 *
 * @param flat - Whether the one issuer came from the flat keys.
 * @param at - Epoch milliseconds that count as now.
 */
export const checkIssuers = async (issuers: readonly IssuerConfig[], flat: boolean, at: number, problem: IssuerSources['problem']): Promise<void> => {
  if (issuers.length === 0) return
  // Loaded only here, so that commands which need ports and paths don't wait for it.
  const { prepareIssuers } = await import('../../admission/token/prepare-issuers.js')
  const faultOf = async (some: readonly IssuerConfig[]): Promise<string | undefined> => {
    try {
      await prepareIssuers(some, at)
      return undefined
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) return error.message
      throw error
    }
  }
  const faults = await Promise.all(issuers.map((issuer) => faultOf([issuer])))
  faults.forEach((fault, index) => {
    if (fault === undefined) return
    const { where, must } = readFault(fault)
    if (!flat) problem('tokens.issuers', `[${String(index)}]${where} must ${must}`)
    else problem(flatKeyOf(where, issuers[index]), `${where.startsWith('.keys[') ? `${where.slice('.keys'.length)} ` : ''}must ${must}`)
  })
  if (issuers.length > 1 && faults.every((fault) => fault === undefined)) {
    const together = await faultOf(issuers)
    if (together !== undefined) problem('tokens.issuers', `must ${readFault(together).must}`)
  }
}

/** What a refused verifier says: where in the one issuer it was given, and what must be. */
const readFault = (message: string): { readonly where: string; readonly must: string } => {
  const [, where = '', must = message] = /"issuers(?:\[0\])?([^"]*)".*? must (.+)$/s.exec(message) ?? []
  return { where, must }
}

const flatKeyOf = (where: string, issuer: IssuerConfig | undefined): string => {
  const [, member] = /^\.(algorithms|lifetimeMs|allowListPrefix|allowShortSecretUntil|keys|jwksUrl|issuer|audience|parties)\b/.exec(where) ?? []
  if (member !== undefined) return `tokens.${member}`
  return issuer?.secret === undefined ? 'tokens.keys' : 'tokens.secret'
}
