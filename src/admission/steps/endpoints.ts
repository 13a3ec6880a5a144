import type { Endpoint, EndpointRule } from '../endpoint.js'
import { ownText } from '../own-text.js'
import type { Role } from '../user.js'
import { readParameters } from './query.js'

/** The endpoints of a server, ready to be matched. */
export interface EndpointTable {
  /** Matches the raw path of a target, never decoded or folded; `undefined` when it is not served. */
  match(target: string): Endpoint | undefined
  /** Roles that may connect to an endpoint; `undefined` everybody. */
  rolesOf(endpoint: Endpoint): readonly Role[] | undefined
}

/** One segment that names a conversation: word characters, as the old service matched them. */
const segmentForm = '([A-Za-z0-9_]{1,64})'

/**
 * Compiles endpoint rules.
 *
 * @throws {RangeError} when a path does not begin and end with a slash, unless it is `*`.
 */
export const createEndpointTable = (rules: readonly EndpointRule[]): EndpointTable => {
  const exact = new Map<string, Endpoint>()
  const patterns: { readonly form: RegExp; readonly name: string }[] = []
  const taken = new Map(rules.map((rule) => [rule.name, rule.parameters]))
  const withParameters = (endpoint: Endpoint, query: string): Endpoint => {
    const names = taken.get(endpoint.name)
    const parameters = names === undefined ? undefined : readParameters(query, names)
    return parameters === undefined ? endpoint : { ...endpoint, parameters }
  }
  const roles = new Map(rules.map((rule) => [rule.name, rule.roles]))
  let everything: Endpoint | undefined
  for (const { name, path } of rules) {
    if (path === '*') {
      everything = { name, conversation: undefined }
      continue
    }
    if (!path.startsWith('/') || !path.endsWith('/'))
      throw new RangeError(`Cannot create an endpoint as "path" must begin and end with a slash: current value is ${JSON.stringify(path)}`)
    if (path.includes(':conversation')) {
      const source = path.slice(0, -1).split(':conversation').map(escapeForm).join(segmentForm)
      patterns.push({ form: new RegExp(`^${source}/?$`), name })
    } else {
      const endpoint = { name, conversation: undefined }
      exact.set(path, endpoint)
      if (path !== '/') exact.set(path.slice(0, -1), endpoint)
    }
  }
  return {
    match(target) {
      const query = target.indexOf('?')
      const path = query === -1 ? target : target.slice(0, query)
      const found = exact.get(path)
      const rest = query === -1 ? '' : target.slice(query + 1)
      if (found !== undefined) return withParameters(found, rest)
      for (const { form, name } of patterns) {
        const conversation = form.exec(path)?.[1]
        if (conversation !== undefined) return withParameters({ name, conversation: ownText(conversation) }, rest)
      }
      return everything
    },
    rolesOf: (endpoint) => roles.get(endpoint.name),
  }
}

const escapeForm = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
