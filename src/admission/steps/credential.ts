import { deny, type Denial } from '../../protocol/denial.js'
import { withoutBlanks } from '../blanks.js'
import type { Headers } from '../handshake.js'
import type { Query } from './query.js'
import type { Offer } from './subprotocols.js'

/** Ways a token may travel: `Authorization: Bearer`, the sub-protocol pair, `?token=`, a cookie, the first frame; or `?ticket=`, which stands for one. */
export const carriers = ['header', 'subprotocol', 'query', 'ticket', 'cookie', 'first-frame'] as const

/** Those that are enabled when nobody says: a browser sends a cookie on its own account, and tickets need somebody who sells them, so both are asked for by name. */
export const defaultCarriers: readonly Carrier[] = ['header', 'subprotocol', 'query']

/** A name that browsers take only from this host itself, over TLS (RFC 6265bis section 4.1.3.2). */
export const defaultCookieName = '__Host-sallyport'

/** A way a token may travel. */
export type Carrier = (typeof carriers)[number]

/** The one credential of a handshake; `token` is not yet looked at, and is a ticket where that is the carrier. */
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
 * A carrier that is not enabled is not looked at. An Authorization of another scheme is somebody else's and never conflicts. A cookie is sent by
 * the browser and not by the page: it counts only beside an Origin, which was compared with the list before, and only when nothing else was given.
 *
 * @param cookieName - Name of the cookie, compared exactly.
 * @returns `token_missing` when there is none, `bad_request` when two explicit ones conflict, or two cookies of the name.
 */
export const findCredential = (headers: Headers, offer: Offer, query: Query, enabled: ReadonlySet<Carrier>, cookieName = defaultCookieName): Credential | Denial => {
  const found: Credential[] = []
  const authorization = headers['authorization']?.[0]
  if (enabled.has('header') && authorization !== undefined && /^bearer(?: |$)/i.test(authorization))
    found.push({ carrier: 'header', token: bearerForm.exec(authorization)?.[1] ?? unreadable })
  if (enabled.has('subprotocol') && offer.bearer !== undefined) found.push({ carrier: 'subprotocol', token: offer.bearer })
  if (enabled.has('query')) for (const token of query.tokens) found.push({ carrier: 'query', token: token ?? unreadable })
  if (enabled.has('ticket')) for (const token of query.tickets) found.push({ carrier: 'ticket', token: token ?? unreadable })

  const [credential, second] = found
  if (credential === undefined) return enabled.has('cookie') ? fromCookie(headers, cookieName) : deny('token_missing')
  if (second !== undefined) return deny('bad_request', { detail: `two credentials: ${credential.carrier} and ${second.carrier}` })
  return credential
}

const fromCookie = (headers: Headers, name: string): Credential | Denial => {
  const { cookie, origin } = headers
  if (cookie === undefined || origin === undefined) return deny('token_missing')
  const prefix = `${name}=`
  const pairs = cookie.flatMap((line) => line.split(';')).map((pair) => withoutBlanks(pair))
  const [first, second] = pairs.filter((pair) => pair.startsWith(prefix) && pair.length > prefix.length)
  if (first === undefined) return deny('token_missing')
  // Somebody on a neighbouring host may have set the other one, and nobody can tell which is whose.
  if (second !== undefined) return deny('bad_request', { detail: 'two cookies of one name' })
  return { carrier: 'cookie', token: first.slice(prefix.length) }
}
