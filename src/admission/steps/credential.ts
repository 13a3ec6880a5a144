import { deny, type Denial } from '../../protocol/denial.js'
import type { Headers } from '../handshake.js'
import type { Query } from './query.js'
import type { Offer } from './subprotocols.js'

/** Ways a token may travel: `Authorization: Bearer`, the sub-protocol pair, `?token=`. */
export const carriers = ['header', 'subprotocol', 'query'] as const

export type Carrier = (typeof carriers)[number]

/** The one credential of a handshake; `token` is not yet looked at. */
export interface Credential {
  readonly carrier: Carrier
  readonly token: string
}

const bearerForm = /^bearer +(\S.*)$/i

/** What an unreadable carrier is handed on as: it fails the strict parse like any other text that is no token. */
const unreadable = ''

/**
 * Finds the one credential among the enabled carriers (RFC 6750 section 2: not more than one way per request).
 *
 * A carrier that is not enabled is not looked at. An Authorization of another scheme is somebody else's and never conflicts.
 *
 * @returns `token_missing` when there is none, `bad_request` when two explicit ones conflict.
 */
export const findCredential = (headers: Headers, offer: Offer, query: Query, enabled: ReadonlySet<Carrier>): Credential | Denial => {
  const found: Credential[] = []
  const authorization = headers['authorization']?.[0]
  if (enabled.has('header') && authorization !== undefined && /^bearer(?: |$)/i.test(authorization))
    found.push({ carrier: 'header', token: bearerForm.exec(authorization)?.[1] ?? unreadable })
  if (enabled.has('subprotocol') && offer.bearer !== undefined) found.push({ carrier: 'subprotocol', token: offer.bearer })
  if (enabled.has('query')) for (const token of query.tokens) found.push({ carrier: 'query', token: token ?? unreadable })

  const [credential, second] = found
  if (credential === undefined) return deny('token_missing')
  if (second !== undefined) return deny('bad_request', { detail: `two credentials: ${credential.carrier} and ${second.carrier}` })
  return credential
}
