import type { Role } from './user.js'

/** Where a handshake wants to go, once its path is known to be served. */
export interface Endpoint {
  /** Name of the rule, also the metric label: `customers`, `conversations`, `chat`, `root`. */
  readonly name: string
  /** Conversation id from the path, as sent, for endpoints that have one. */
  readonly conversation: string | undefined
  /** What its rule takes out of the query: the first value of each name, decoded, at most 32 characters. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** One path that is served, and who may connect to it. */
export interface EndpointRule {
  /** Name in decisions and metrics, and for `limits.endpointConnects`. */
  readonly name: string
  /** Path with a trailing slash (a request may leave it out); `:conversation` stands for one segment of 1 to 64 word characters. `*` alone matches every path. */
  readonly path: string
  /** Roles that may connect; `undefined` everybody. */
  readonly roles?: readonly Role[]
  /** Names of query parameters it takes; all others are left alone. */
  readonly parameters?: readonly string[]
}
