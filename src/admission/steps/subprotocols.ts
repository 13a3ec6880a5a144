import { deny, type Denial } from '../../protocol/denial.js'
import { bearerPrefix, modern } from '../../protocol/subprotocol.js'
import { withoutBlanks } from '../blanks.js'
import type { Headers } from '../handshake.js'

/** What a client offered in `Sec-WebSocket-Protocol`, as far as it concerns the gate. */
export interface Offer {
  /** Whether `sallyport.v1` was offered. */
  readonly modern: boolean
  /** The token that came as the second of the pair. */
  readonly bearer: string | undefined
}

const nothing: Offer = { modern: false, bearer: undefined }

/** `token` of RFC 9110 section 5.6.2, the grammar of a sub-protocol name (RFC 6455 section 4.1). */
const tokenForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Reads the offered sub-protocols; a browser that offers only names we don't speak would report a failure anyway, so it is told at once.
 *
 * @param anyName - Whether names that are not ours are left to the embedder, who negotiates them.
 */
export const readOffer = (headers: Headers, anyName: boolean): Offer | Denial => {
  const lines = headers['sec-websocket-protocol']
  if (lines === undefined) return nothing
  const [line] = lines
  if (lines.length !== 1 || line === undefined) return deny('bad_request', { detail: 'doubled Sec-WebSocket-Protocol' })

  const names = line.split(',').map((name) => withoutBlanks(name))
  if (!names.every((name) => tokenForm.test(name))) return deny('bad_request', { detail: 'malformed Sec-WebSocket-Protocol' })
  if (new Set(names).size !== names.length) return deny('bad_request', { detail: 'a sub-protocol is offered twice' })

  const bearers = names.filter((name) => name.startsWith(bearerPrefix))
  if (bearers.length > 1) return deny('bad_request', { detail: 'more than one bearer sub-protocol' })
  const [bearer] = bearers
  const offersModern = names.includes(modern)
  if (bearer !== undefined && !offersModern) return deny('bad_request', { detail: 'a bearer sub-protocol without sallyport.v1' })
  if (!offersModern && !anyName && headers['origin'] !== undefined) return deny('bad_request', { detail: 'no sub-protocol that is spoken here' })
  return { modern: offersModern, bearer: bearer?.slice(bearerPrefix.length) }
}
