import type { Algorithm } from './algorithm.js'
import { cannotCreate } from './import-key.js'
import type { IssuerConfig } from './issuer.js'
import { isProfileName, profiles, type Profile } from './profiles.js'

/** An issuer with what its profile adds. */
export interface CompleteIssuer extends IssuerConfig {
  readonly algorithms: readonly Algorithm[]
  readonly audiences: readonly string[]
  readonly parties: readonly string[]
  /** Where its keys are served; `undefined` when they are configured. */
  readonly jwks: { readonly url: string; /** Whether the address is that of a discovery document, which names the one of the keys. */ readonly discovery: boolean } | undefined
}

/**
 * Adds to a configured issuer what its profile knows: algorithms, audience, and the address of its keys, which is only ever made from
 * configuration.
 *
 * @param path - Where the issuer stands in the configuration, such as `issuers[0]`.
 * @throws TypeError or RangeError with one line that says what to change.
 */
export const completeIssuer = (config: IssuerConfig, path: string): CompleteIssuer => {
  if (!isProfileName(config.profile)) throw new RangeError(cannotCreate(`${path}.profile`, `be one of ${Object.keys(profiles).join(', ')}`))
  const profile: Profile = profiles[config.profile]
  const { issuer, secret, keys, jwksUrl } = config
  const configured = typeof config.audience === 'string' ? [config.audience] : (config.audience ?? [])
  if (configured.includes('') || issuer === '') throw new RangeError(cannotCreate(path, 'not have an empty "issuer" or "audience": leave it out'))
  if (config.parties?.length === 0 || config.parties?.includes('') === true) throw new RangeError(cannotCreate(`${path}.parties`, 'name at least one client or page: leave it out to let in every one'))
  if (profile.jwks !== undefined && issuer === undefined) throw new TypeError(cannotCreate(`${path}.issuer`, `be the address of the issuer, exactly as in "iss", for the profile ${config.profile}`))
  if (profile.audience === 'required' && configured.length === 0) {
    throw new TypeError(cannotCreate(`${path}.audience`, `name the API or client that tokens are for, as in "aud", for the profile ${config.profile}`))
  }
  if (jwksUrl !== undefined && (secret !== undefined || keys !== undefined)) throw new TypeError(cannotCreate(`${path}.jwksUrl`, 'stand alone: leave out "secret" and "keys"'))
  const own = secret !== undefined || keys !== undefined
  const jwks = own ? undefined : jwksOf(jwksUrl, profile, issuer)
  if (jwks !== undefined) checkAddress(jwks.url, jwksUrl === undefined ? `${path}.issuer` : `${path}.jwksUrl`)
  return { ...config, algorithms: config.algorithms ?? profile.algorithms, audiences: configured.length > 0 ? configured : audienceOf(profile, issuer), parties: config.parties ?? [], jwks }
}

const audienceOf = ({ audience }: Profile, issuer: string | undefined): readonly string[] => {
  if (typeof audience === 'object') return [audience.value]
  return audience === 'issuer' && issuer !== undefined ? [issuer] : []
}

const jwksOf = (jwksUrl: string | undefined, profile: Profile, issuer: string | undefined): CompleteIssuer['jwks'] => {
  if (jwksUrl !== undefined) return { url: jwksUrl, discovery: false }
  if (profile.jwks === undefined || issuer === undefined) return undefined
  const base = issuer.replace(/\/$/, '')
  return profile.jwks === 'discovery' ? { url: `${base}/.well-known/openid-configuration`, discovery: true } : { url: `${base}${profile.jwks}`, discovery: false }
}

const checkAddress = (address: string, path: string): void => {
  if (!isSafeAddress(address)) throw new RangeError(cannotCreate(path, 'be an https address without user and fragment; http is for loopback only'))
}

/** Whether keys may be fetched from an address: nobody between us and it can put in keys of his own. */
export const isSafeAddress = (address: string): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, password, hash } = new URL(address)
  if (username !== '' || password !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname))
}
