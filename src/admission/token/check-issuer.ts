import { cannotCreate } from './import-key.js'
import type { IssuerConfig, KeyConfig } from './issuer.js'

type Kind = 'text' | 'texts' | 'text or texts' | 'object' | 'objects' | 'number'

const issuerMembers: Readonly<Record<keyof IssuerConfig, Kind>> = {
  name: 'text',
  profile: 'text',
  algorithms: 'texts',
  secret: 'text',
  keys: 'objects',
  jwksUrl: 'text',
  issuer: 'text',
  audience: 'text or texts',
  parties: 'texts',
  allowShortSecretUntil: 'text',
  lifetimeMs: 'number',
  allowListPrefix: 'text',
}

const keyMembers: Readonly<Record<keyof KeyConfig, Kind>> = { kid: 'text', algorithm: 'text', secret: 'text', publicKey: 'text', jwk: 'object', notAfter: 'text' }

const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

const kinds: Readonly<Record<Kind, readonly [must: string, holds: (value: unknown) => boolean]>> = {
  'text': ['be a text', isText],
  'texts': ['be a list of texts', (value) => Array.isArray(value) && value.every(isText)],
  'text or texts': ['be a text or a list of texts', (value) => isText(value) || (Array.isArray(value) && value.every(isText))],
  'object': ['be an object', isObject],
  'objects': ['be a list of objects', (value) => Array.isArray(value) && value.every(isObject)],
  'number': ['be a number', (value) => typeof value === 'number'],
}

/**
 * Checks that an issuer has only members there are, each of its kind, before anything is made of them: a member that is misspelt would be passed over, `issuer`
 * and `audience` among them.
 *
 * @param path - Where it stands in the configuration, such as `issuers[0]`.
 * @throws TypeError that names the member and never a value, as it may be a secret.
 */
export const checkIssuer = (config: IssuerConfig, path: string): void => {
  checkMembers(config, issuerMembers, path)
  for (const [index, key] of (config.keys ?? []).entries()) checkMembers(key, keyMembers, `${path}.keys[${index}]`)
}

const checkMembers = (given: object, members: Readonly<Record<string, Kind>>, path: string): void => {
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined
    if (kind === undefined) throw new TypeError(cannotCreate(`${path}.${name.slice(0, 64)}`, `be left out, as there is no such member: there are ${Object.keys(members).join(', ')}`))
    const [must, holds] = kinds[kind]
    if (value !== undefined && !holds(value)) throw new TypeError(cannotCreate(`${path}.${name}`, must))
  }
}
